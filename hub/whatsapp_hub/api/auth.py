"""`POST /api/auth/login`: an address and a password for a token of 24 hours.

Threats: guessing (failures are counted by account and address, and by address), learning who has an account
(a wrong name takes as long as a wrong password and reads the same).
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import AliasChoices, Field, StringConstraints

from whatsapp_hub.api.caller import services
from whatsapp_hub.api.envelope import ApiError, ok
from whatsapp_hub.api.fields import Body
from whatsapp_hub.security import throttle, tokens
from whatsapp_hub.services import Services
from whatsapp_hub.store.directory import Directory
from whatsapp_hub.store.scoped import Scoped

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
    parts = services(request)
    address = request.client.host if request.client else ""
    identifier = body.identifier.strip().lower()
    counted = (parts.secrets.digest(f"{address} {identifier}"), parts.secrets.digest(address))
    await _hear(parts, counted)
    async with parts.database.read() as transaction:
        user = await Directory(transaction).user(_storable(identifier))
    kept = user.password_hash if user and user.active else None
    right = await parts.passwords.matches(kept, body.password)
    now = parts.clock()
    if not right or user is None:
        parts.metrics.failed_logins.inc()
        async with parts.database.begin() as transaction:
            await Directory(transaction).login_failed(counted, now)
            if user is not None:
                await Scoped(transaction, user.tenant_id).audit(
                    at=now, actor=f"user:{user.id}", action="login", target="", outcome="refused"
                )
        raise ApiError(401, FAILED)
    async with parts.database.begin() as transaction:
        await Scoped(transaction, user.tenant_id).audit(
            at=now, actor=f"user:{user.id}", action="login", target=""
        )
    request.state.tenant_id = user.tenant_id
    token = tokens.issue(
        tokens.Token(user_id=user.id, tenant_id=user.tenant_id), parts.secrets.token_key, now
    )
    return ok(
        {
            "accessToken": token,
            "tokenType": "Bearer",
            "expiresIn": int(tokens.LIFETIME.total_seconds()),
            "user": {"id": user.id, "email": user.email, "name": user.name, "role": user.role},
        }
    )


async def _hear(parts: Services, counted: tuple[str, str]) -> None:
    now = parts.clock()
    async with parts.database.read() as transaction:
        directory = Directory(transaction)
        since = now - throttle.WINDOW
        waits = [
            throttle.wait(await directory.login_failures(who, since), most, now)
            for who, most in zip(counted, (throttle.PER_PAIR, throttle.PER_ADDRESS), strict=True)
        ]
    longest = max((wait.total_seconds() for wait in waits if wait), default=0)
    if longest:
        seconds = str(int(longest) + 1)
        raise ApiError(
            429, f"Too many failed logins. Try again in {seconds} seconds.", {"Retry-After": seconds}
        )


def _storable(text: str) -> str:
    """What a database can be asked for."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
