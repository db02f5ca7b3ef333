"""An address and a password for a token of 24 hours, and the end of tokens: for programs and the dashboard.

Threats: guessing (failures are counted by account and address, and by address), learning who has an account
(a wrong name takes as long as a wrong password and reads the same).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from whatsapp_hub.database.models import User
from whatsapp_hub.security import throttle, tokens
from whatsapp_hub.services import Services
from whatsapp_hub.store.directory import Directory
from whatsapp_hub.store.organization import Organization
from whatsapp_hub.store.scoped import Scoped


class LoginFailed(Exception):
    """No active user has this address and password."""


class TooManyFailures(Exception):
    """Not heard: `seconds` until the next attempt is."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many failed logins. Try again in {seconds} seconds.")
        self.seconds = seconds


@dataclass(frozen=True, kw_only=True)
class LoggedIn:
    """A user and a new token of theirs; the tokens before stay good."""

    user: User
    token: str


async def log_in(parts: Services, identifier: str, password: str, address: str) -> LoggedIn:
    """Whoever this is, calling from `address`. Raises LoginFailed, TooManyFailures."""
    identifier = identifier.strip().lower()
    counted = (parts.secrets.digest(f"{address} {identifier}"), parts.secrets.digest(address))
    await _hear(parts, counted)
    async with parts.database.read() as transaction:
        user = await Directory(transaction).user(_storable(identifier))
    kept = user.password_hash if user and user.active else None
    right = await parts.passwords.matches(kept, password)
    now = parts.clock()
    if not right or user is None:
        parts.metrics.failed_logins.inc()
        async with parts.database.begin() as transaction:
            await Directory(transaction).login_failed(counted, now)
            if user is not None:
                await Scoped(transaction, user.tenant_id).audit(
                    at=now, actor=f"user:{user.id}", action="login", target="", outcome="refused"
                )
        raise LoginFailed
    async with parts.database.begin() as transaction:
        await Scoped(transaction, user.tenant_id).audit(
            at=now, actor=f"user:{user.id}", action="login", target=""
        )
    return LoggedIn(user=user, token=_token(parts, user, now))


async def change_password(
    parts: Services, tenant_id: int, user_id: int, current: str, new: str, address: str
) -> LoggedIn:
    """Another password for a user who knows the present one; every token but the new one ends.

    Raises LoginFailed (counted as a login's failure), TooManyFailures, PasswordError.
    """
    async with parts.database.read() as transaction:
        user = await Organization(transaction, tenant_id).user(user_id)
    identifier = user.email if user else ""
    counted = (parts.secrets.digest(f"{address} {identifier}"), parts.secrets.digest(address))
    await _hear(parts, counted)
    if not await parts.passwords.matches(user.password_hash if user else None, current):
        parts.metrics.failed_logins.inc()
        async with parts.database.begin() as transaction:
            await Directory(transaction).login_failed(counted, parts.clock())
            actor = f"user:{user_id}"
            await Scoped(transaction, tenant_id).audit(
                at=parts.clock(), actor=actor, action="password.change", target=actor, outcome="refused"
            )
        raise LoginFailed
    kept, now = await parts.passwords.hash(new), parts.clock()
    async with parts.database.begin() as transaction:
        store = Organization(transaction, tenant_id)
        user = await store.user(user_id)
        if user is None:
            raise LoginFailed
        user.password_hash, user.tokens_after = kept, tokens.ended_by(now)
        actor = f"user:{user.id}"
        await store.audit(at=now, actor=actor, action="password.change", target=actor)
    return LoggedIn(user=user, token=_token(parts, user, now))


async def end_tokens(parts: Services, tenant_id: int, user_id: int) -> None:
    """Every token of a user is good no more, on every device."""
    now = parts.clock()
    async with parts.database.begin() as transaction:
        store = Organization(transaction, tenant_id)
        user = await store.user(user_id)
        if user is not None:
            user.tokens_after = tokens.ended_by(now)
            actor = f"user:{user.id}"
            await store.audit(at=now, actor=actor, action="logout.everywhere", target=actor)


def _token(parts: Services, user: User, now: datetime) -> str:
    """A token that counts, also where another replica's clock is ahead and ended the ones before."""
    whose = tokens.Token(user_id=user.id, tenant_id=user.tenant_id)
    return tokens.issue(whose, parts.secrets.token_key, max(now, user.tokens_after or now))


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
        raise TooManyFailures(int(longest) + 1)


def _storable(text: str) -> str:
    """What a database can be asked for."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
