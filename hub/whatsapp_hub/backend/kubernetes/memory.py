"""Every resource as it was last seen, and which of them somebody still has to be told of.

Why latest states and no queue of events: whoever is told later, or again, is told what is, once a session;
and a replica that does not write rows now remembers no more than one state a session. What just changed goes
before what a list repeats: after a start with thousands of sessions a new QR is shown at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any

from whatsapp_hub.backend.kubernetes import names, observed
from whatsapp_hub.backend.kubernetes.observed import Facts
from whatsapp_hub.backend.protocol import Receiver, Seen

log = logging.getLogger(__name__)

Object = Mapping[str, Any]


class Memory:
    """The Sink of every watch. `watched`: the namespaces; None among them: all."""

    def __init__(self, watched: Collection[str | None]) -> None:
        self._watched = watched
        self._seen: dict[str, Seen] = {}
        self._facts: dict[str, Facts] = {}
        self._rows: set[str] = set()
        self._listed: set[str | None] = set()
        self._due: dict[str, None] = {}
        self._repeated: dict[str, None] = {}
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._facts)

    def watches(self, namespace: str) -> bool:
        """Whether this namespace is among those watched."""
        return None in self._watched or namespace in self._watched

    def facts(self, uid: str) -> Facts | None:
        """What is known of how to reach a session."""
        return self._facts.get(uid)

    def receivers(self, uid: str) -> Sequence[Receiver]:
        """The receivers that its resource has."""
        seen = self._seen.get(uid)
        return seen.declared.receivers if seen and seen.declared else ()

    def expect(self, rows: Collection[str]) -> None:
        """The uids of all rows there are now: everything is told anew, and what is missing as gone."""
        self._rows = set(rows)
        for uid in [*self._seen, *sorted(self._rows - self._seen.keys())]:
            namespace = names.parts(uid)[0]
            complete = None in self._listed or namespace in self._listed
            if uid in self._seen or complete or not self.watches(namespace):
                self._tell(uid, self._repeated)

    def add(self, uid: str) -> None:
        """There is a row of this name from now on."""
        self._rows.add(uid)

    def drop(self, uid: str) -> None:
        """Its row is going."""
        self._rows.discard(uid)

    def listed(self, namespace: str | None, bodies: list[Any]) -> None:
        """Everything that is there now, the oldest told first: of two with one sessionId that is the one that
        counts. What is not there is gone."""
        there = {uid for body in sorted(bodies, key=_made) if (uid := self._take(body, self._repeated))}
        self._listed.add(namespace)
        for uid in (self._rows | self._seen.keys()) - there:
            if namespace in (None, names.parts(uid)[0]):
                self._forget(uid, self._repeated)

    def changed(self, body: Object) -> None:
        """An object as it is now."""
        self._take(body, self._due)

    def deleted(self, body: Object) -> None:
        """It is gone."""
        self._forget(observed.uid_of(body), self._due)

    async def news(self) -> AsyncIterator[Seen]:
        """Every session of which something is new, as it is then; for ever."""
        while True:
            while not (self._due or self._repeated):
                self._wake.clear()
                await self._wake.wait()
            uid = next(iter(self._due or self._repeated))
            self._due.pop(uid, None)
            self._repeated.pop(uid, None)
            yield self.seen(uid)

    def seen(self, uid: str) -> Seen:
        """The session as it is known now."""
        namespace = names.parts(uid)[0]
        if uid in self._seen or self.watches(namespace):
            return self._seen.get(uid) or Seen(uid=uid, gone=True)
        return Seen(
            uid=uid,
            message=f"The hub does not watch the namespace {namespace} now. Add it to HUB_NAMESPACES.",
        )

    def _take(self, body: Object, due: dict[str, None]) -> str | None:
        """Keep an object; its uid, None for one that has none."""
        try:
            uid, seen, facts = observed.uid_of(body), observed.seen(body), observed.facts_of(body)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            log.error("a resource cannot be read (%s): is its CRD of this release?", type(error).__name__)
            return _named(body)
        self._facts[uid] = facts
        if self._seen.get(uid) != seen:
            self._seen[uid] = seen
            self._tell(uid, due)
        return uid

    def _forget(self, uid: str, due: dict[str, None]) -> None:
        self._seen.pop(uid, None)
        self._facts.pop(uid, None)
        self._tell(uid, due)

    def _tell(self, uid: str, due: dict[str, None]) -> None:
        due[uid] = None
        self._wake.set()


def _made(body: Object) -> str:
    """When it was made, as text that sorts."""
    return str((body.get("metadata") or {}).get("creationTimestamp") or "")


def _named(body: Object) -> str | None:
    """Its name at least, so that it does not pass for gone."""
    try:
        return observed.uid_of(body)
    except (KeyError, TypeError):
        return None
