"""`POST /api/auth/login`: an address and a password for a token of 24 hours."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import AliasChoices, Field, StringConstraints

from whatsapp_hub.api.caller import services
from whatsapp_hub.api.envelope import ApiError, ok
from whatsapp_hub.api.fields import Body
from whatsapp_hub.login import LoginFailed, TooManyFailures, log_in
from whatsapp_hub.security import tokens

router = APIRouter(prefix="/api/auth", tags=["login"])

FAILED = "Authentication failed"


class Login(Body):
    """`identifier` is the e-mail address."""

    identifier: Annotated[str, StringConstraints(min_length=1, max_length=254)] = Field(
        validation_alias=AliasChoices("identifier", "email")
    )
    password: Annotated[str, StringConstraints(min_length=1, max_length=1000)]


@router.post("/login")
async def login(body: Login, request: Request) -> Response:
    """A new token; the ones before stay good."""
    address = request.client.host if request.client else ""
    try:
        who = await log_in(services(request), body.identifier, body.password, address)
    except LoginFailed:
        raise ApiError(401, FAILED) from None
    except TooManyFailures as error:
        raise ApiError(429, str(error), {"Retry-After": str(error.seconds)}) from None
    request.state.tenant_id = who.user.tenant_id
    return ok(
        {
            "accessToken": who.token,
            "tokenType": "Bearer",
            "expiresIn": int(tokens.LIFETIME.total_seconds()),
            "user": {
                "id": who.user.id,
                "email": who.user.email,
                "name": who.user.name,
                "role": who.user.role,
            },
        }
    )
