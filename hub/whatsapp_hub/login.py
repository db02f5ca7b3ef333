"""An address and a password for a token of 24 hours: the same for programs and for the dashboard.

Threats: guessing (failures are counted by account and address, and by address), learning who has an account
(a wrong name takes as long as a wrong password and reads the same).
"""

from __future__ import annotations

from dataclasses import dataclass

from whatsapp_hub.database.models import User
from whatsapp_hub.security import throttle, tokens
from whatsapp_hub.services import Services
from whatsapp_hub.store.directory import Directory
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
    whose = tokens.Token(user_id=user.id, tenant_id=user.tenant_id)
    return LoggedIn(user=user, token=tokens.issue(whose, parts.secrets.token_key, now))


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
