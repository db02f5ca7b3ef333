"""Users, API keys, web origins and the audit log of the caller's organization; both headers are needed."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from sqlalchemy.exc import IntegrityError

from whatsapp_hub.api import examples
from whatsapp_hub.api.caller import Caller, administrator, services
from whatsapp_hub.api.describe import described
from whatsapp_hub.api.envelope import ApiError, ok
from whatsapp_hub.api.fields import Body, Id, Short, whole
from whatsapp_hub.database.models import ApiKey, AuditEntry, User
from whatsapp_hub.retention import LONGEST_DAYS, kept
from whatsapp_hub.security import api_keys, tokens
from whatsapp_hub.security.passwords import LONGEST, SHORTEST
from whatsapp_hub.services import Services
from whatsapp_hub.store.organization import ADMIN, Organization
from whatsapp_hub.store.retention import Retention
from whatsapp_hub.times import iso

router = APIRouter(prefix="/api", tags=["organization"])
Administrator = Annotated[Caller, Depends(administrator)]
Role = Literal["admin", "agent", "viewer"]


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", text) or not text.isprintable():
        raise ValueError("an e-mail address has one @")
    return text.lower()


def _origin(text: str) -> str:
    if not re.fullmatch(r"https?://[a-z0-9.\[\]:-]+", text, re.ASCII):
        raise ValueError("an origin is a scheme and a host in lower case, such as https://crm.example")
    return text


Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(_email)]
Password = Annotated[str, StringConstraints(min_length=SHORTEST, max_length=LONGEST)]
OriginText = Annotated[str, StringConstraints(max_length=300), AfterValidator(_origin)]


Days = Annotated[int, BeforeValidator(whole), Field(ge=0, le=LONGEST_DAYS)]
KEPT = {"days": 365, "default": 0, "inForce": 365}


class NewUser(Body):
    """A person who may log in."""

    email: Email
    password: Password
    name: Short = ""
    role: Role = "agent"


class ChangedUser(Body):
    """What is not here stays as it is."""

    password: Password | None = None
    name: Short | None = None
    role: Role | None = None
    active: bool | None = None


class NewApiKey(Body):
    """`scopes`: all of them by default."""

    name: Annotated[Short, StringConstraints(min_length=1)]
    scopes: Annotated[list[api_keys.Scope], Field(min_length=1, max_length=10)] = list(api_keys.SCOPES)  # noqa: RUF012


class Origins(Body):
    """Every origin that may call from a browser."""

    origins: Annotated[list[OriginText], Field(max_length=100)]


class Keeping(Body):
    """`days` has to be said, if only as null."""

    days: Annotated[Days | None, Field()]


@router.get("/users", **described("List the users", data={"users": [examples.USER], "total": 1}))
async def users(caller: Administrator, request: Request) -> Response:
    """Every user of the organization."""
    async with services(request).database.read() as transaction:
        found = await Organization(transaction, caller.tenant_id).users()
    return ok({"users": [_user(each) for each in found], "total": len(found)})


@router.post(
    "/users",
    **described("Add a user", data=examples.USER, status=201, body=examples.NEW_USER, errors=(409,)),
)
async def add_user(body: NewUser, caller: Administrator, request: Request) -> Response:
    """A new user; the password is theirs to change."""
    parts = services(request)
    kept, now = await parts.passwords.hash(body.password), parts.clock()
    try:
        async with parts.database.begin() as transaction:
            store = Organization(transaction, caller.tenant_id)
            user = await store.add_user(
                email=body.email, name=body.name, role=body.role, password_hash=kept, now=now
            )
            await store.audit(at=now, actor=caller.actor, action="user.create", target=f"user:{user.id}")
    except IntegrityError:
        raise ApiError(409, "This e-mail address has a user already. Take another.") from None
    return ok(_user(user), 201)


@router.patch(
    "/users/{user_id}",
    **described("Change a user", data=examples.USER, body={"role": "viewer"}, errors=(409,)),
)
async def change_user(user_id: int, body: ChangedUser, caller: Administrator, request: Request) -> Response:
    """Name, role, password, or whether they may log in."""
    parts = services(request)
    kept = await parts.passwords.hash(body.password) if body.password else None
    async with parts.database.begin() as transaction:
        store = Organization(transaction, caller.tenant_id)
        user = await _known(store, user_id)
        user.name = user.name if body.name is None else body.name
        user.role = body.role or user.role
        user.active = user.active if body.active is None else body.active
        user.password_hash = kept or user.password_hash
        if kept or not user.active:  # who is let in again later logs in anew
            user.tokens_after = tokens.ended_by(parts.clock())
        await store.audit(
            at=parts.clock(), actor=caller.actor, action="user.change", target=f"user:{user.id}"
        )
        await _someone_stays(store)
    return ok(_user(user))


@router.delete("/users/{user_id}", **described("Remove a user", data={"id": 2}, errors=(409,)))
async def delete_user(user_id: int, caller: Administrator, request: Request) -> Response:
    """The user is gone, and with it every token."""
    parts = services(request)
    async with parts.database.begin() as transaction:
        store = Organization(transaction, caller.tenant_id)
        user = await _known(store, user_id)
        await store.delete_user(user)
        await store.audit(
            at=parts.clock(), actor=caller.actor, action="user.delete", target=f"user:{user_id}"
        )
        await _someone_stays(store)
    return ok({"id": user_id})


@router.get("/keys", **described("List the API keys", data={"keys": [examples.KEY], "total": 1}))
async def keys(caller: Administrator, request: Request) -> Response:
    """Every API key, without its text."""
    async with services(request).database.read() as transaction:
        found = await Organization(transaction, caller.tenant_id).keys()
    return ok({"keys": [_key(each) for each in found], "total": len(found)})


@router.post(
    "/keys",
    **described(
        "Make an API key",
        data=examples.KEY | {"key": "was_0123456789ab_…"},
        status=201,
        body={"name": "crm", "scopes": ["sessions:read"]},
    ),
)
async def add_key(body: NewApiKey, caller: Administrator, request: Request) -> Response:
    """A new key. `key` is shown here, once."""
    parts = services(request)
    new, now = api_keys.make(), parts.clock()
    async with parts.database.begin() as transaction:
        store = Organization(transaction, caller.tenant_id)
        key = await store.add_key(new, name=body.name, scopes=sorted(set(body.scopes)), now=now)
        await store.audit(at=now, actor=caller.actor, action="key.create", target=f"key:{key.id}")
    return ok(_key(key) | {"key": new.text}, 201)


@router.delete(
    "/keys/{key_id}",
    **described("Revoke an API key", data=examples.KEY | {"revokedAt": examples.NOW}),
)
async def revoke_key(key_id: int, caller: Administrator, request: Request) -> Response:
    """The key opens nothing from now on. Doing it twice is no error."""
    parts = services(request)
    async with parts.database.begin() as transaction:
        store = Organization(transaction, caller.tenant_id)
        key = await store.key(_fitting(key_id))
        if key is None:
            raise ApiError(404, f"There is no API key {key_id}. GET /api/keys lists them.")
        if key.revoked_at is None:
            key.revoked_at = parts.clock()
            await store.audit(
                at=key.revoked_at, actor=caller.actor, action="key.revoke", target=f"key:{key.id}"
            )
    return ok(_key(key))


@router.get("/origins", **described("List whose pages may call", data=examples.ORIGINS))
async def origins(caller: Administrator, request: Request) -> Response:
    """Which web pages may call from a browser."""
    async with services(request).database.read() as transaction:
        found = await Organization(transaction, caller.tenant_id).origins()
    return ok({"origins": found})


@router.put(
    "/origins",
    **described("Say whose pages may call", data=examples.ORIGINS, body=examples.ORIGINS),
)
async def set_origins(body: Origins, caller: Administrator, request: Request) -> Response:
    """Replace them all."""
    parts = services(request)
    async with parts.database.begin() as transaction:
        store = Organization(transaction, caller.tenant_id)
        await store.set_origins(body.origins)
        await store.audit(at=parts.clock(), actor=caller.actor, action="origins.set", target="")
        found = await store.origins()
    return ok({"origins": found})


@router.get("/retention", **described("Ask how long messages are kept", data=KEPT))
async def retention(caller: Administrator, request: Request) -> Response:
    """`days` null: as the hub's setting says. `inForce` 0: for ever."""
    parts = services(request)
    async with parts.database.read() as transaction:
        days = await Retention(transaction, caller.tenant_id).days()
    return ok(_kept(parts, days))


