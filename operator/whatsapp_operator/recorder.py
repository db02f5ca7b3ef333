"""Kubernetes Events for what a person wants to see in `kubectl describe was NAME`; deduplicated.

Why own: kopf's posting writes an Event for every log line. Here the same thing said again within the hour
raises a counter. An Event that cannot be written is logged and forgotten: it never stops the work. No
Event carries a phone number, a QR or a message.
"""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from whatsapp_contracts.kubernetes import GROUP, KIND, VERSION
from whatsapp_operator import moments
from whatsapp_operator.client import ApiError, Client, Object, path
from whatsapp_operator.names import FIELD_MANAGER
from whatsapp_operator.observed import Session

log = logging.getLogger(__name__)

SAME_FOR = timedelta(hours=1)
"""Kubernetes itself forgets Events after an hour."""

REMEMBERED = 5_000


@dataclass
class Said:
    """One Event that was written: its name, how often, since when."""

    name: str
    count: int
    first: datetime
    last: datetime


class Recorder:
    """Writes Events about sessions."""

    def __init__(self, client: Client, *, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now
        self._said: OrderedDict[tuple[str, str, str], Said] = OrderedDict()

    async def say(self, session: Session, reason: str, message: str, *, warning: bool = False) -> None:
        """Tell it once, or count it once more."""
        now = self._now()
        key = (session.uid, reason, message)
        said = self._said.get(key)
        try:
            if said is not None and now - said.first < SAME_FOR:
                said.count, said.last = said.count + 1, now
                patch = {"count": said.count, "lastTimestamp": moments.written(now)}
                await self._client.merge(path("events", session.namespace, said.name), patch)
            else:
                said = Said(event_name(session, reason, message, now), 1, now, now)
                self._remember(key, said)
                body = event(session, reason, message, said, warning=warning)
                await self._client.create(path("events", session.namespace), body)
        except ApiError as error:
            self._said.pop(key, None)
            level = logging.DEBUG if error.status in (403, 404, 409) else logging.WARNING
            log.log(level, "an Event could not be written: %s", error, extra=fields(session))

    def _remember(self, key: tuple[str, str, str], said: Said) -> None:
        self._said[key] = said
        self._said.move_to_end(key)
        if len(self._said) > REMEMBERED:
            self._said.popitem(last=False)


def event_name(session: Session, reason: str, message: str, now: datetime) -> str:
    """`NAME.<hash>`: another one for another reason, message or time."""
    text = f"{session.uid}/{reason}/{message}/{now.isoformat()}"
    return f"{session.name[:230]}.{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def event(session: Session, reason: str, message: str, said: Said, *, warning: bool) -> Object:
    """The Event as a dict."""
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": said.name, "namespace": session.namespace},
        "involvedObject": {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": KIND,
            "namespace": session.namespace,
            "name": session.name,
            "uid": session.uid,
        },
        "reason": reason,
        "message": message[:1000],
        "type": "Warning" if warning else "Normal",
        "source": {"component": FIELD_MANAGER},
        "reportingComponent": FIELD_MANAGER,
        "reportingInstance": "",
        "firstTimestamp": moments.written(said.first),
        "lastTimestamp": moments.written(said.last),
        "count": said.count,
    }


def fields(session: Session) -> dict[str, str]:
    """What every log line about a session carries."""
    return {"namespace": session.namespace, "session": session.name}
