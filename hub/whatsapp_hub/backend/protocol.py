"""All that the hub knows of where sessions run: child processes on one machine, or resources in Kubernetes.

Why so narrow: what a session should be is one value (`Wanted`), written whole each time, so that writing it
twice is harmless; and what it is comes back as whole views, so that nothing is left of an older one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from whatsapp_contracts.sessions import SessionView

CONNECTED, DISCONNECTED, SUSPENDED = "Connected", "Disconnected", "Suspended"


class BackendError(Exception):
    """What was asked could not be done now, and nothing of it was; the text says what to do."""


class Refused(BackendError):
    """The same will be refused again: what was asked has to be another; the text says what."""


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Whose a session is: the tenant's slug, and the namespace of its resources (None: the hub's own)."""

    slug: str
    namespace: str | None = None


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """A webhook of the organization's own. `events` empty: all of them.

    `secret` signs its calls; `version` grows when it is made anew. With version 0 the secret is not the hub's
    and is let be: the resource was written by others. `previous` signs beside `secret`, so that a receiver
    takes over the new one when it likes. `headers` go with every call.
    """

    name: str
    url: str
    secret: str = field(repr=False)
    previous: str | None = field(default=None, repr=False)
    events: tuple[str, ...] = ()
    version: int = 1
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a session should be. `uid` names it here for ever; `generation` grows with every change.

    `retain`: whether its login outlives it. `receivers`: beside the hub itself, which is always told.
    """

    uid: str
    tenant: str
    session_id: str
    cliente_id: int
    name: str | None = None
    description: str | None = None
    phone_number: str | None = None
    operating_mode: str = CONNECTED
    generation: int = 1
    retain: bool = True
    receivers: tuple[Receiver, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What a resource says that anybody may have written: the row follows it.

    `tenant`: the slug in its label, empty where it has none. `receivers`: name, url, events, headers of its
    webhooks (their secrets are not read).
    """

    namespace: str
    session_id: str
    cliente_id: int
    tenant: str = ""
    name: str | None = None
    description: str | None = None
    phone_number: str | None = None
    operating_mode: str = CONNECTED
    key_version: int = 1
    receivers: tuple[Receiver, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A session as it was just heard. `view` None: it cannot be heard; then `message` says why.

    `ended`: its pod cannot run, and nothing more will be tried; `since` says from when on, where that is
    known. `declared`: from a backend in which others write too; a session that is not known yet is made of
    it. `gone`: somebody removed it there.
    """

    uid: str
    view: SessionView | None = None
    message: str = ""
    ended: bool = False
    since: datetime | None = None
    declared: Declared | None = None
    gone: bool = False


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call to a session's own API (contract A)."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the session answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Backend(Protocol):
    """Where sessions run. Every method raises BackendError, and every wait is bounded."""

    def uid(self, owner: Owner, session_id: str) -> str:
        """The name of a new session."""
        ...

    def callback_secrets(self, uid: str, key_version: int) -> Sequence[str]:
        """What the session may sign its calls to the hub with, the newest first (`whsec_…`)."""
        ...

    async def start(self, wanted: Sequence[Wanted]) -> None:
        """Begin; `wanted` is every session that the hub knows of.

        Where others write too it may be called again, with what the hub knows of then: all is told anew.
        """
        ...

    async def stop(self) -> None:
        """End in order; sessions that live elsewhere go on."""
        ...

    async def put(self, wanted: Wanted) -> None:
        """Make a session what it should be, new or known; waits for no pod."""
        ...

    async def login(self, uid: str) -> None:
        """Begin the login again where it has ended; changes nothing where one is under way or connected."""
        ...

    async def delete(self, wanted: Wanted) -> None:
        """Take a session away; its login too unless `retain`. One that is gone already is no error."""
        ...

    async def look(self, uid: str) -> Seen | None:
        """The session as it is at this moment, asked where it is; None: it is not there."""
        ...

    def seen(self) -> AsyncIterator[Seen]:
        """Every session as it changes, for ever; one follower at a time."""
        ...

    async def call(self, uid: str, call: Call) -> Answer:
        """Call the session's own API."""
        ...
