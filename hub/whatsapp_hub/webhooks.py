"""Setting an organization's own receivers of a session: in its row, and told to the backend, or neither.

Why nothing here asks the session: its settings can be read and changed while its pod is away; how deliveries
go is laid beside them where it can be heard.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from whatsapp_hub.database.models import Session
from whatsapp_hub.manager import Manager
from whatsapp_hub.services import Services
from whatsapp_hub.store.sessions import Sessions
from whatsapp_hub.store.webhooks import MOST, Hook, HookError, first_version, hooks, read


class NoSession(Exception):
    """There is no such session in the tenant."""


class NoWebhook(Exception):
    """The session has no such receiver."""


class Webhooks:
    """The receivers of one tenant's sessions, as `actor`. Every change raises NoSession and BackendError."""

    def __init__(self, services: Services, tenant_id: int, actor: str) -> None:
        self._services = services
        self._tenant_id = tenant_id
        self._actor = actor

    async def set(
        self, session: str, name: str, *, url: str, events: Sequence[str] = (), headers: Mapping[str, str]
    ) -> tuple[Session, Hook, bool]:
        """Make or change a receiver; whether it is new. One of that name keeps its place and its secret.

        Raises HookError.
        """
        async with self._changing(session, name, "webhook.set") as (row, known):
            old = next((each for each in known if each.name == name), None)
            version = first_version(row.generation)
            hook = read(name, url, list(events), headers, old=old, version=version)
            if old is None and len(known) >= MOST:
                raise HookError(f"webhooks: the session has {MOST} already. Remove one first.")
            kept = [hook if each is old else each for each in known] + ([] if old else [hook])
            row.webhooks = [each.kept() for each in kept]
        return row, hook, old is None

    async def rotate(self, session: str, name: str) -> tuple[Session, Hook]:
        """A new signing secret; the one before signs beside it until the next rotation. Raises NoWebhook."""
        async with self._changing(session, name, "webhook.rotate") as (row, known):
            old = _named(known, name)
            hook = dataclasses.replace(old, version=old.version + 1)
            row.webhooks = [(hook if each is old else each).kept() for each in known]
        return row, hook

    async def remove(self, session: str, name: str) -> None:
        """The receiver and what waited for it are forgotten. Raises NoWebhook."""
        async with self._changing(session, name, "webhook.remove") as (row, known):
            gone = _named(known, name)
            row.webhooks = [each.kept() for each in known if each is not gone]

    @asynccontextmanager
    async def _changing(
        self, session: str, name: str, action: str
    ) -> AsyncIterator[tuple[Session, list[Hook]]]:
        """The session's row, held; what was changed in it is written and told at the end."""
        async with self._services.database.begin() as transaction:
            store = Sessions(transaction, self._tenant_id)
            row = await store.find(session, locked=True)
            if row is None:
                raise NoSession(session)
            yield row, hooks(row)
            row.generation += 1
            await store.audit(
                at=self._services.clock(),
                actor=self._actor,
                action=action,
                target=f"{row.session_id}/{name}",
            )
            await Manager(self._services, self._tenant_id, self._actor).put(store, row)


def _named(known: Sequence[Hook], name: str) -> Hook:
    for each in known:
        if each.name == name:
            return each
    raise NoWebhook(name)
