"""What only one session can have: a phone number, and a sessionId within its namespace. No I/O.

Why the younger one is told: the older one worked before. Why an index: with thousands of sessions nobody can
look through all of them whenever one changes. Nothing is stopped or deleted for it; a person decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from whatsapp_contracts.states import State
from whatsapp_operator.caches import Key
from whatsapp_operator.observed import Rival

Object = Mapping[str, Any]
Mark = tuple[str, ...]

PHONE, SESSION_ID = "PhoneInUse", "DuplicateSessionId"


@dataclass(frozen=True, order=True)
class Holder:
    """A session that has a mark; the least is the oldest."""

    created: str
    uid: str
    namespace: str
    name: str
    key: Key


class Rivals:
    """All sessions by their marks."""

    def __init__(self) -> None:
        self._marks: dict[str, tuple[Holder, frozenset[Mark]]] = {}
        self._holders: defaultdict[Mark, dict[str, Holder]] = defaultdict(dict)

    def put(self, body: Object, key: Key) -> set[Key]:
        """Take in a session; returns whose case is another one now, itself included."""
        return self._change(holder_of(body, key), marks_of(body))

    def drop(self, body: Object, key: Key) -> set[Key]:
        """A session is gone."""
        return self._change(holder_of(body, key), frozenset())

    def listed(self, namespace: str | None, uids: Iterable[str]) -> set[Key]:
        """A listing is complete: what it lacks is gone."""
        there = set(uids)
        gone = [
            holder
            for uid, (holder, _) in self._marks.items()
            if uid not in there and namespace in (None, holder.namespace)
        ]
        return {key for holder in gone for key in self._change(holder, frozenset())}

    def rival(self, body: Object, key: Key, phone: str | None) -> Rival | None:
        """The oldest session that has what this one has; `phone` is what this one is connected with now."""
        mine = holder_of(body, key)
        for mark in sorted(marks_of(body, phone)):
            others = (each for each in self._holders.get(mark, {}).values() if each.key != key)
            oldest = min(others, default=mine)
            if oldest < mine:
                here = oldest.namespace == mine.namespace
                return Rival(reason=mark[0], name=oldest.name if here else "")
        return None

    def _change(self, holder: Holder, marks: frozenset[Mark]) -> set[Key]:
        _, before = self._marks.pop(holder.uid, (holder, frozenset[Mark]()))
        if marks:
            self._marks[holder.uid] = holder, marks
        touched: set[Key] = set()
        for mark in before ^ marks:
            holders = self._holders[mark]
            touched |= {each.key for each in holders.values()}
            if mark in marks:
                touched |= {holder.key} if holders else set()
                holders[holder.uid] = holder
            else:
                holders.pop(holder.uid, None)
            if not holders:
                del self._holders[mark]
        return touched


def holder_of(body: Object, key: Key) -> Holder:
    """A session as a holder of marks."""
    metadata = body["metadata"]
    return Holder(
        created=metadata.get("creationTimestamp", ""),
        uid=metadata["uid"],
        namespace=metadata["namespace"],
        name=metadata["name"],
        key=key,
    )


def marks_of(body: Object, phone: str | None = None) -> frozenset[Mark]:
    """What only one may have. `phone`: what it is connected with; None asks its status, empty: nothing."""
    metadata, spec, status = body["metadata"], body.get("spec") or {}, body.get("status") or {}
    marks: set[Mark] = {(SESSION_ID, metadata["namespace"], str(spec.get("sessionId") or metadata["name"]))}
    if phone is None and status.get("state") == State.READY.value:
        phone = status.get("phone")
    if phone:
        marks.add((PHONE, phone))
    return frozenset(marks)
