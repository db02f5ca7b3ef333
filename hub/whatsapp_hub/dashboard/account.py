"""`/account`: one's own password and language."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from whatsapp_hub.api.caller import services
from whatsapp_hub.dashboard.pages import go, render
from whatsapp_hub.dashboard.texts import text
from whatsapp_hub.dashboard.visitor import Anyone, Visitor, remember
from whatsapp_hub.security import tokens
from whatsapp_hub.security.passwords import PasswordError
from whatsapp_hub.store.organization import Organization

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
    parts = services(request)
    async with parts.database.read() as transaction:
        user = await Organization(transaction, visitor.tenant_id).user(visitor.user_id)
    kept = user.password_hash if user else None
    if not await parts.passwords.matches(kept, current):
        return _wrong(request, visitor, "current", "account.wrong_current")
    try:
        hashed = await parts.passwords.hash(new)
    except PasswordError:
        return _wrong(request, visitor, "new", "account.wrong_new")
    if new != again:
        return _wrong(request, visitor, "again", "account.wrong_again")
    now = parts.clock()
    async with parts.database.begin() as transaction:
        store = Organization(transaction, visitor.tenant_id)
        user = await store.user(visitor.user_id)
        if user is not None:
            user.password_hash, user.tokens_after = hashed, now.replace(microsecond=0)
        await store.audit(at=now, actor=visitor.actor, action="password.change", target=visitor.actor)
    answer = go(request, "/account", "account.changed")
    whose = tokens.Token(user_id=visitor.user_id, tenant_id=visitor.tenant_id)
    remember(answer, request, tokens.issue(whose, parts.secrets.token_key, now))
    return answer


def _wrong(request: Request, visitor: Visitor, field: str, key: str) -> Response:
    return render(request, visitor, "account.html", 422, wrong={field: text(visitor.language, key)})
