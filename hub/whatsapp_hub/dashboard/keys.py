"""`/settings/keys`: API keys, made (and shown once) and revoked."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError

from whatsapp_hub.api import organization as api
from whatsapp_hub.api.envelope import ApiError
from whatsapp_hub.dashboard.own_api import caller, data
from whatsapp_hub.dashboard.pages import go, render
from whatsapp_hub.dashboard.strangers import moment, word
from whatsapp_hub.dashboard.visitor import Administrator, PageError, Visitor
from whatsapp_hub.security.api_keys import SCOPES

router = APIRouter(include_in_schema=False)


@router.get("/settings/keys")
async def keys(visitor: Administrator, request: Request) -> Response:
    """Every key, without its text."""
    return await page(request, visitor)


@router.post("/settings/keys")
async def add(visitor: Administrator, request: Request) -> Response:
    """A new key, shown in this answer and never again."""
    form = await request.form()
    name = word(form.get("name"))
    chosen = [each for each in form.getlist("scopes") if isinstance(each, str)]
    try:
        body = api.NewApiKey.model_validate({"name": name, "scopes": chosen})
    except ValidationError as error:
        wrong = {str(each["loc"][0]): f"keys.wrong_{each['loc'][0]}" for each in error.errors()}
        return await page(request, visitor, 422, name=name, chosen=chosen, wrong=wrong)
    made = await data(api.add_key(body, caller(visitor), request))
    return await page(request, visitor, made=made)


@router.post("/settings/keys/{key_id}/revoke")
async def revoke(key_id: int, visitor: Administrator, request: Request) -> Response:
    """The key opens nothing from now on."""
    try:
        key = await data(api.revoke_key(key_id, caller(visitor), request))
    except ApiError:
        raise PageError(404, "keys.missing") from None
    return go(request, "/settings/keys", "keys.revoked", name=key["name"])


async def page(
    request: Request,
    visitor: Visitor,
    status: int = 200,
    *,
    name: str = "",
    chosen: list[str] | None = None,
    wrong: dict[str, str] | None = None,
    made: dict[str, Any] | None = None,
) -> Response:
    """The list and the form; `made` is a key that was just made."""
    found = await data(api.keys(caller(visitor), request))
    listed = [shown(each) for each in reversed(found["keys"])]
    return render(
        request, visitor, "settings_keys.html", status, keys=listed, scopes=SCOPES, name=name,
        chosen=list(SCOPES) if chosen is None else chosen, wrong=wrong or {}, made=made,
    )  # fmt: skip


def shown(key: dict[str, Any]) -> dict[str, Any]:
    """A key for the page."""
    return key | {
        "made_at": moment(key["createdAt"]),
        "used_at": moment(key["lastUsedAt"]),
        "revoked_at": moment(key["revokedAt"]),
    }