@router.put("/retention", **described("Say how long messages are kept", data=KEPT, body={"days": 365}))
async def set_retention(body: Keeping, caller: Administrator, request: Request) -> Response:
    """Older ones are removed from now on, for good. 0: never; null: as the hub's setting says."""
    parts = services(request)
    async with parts.database.begin() as transaction:
        store = Retention(transaction, caller.tenant_id)
        await store.set_days(body.days)
        target = "hub's setting" if body.days is None else f"{body.days} days"
        await store.audit(at=parts.clock(), actor=caller.actor, action="retention.set", target=target)
    return ok(_kept(parts, body.days))


@router.get("/audit", **described("Read the audit log", data={"entries": [examples.AUDIT], "next": None}))
async def audit(
    caller: Administrator,
    request: Request,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: Id | None = None,
) -> Response:
    """Who did what, the newest first; `next` is the following call's `before`."""
    async with services(request).database.read() as transaction:
        found = await Organization(transaction, caller.tenant_id).audit_log(limit=limit, before=before)
    following = found[-1].id if len(found) == limit else None
    return ok({"entries": [_entry(each) for each in found], "next": following})


async def _known(store: Organization, user_id: int) -> User:
    user = await store.user(_fitting(user_id))
    if user is None:
        raise ApiError(404, f"There is no user {user_id}. GET /api/users lists them.")
    return user


async def _someone_stays(store: Organization) -> None:
    if not await store.administrators():
        raise ApiError(409, f"No {ADMIN} would be left to undo this. Make another user {ADMIN} first.")


def _fitting(number: int) -> int:
    """A number that a database can be asked for; no row has 0."""
    return number if 0 < number < 2**31 else 0


def _kept(parts: Services, days: int | None) -> dict[str, Any]:
    default = parts.messages_kept
    span = kept(days, default)
    return {"days": days, "default": default.days if default else 0, "inForce": span.days if span else 0}


def _user(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "active": user.active,
        "createdAt": iso(user.created_at),
    }


def _key(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "prefix": f"was_{key.prefix}",
        "scopes": key.scopes,
        "createdAt": iso(key.created_at),
        "lastUsedAt": iso(key.last_used_at),
        "revokedAt": iso(key.revoked_at),
    }


def _entry(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": iso(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "target": entry.target,
        "outcome": entry.outcome,
    }
