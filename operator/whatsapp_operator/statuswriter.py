"""Write a session's status, whole, and only when it is another one than it was.

Why it may leave fields out: a CustomResourceDefinition of an earlier release (one that somebody keeps apart
from the chart) refuses a status with a field that it does not declare, all of it. What it does not know is
left out then, for a while, and the rest is written: a session must never look frozen.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from whatsapp_contracts.kubernetes import GROUP, KIND, VERSION
from whatsapp_operator.announcements import announcement
from whatsapp_operator.caches import SESSIONS, Caches
from whatsapp_operator.client import ApiError, Client, path
from whatsapp_operator.metrics import STATUS_WRITES
from whatsapp_operator.observed import Session
from whatsapp_operator.recorder import Recorder, fields

log = logging.getLogger(__name__)

TRY_AGAIN = timedelta(minutes=10)
"""After so long a field that was refused is tried again: the definition may have been upgraded."""

_UNDECLARED = re.compile(r"\.status\.(\w+)\S*: field not declared in schema")


class StatusWriter:
    """One for all sessions."""

    def __init__(
        self, client: Client, caches: Caches, recorder: Recorder, *, now: Callable[[], datetime]
    ) -> None:
        self._client, self._caches, self._recorder, self._now = client, caches, recorder, now
        self._undeclared: dict[str, datetime] = {}

    async def write(self, session: Session, wanted: dict[str, Any]) -> None:
        """One call at most; a few more, once in a while, under a definition that is older."""
        while (status := self._declared(wanted)) != session.status:
            try:
                await self._write(session, status)
                return
            except ApiError as error:
                if error.status in (404, 409):
                    log.debug("the resource is gone or new: %s", error, extra=fields(session))
                    return
                if not self._learn(error):
                    raise

    async def _write(self, session: Session, status: dict[str, Any]) -> None:
        answer = await self._apply(session, status)
        STATUS_WRITES.inc()
        answer["metadata"].pop("managedFields", None)
        self._caches[SESSIONS].put(answer)
        news = announcement(session.status, status)
        if news is not None:
            await self._recorder.say(session, news.reason, news.message, warning=news.warning)

    async def _apply(self, session: Session, status: dict[str, Any]) -> dict[str, Any]:
        body: dict[str, Any] = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": KIND,
            # The uid: a resource that was made anew under this name is another one.
            "metadata": {"name": session.name, "namespace": session.namespace, "uid": session.uid},
            "status": status,
        }
        return await self._client.apply(path(SESSIONS, session.namespace, session.name, "status"), body)

    def _declared(self, status: dict[str, Any]) -> dict[str, Any]:
        now = self._now()
        self._undeclared = {name: until for name, until in self._undeclared.items() if until > now}
        return {name: value for name, value in status.items() if name not in self._undeclared}

    def _learn(self, error: ApiError) -> bool:
        """Whether the refusal names fields that were not known to be undeclared."""
        new = set(_UNDECLARED.findall(error.message)) - set(self._undeclared)
        for name in new:
            self._undeclared[name] = self._now() + TRY_AGAIN
        if new:
            log.warning(
                "the CustomResourceDefinition is of an earlier release and lacks status.%s, left out now;"
                " upgrade it: helm upgrade with crds.install, or kubectl apply --server-side -f crds",
                ", status.".join(sorted(new)),
            )
        return bool(new)
