"""Logging in for a token of 24 hours, and what somebody may do with their own account."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import AliasChoices, Field, StringConstraints

from whatsapp_hub.api.caller import Caller, anybody, person, services
from whatsapp_hub.api.describe import described
from whatsapp_hub.api.envelope import ApiError, ok
from whatsapp_hub.api.fields import Body
from whatsapp_hub.database.models import ApiKey, User
from whatsapp_hub.login import LoggedIn, LoginFailed, TooManyFailures, change_password, end_tokens, log_in
from whatsapp_hub.security import tokens
from whatsapp_hub.security.passwords import LONGEST, SHORTEST
from whatsapp_hub.store.directory import Directory
from whatsapp_hub.store.organization import Organization

router = APIRouter(prefix="/api/auth", tags=["login"])

Person = Annotated[Caller, Depends(person)]
Anybody = Annotated[tuple[Caller | None, Caller | None], Depends(anybody)]
FAILED = "Authentication failed"
USER = {"id": 1, "email": "ana@crm.example", "name": "Ana", "role": "agent", "language": "es"}
TOKEN = {"accessToken": "eyJhbGciOi…", "tokenType": "Bearer", "expiresIn": 86400, "user": USER}
ME = {
    "user": USER,
    "key": None,
    "organization": {"id": 1, "name": "crm"},
    "scopes": ["messages:read", "messages:write", "sessions:read", "sessions:write"],
}


class Login(Body):
    """`identifier` is the e-mail address."""

    identifier: Annotated[str, StringConstraints(min_length=1, max_length=254)] = Field(
        validation_alias=AliasChoices("identifier", "email")
    )
    password: Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class ChangePassword(Body):
    """One's own, known and new."""

    current: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    new: Annotated[str, StringConstraints(min_length=SHORTEST, max_length=LONGEST)]


@router.post(
    "/login",
    **described(
        "Log in",
        data=TOKEN,
        body={"identifier": "ana@crm.example", "password": "right horse battery"},
        errors=(401, 429),
    ),
)
async def login(body: Login, request: Request) -> Response:
    """A new token; the ones before stay good. Only failed logins are throttled (429)."""
    try:
        who = await log_in(services(request), body.identifier, body.password, address_of(request))
    except LoginFailed:
        raise ApiError(401, FAILED) from None
    except TooManyFailures as error:
        raise too_many(error) from None
    request.state.tenant_id = who.user.tenant_id
    return ok(_logged_in(who))


@router.post(
    "/password",
    **described(
        "Change your own password",
        data=TOKEN,
        body={"current": "right horse battery", "new": "another horse"},
        errors=(429,),
    ),
)
async def password(body: ChangePassword, caller: Person, request: Request) -> Response:
    """Every token ends; the answer has a new one. A wrong `current` is 403, and counts as a failed login."""
    parts, user_id = services(request), caller.user_id or 0
    try:
        who = await change_password(
            parts, caller.tenant_id, user_id, body.current, body.new, address_of(request)
        )
    except LoginFailed:
        raise ApiError(403, "current is not your password. Correct it.") from None
    except TooManyFailures as error:
        raise too_many(error) from None
    return ok(_logged_in(who))


@router.post("/logout-everywhere", **described("End all of your tokens", data={"loggedOut": True}))
async def logout_everywhere(caller: Person, request: Request) -> Response:
    """On every device, the token of this call too. API keys stay good."""
    await end_tokens(services(request), caller.tenant_id, caller.user_id or 0)
    return ok({"loggedOut": True})


@router.get("/me", **described("Ask who you are", data=ME))
async def me(caller: Anybody, request: Request) -> Response:
    """The user of the token, the API key, or both; `scopes` are what session routes let you do."""
    key, who = caller
    tenant_id = (key or who or _nobody()).tenant_id
    async with services(request).database.read() as transaction:
        tenant = await Directory(transaction).tenant(tenant_id)
        user = await _user(Organization(transaction, who.tenant_id), who) if who else None
        used = await _key(Organization(transaction, tenant_id), key) if key else None
    return ok(
        {
            "user": user and _shown(user),
            "key": used and {"id": used.id, "name": used.name, "prefix": f"was_{used.prefix}"},
            "organization": {"id": tenant_id, "name": tenant.name if tenant else ""},
            "scopes": sorted((key or who or _nobody()).scopes),
        }
    )


def address_of(request: Request) -> str:
    """Where the call comes from, as failures are counted."""
    return request.client.host if request.client else ""


def too_many(error: TooManyFailures) -> ApiError:
    """The 429."""
    return ApiError(429, str(error), {"Retry-After": str(error.seconds)})


async def _user(store: Organization, who: Caller) -> User | None:
    return await store.user(who.user_id or 0)


async def _key(store: Organization, caller: Caller) -> ApiKey | None:
    return await store.key(int(caller.actor.removeprefix("key:")))


def _nobody() -> Caller:
    raise ApiError(401, FAILED)


def _logged_in(who: LoggedIn) -> dict[str, Any]:
    return {
        "accessToken": who.token,
        "tokenType": "Bearer",
        "expiresIn": int(tokens.LIFETIME.total_seconds()),
        "user": _shown(who.user),
    }


def _shown(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "language": user.language,
    }
