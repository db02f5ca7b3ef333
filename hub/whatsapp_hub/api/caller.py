"""Who calls: by API key, by token, or by both, as contract B says for each kind of route.

Threats: a guessed key or token (compared in constant time), a revoked key or removed user (looked up at each
call), another tenant's rows (whoever calls has one tenant, and stores are made with it).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fastapi import Request

from whatsapp_hub.api.envelope import ApiError
from whatsapp_hub.security import api_keys, tokens
from whatsapp_hub.security.api_keys import SCOPES, Scope
from whatsapp_hub.services import Services
from whatsapp_hub.store.directory import Directory
from whatsapp_hub.store.organization import ADMIN

AGENT, VIEWER = "agent", "viewer"
ROLES: dict[str, frozenset[Scope]] = {
    ADMIN: frozenset(SCOPES),
    AGENT: frozenset(SCOPES),
    VIEWER: frozenset({"sessions:read", "messages:read"}),
}
USED_EVERY = timedelta(minutes=1)
"""How exact a key's `lastUsedAt` is: a write at every call would cost more than the call."""
CHALLENGE = {"WWW-Authenticate": "Bearer"}

NO_CREDENTIALS = "Send your API key as X-API-Key, or log in and send the token as Authorization: Bearer."
NO_TOKEN = "Log in (POST /api/auth/login) and send the token as Authorization: Bearer."  # noqa: S105
WRONG_KEY = "This API key is not valid, or was revoked. Make a new one, and send it as X-API-Key."
WRONG_TOKEN = "This token is not valid, or has expired. Log in again: POST /api/auth/login."  # noqa: S105
BOTH = "This route needs both headers: X-API-Key and Authorization: Bearer. Send the one that is missing."


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who calls, and what they may."""

    tenant_id: int
    actor: str
    scopes: frozenset[str]
    role: str | None = None
    user_id: int | None = None
    name: str = ""
    language: str | None = None

    def must(self, scope: Scope) -> None:
        """Refuse a call that this caller may not make."""
        if scope not in self.scopes:
            raise ApiError(403, f"This needs the scope {scope}, which your key or role does not have.")


Dependency = Callable[[Request], Coroutine[Any, Any, Caller]]


def services(request: Request) -> Services:
    """The hub's parts."""
    return request.app.state.services  # type: ignore[no-any-return]


def session_caller(scope: Scope) -> Dependency:
    """For session routes: a key decides, whatever token is beside it; without one a token does."""

    async def dependency(request: Request) -> Caller:
        if key := request.headers.get("x-api-key", "").strip():
            caller = await _by_key(request, key)
        elif token := bearer(request):
            caller = await by_token(services(request), token)
        else:
            raise ApiError(401, NO_CREDENTIALS, CHALLENGE)
        caller.must(scope)
        return _remember(request, caller)

    return dependency


def record_caller(scope: Scope) -> Dependency:
    """For contract C: `X-API-Key`, `apikey`, or a Bearer that is a key or a token."""

    async def dependency(request: Request) -> Caller:
        return _remember(request, await record_credentials(request, scope))

    return dependency


async def record_credentials(request: Request, scope: Scope) -> Caller:
    """Contract C's caller; raises ApiError."""
    key = request.headers.get("x-api-key", "").strip() or request.headers.get("apikey", "").strip()
    token = bearer(request)
    if key or api_keys.prefix_of(token):
        caller = await _by_key(request, key or token)
    elif token:
        caller = await by_token(services(request), token)
    else:
        raise ApiError(401, NO_CREDENTIALS, CHALLENGE)
    caller.must(scope)
    return caller


async def administrator(request: Request) -> Caller:
    """For routes about the organization: both headers, of one tenant, and an administrator's token."""
    key, token = request.headers.get("x-api-key", "").strip(), bearer(request)
    if not key or not token:
        raise ApiError(401, BOTH, CHALLENGE)
    by_key, who = await _by_key(request, key), await by_token(services(request), token)
    if by_key.tenant_id != who.tenant_id:
        raise ApiError(401, "The API key and the token are of different organizations. Send two of one.")
    if who.role != ADMIN:
        raise ApiError(403, f"This needs the role {ADMIN}. Ask an administrator of your organization.")
    return _remember(request, who)


async def person(request: Request) -> Caller:
    """For what somebody does with their own account: their token, whatever key is beside it."""
    token = bearer(request)
    if not token:
        raise ApiError(401, NO_TOKEN, CHALLENGE)
    return _remember(request, await by_token(services(request), token))


async def anybody(request: Request) -> tuple[Caller | None, Caller | None]:
    """Whose key and whose token these are; each that was sent must be good, and one must be there."""
    text, token = request.headers.get("x-api-key", "").strip(), bearer(request)
    if not text and not token:
        raise ApiError(401, NO_CREDENTIALS, CHALLENGE)
    key = await _by_key(request, text) if text else None
    who = await by_token(services(request), token) if token else None
    if found := key or who:
        _remember(request, found)
    return key, who


def bearer(request: Request) -> str:
    """The Bearer token, or nothing."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _remember(request: Request, caller: Caller) -> Caller:
    request.state.tenant_id = caller.tenant_id  # the answer's CORS headers are this tenant's
    return caller


async def _by_key(request: Request, text: str) -> Caller:
    prefix = api_keys.prefix_of(text)
    if prefix is None:
        raise ApiError(401, WRONG_KEY, CHALLENGE)
    parts = services(request)
    now = parts.clock()
    async with parts.database.read() as transaction:
        key = await Directory(transaction).key(prefix)
    if not api_keys.matches(text, key.key_hash if key else "") or key is None or key.revoked_at:
        raise ApiError(401, WRONG_KEY, CHALLENGE)
    if key.last_used_at is None or now - key.last_used_at > USED_EVERY:
        async with parts.database.begin() as transaction:
            await Directory(transaction).key_was_used(key.id, now)
    return Caller(tenant_id=key.tenant_id, actor=f"key:{key.id}", scopes=frozenset(key.scopes))


async def by_token(parts: Services, text: str) -> Caller:
    """The user whose token this is; raises ApiError 401."""
    token = tokens.read(text, parts.secrets.token_key, parts.clock())
    if token is None:
        raise ApiError(401, WRONG_TOKEN, CHALLENGE)
    async with parts.database.read() as transaction:
        user = await Directory(transaction).active_user(token.user_id, token.tenant_id)
    if user is None or (user.tokens_after is not None and token.issued < user.tokens_after):
        raise ApiError(401, WRONG_TOKEN, CHALLENGE)
    return Caller(
        tenant_id=user.tenant_id,
        actor=f"user:{user.id}",
        scopes=frozenset(ROLES.get(user.role, ())),
        role=user.role,
        user_id=user.id,
        name=user.name or user.email,
        language=user.language,
    )
