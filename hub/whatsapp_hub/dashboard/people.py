"""`/settings/users`: who may log in to the organization, and as what."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from whatsapp_hub.api import organization as api
from whatsapp_hub.api.envelope import ApiError
from whatsapp_hub.dashboard.own_api import caller, data
from whatsapp_hub.dashboard.pages import go, render
from whatsapp_hub.dashboard.strangers import moment, word
from whatsapp_hub.dashboard.visitor import Administrator, PageError, Visitor
from whatsapp_hub.security.passwords import SHORTEST

router = APIRouter(include_in_schema=False)

USERS = "/settings/users"
NEW_ROLE = "agent"
FIELDS = ("name", "email", "role", "password")


@router.get(USERS)
async def users(visitor: Administrator, request: Request) -> Response:
    """Every user."""
    found = await _users(request, visitor)
    return render(request, visitor, "settings_users.html", users=found)


@router.get(f"{USERS}/new")
async def new(visitor: Administrator, request: Request) -> Response:
    """The form for another user."""
    return form_page(request, visitor, None, {"role": NEW_ROLE})


@router.post(USERS)
async def add(visitor: Administrator, request: Request) -> Response:
    """Another user, who may log in at once."""
    written = read(await request.form())
    try:
        body = api.NewUser.model_validate(written)
        user = await data(api.add_user(body, caller(visitor), request))
    except ValidationError as error:
        return form_page(request, visitor, None, written, 422, wrong_of(error))
    except ApiError:
        return form_page(request, visitor, None, written, 422, {"email": "users.wrong_taken"})
    return go(request, USERS, "users.added", email=user["email"])


@router.get(f"{USERS}/{{user_id}}")
async def edit(user_id: int, visitor: Administrator, request: Request) -> Response:
    """The form of a user."""
    user = await _user(request, visitor, user_id)
    return form_page(request, visitor, user, {"name": user["name"], "role": user["role"]})


@router.post(f"{USERS}/{{user_id}}")
async def change(user_id: int, visitor: Administrator, request: Request) -> Response:
    """Name, role, and where one was written a new password."""
    user = await _user(request, visitor, user_id)
    written = read(await request.form())
    wanted = {"name": written["name"], "role": written["role"], "password": written["password"] or None}
    return await _change(request, visitor, user, wanted, "users.saved")


@router.post(f"{USERS}/{{user_id}}/active")
async def activate(user_id: int, visitor: Administrator, request: Request) -> Response:
    """Let a user in, or keep them out."""
    user = await _user(request, visitor, user_id)
    active = (await request.form()).get("active") == "yes"
    done = "users.activated" if active else "users.deactivated"
    return await _change(request, visitor, user, {"active": active}, done)


@router.post(f"{USERS}/{{user_id}}/delete")
async def remove(user_id: int, visitor: Administrator, request: Request) -> Response:
    """The user is gone; what they did stays in the audit log."""
    user = await _user(request, visitor, user_id)
    try:
        await data(api.delete_user(user_id, caller(visitor), request))
    except ApiError as error:
        raise PageError(
            error.status, "users.wrong_last" if error.status == 409 else "users.missing"
        ) from None
    return go(request, USERS, "users.removed", email=user["email"])


async def _change(
    request: Request, visitor: Visitor, user: dict[str, Any], wanted: dict[str, Any], done: str
) -> Response:
    written = {name: str(wanted.get(name) or user.get(name) or "") for name in ("name", "role")}
    try:
        body = api.ChangedUser.model_validate(wanted)
        await data(api.change_user(user["id"], body, caller(visitor), request))
    except ValidationError as error:
        return form_page(request, visitor, user, written, 422, wrong_of(error))
    except ApiError as error:
        if error.status != 409:
            raise PageError(error.status, "users.missing") from None
        return form_page(request, visitor, user, written, 422, {"role": "users.wrong_last"})
    return go(request, USERS, done, email=user["email"])


async def _users(request: Request, visitor: Visitor) -> list[dict[str, Any]]:
    found = await data(api.users(caller(visitor), request))
    return [each | {"made_at": moment(each["createdAt"])} for each in found["users"]]


async def _user(request: Request, visitor: Visitor, user_id: int) -> dict[str, Any]:
    for each in await _users(request, visitor):
        if each["id"] == user_id:
            return each
    raise PageError(404, "users.missing")


def read(form: FormData) -> dict[str, str]:
    """What the form has; a password as it was typed."""
    found = {name: word(form.get(name)) for name in FIELDS}
    password = form.get("password")
    return found | {"password": password if isinstance(password, str) else ""}


def wrong_of(error: ValidationError) -> dict[str, str]:
    """The text's key for each field that is wrong."""
    return {str(each["loc"][0]): f"users.wrong_{each['loc'][0]}" for each in error.errors()}


def form_page(
    request: Request,
    visitor: Visitor,
    user: dict[str, Any] | None,
    written: dict[str, str],
    status: int = 200,
    wrong: dict[str, str] | None = None,
) -> Response:
    """The form, as it was written; never with a password in it."""
    return render(
        request, visitor, "settings_user.html", status, user=user, written=written, wrong=wrong or {},
        shortest=SHORTEST,
    )  # fmt: skip
