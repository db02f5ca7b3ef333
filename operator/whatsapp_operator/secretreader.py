"""Read the Secrets that resources refer to: by name, one at a time, never a list and never a watch.

Why: RBAC cannot allow "Secrets with this label", so a watch would be the right to read every Secret
(docs/decisions/0006). What is read is kept for a moment only, so that many sessions that share one Secret
cost one request.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from whatsapp_operator.client import ApiError, Client, path
from whatsapp_operator.references import Reference

log = logging.getLogger(__name__)

SHARED = timedelta(seconds=5)
"""How old an answer may be that another session got."""

FRESH = timedelta(minutes=2)
"""A rotated Secret reaches the pod after this long at most; a change of the resource reads it at once."""

SOON = timedelta(seconds=15)
"""While something is missing."""

REMEMBERED = 1_000


@dataclass
class Reading:
    """What one session's references were, when, and for which wishes."""

    wishes: tuple[Any, ...] = ()
    at: datetime | None = None
    found: Mapping[str, Reference] = field(default_factory=dict, repr=False)
    due: datetime | None = None


class SecretReader:
    """One for all sessions."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._recent: OrderedDict[tuple[str, str], tuple[datetime, Reference]] = OrderedDict()

    async def read(
        self, reading: Reading, namespace: str, names: Iterable[str], wishes: tuple[Any, ...], now: datetime
    ) -> None:
        """Bring `reading` up to date; reads nothing when it is fresh and the wishes are the same.

        Raises ApiError when the API server cannot say; missing and forbidden Secrets are answers.
        """
        wanted = sorted(names)
        changed = reading.wishes != wishes or set(reading.found) != set(wanted)
        if not changed and (reading.due is None or now < reading.due):
            return
        shared = reading.at is None or not changed  # whoever has just changed something wants it to count
        reading.found = {name: await self._one(namespace, name, now, shared=shared) for name in wanted}
        reading.wishes, reading.at, reading.due = wishes, now, now + FRESH if wanted else None

    def soon(self, reading: Reading) -> None:
        """Something is missing: look again before long."""
        if reading.at is not None:
            reading.due = reading.at + SOON

    async def _one(self, namespace: str, name: str, now: datetime, *, shared: bool) -> Reference:
        known = self._recent.get((namespace, name))
        if shared and known is not None and now - known[0] <= SHARED:
            return known[1]
        try:
            found = reference_of(namespace, await self._client.get(path("secrets", namespace, name)))
        except ApiError as error:
            if error.status not in (403, 404):
                raise
            problem = "NotFound" if error.status == 404 else "Forbidden"
            found = Reference(namespace=namespace, name=name, problem=problem)
        self._recent[namespace, name] = now, found
        self._recent.move_to_end((namespace, name))
        if len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)
        return found


def reference_of(namespace: str, body: Mapping[str, Any]) -> Reference:
    """Read a Secret."""
    metadata = body["metadata"]
    return Reference(
        namespace=namespace,
        name=metadata["name"],
        labels=metadata.get("labels") or {},
        annotations=metadata.get("annotations") or {},
        data=body.get("data") or {},
    )
