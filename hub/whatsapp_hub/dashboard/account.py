"""`/account`: one's own password, and the end of one's logins everywhere."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from whatsapp_hub.api.caller import services
from whatsapp_hub.dashboard.pages import go, render
from whatsapp_hub.dashboard.texts import text
from whatsapp_hub.dashboard.visitor import Anyone, Visitor, address_of, forget, remember
from whatsapp_hub.login import LoginFailed, TooManyFailures, end_tokens
from whatsapp_hub.login import change_password as change
from whatsapp_hub.security.passwords import PasswordError

router = APIRouter(prefix="/account", include_in_schema=False)
Password = Annotated[str, Form(max_length=1000)]


@router.get("")
async def account(request: Request, visitor: Anyone) -> Response:
    """Who this is, and the form for a new password."""
    return render(request, visitor, "account.html", wrong={})


@router.post("/password")
async def change_password(
    request: Request, visitor: Anyone, current: Password = "", new: Password = "", again: Password = ""
) -> Response:
    """A new password: every other login of this user ends, and this browser gets a new one."""
    if new != again:
        return _wrong(request, visitor, 422, "again", "account.wrong_again")
    try:
        who = await change(
            services(request), visitor.tenant_id, visitor.user_id, current, new, address_of(request)
        )
    except LoginFailed:
        return _wrong(request, visitor, 422, "current", "account.wrong_current")
    except PasswordError:
        return _wrong(request, visitor, 422, "new", "account.wrong_new")
    except TooManyFailures as error:
        return _wrong(request, visitor, 429, "current", "login.throttled", seconds=error.seconds)
    answer = go(request, "/account", "account.changed")
    remember(answer, request, who.token)
    return answer


@router.post("/logout-everywhere")
async def logout_everywhere(request: Request, visitor: Anyone) -> Response:
    """Every login of this user ends, this one too."""
    await end_tokens(services(request), visitor.tenant_id, visitor.user_id)
    answer = go(request, "/login", "account.everywhere_done")
    forget(answer, request)
    return answer


def _wrong(
    request: Request, visitor: Visitor, status: int, field: str, key: str, **values: object
) -> Response:
    wrong = {field: text(visitor.language, key, **values)}
    return render(request, visitor, "account.html", status, wrong=wrong)
