"""Starts that came to nothing, counted on the volume, so that no restart loop can reach WhatsApp.

Why: Kubernetes restarts a container for ever, and fast restarts get a number limited or banned. After 5 in
30 minutes the process stays up without a browser until somebody asks for a login.

A start is written down before the browser is launched and crossed out when it came to something: so one
that took the process with it (out of memory, kill -9) counts too.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from pathlib import Path

log = logging.getLogger(__name__)

MAX_FAILED = 5
WITHIN = timedelta(minutes=30)


class Attempts:
    """The failed starts in `path`; another `restarted_at` (somebody asked for a restart) forgets them."""

    def __init__(self, path: Path, *, restarted_at: str) -> None:
        self._path = path
        self._restarted_at = restarted_at

    def failed(self, now: datetime) -> int:
        """How many starts failed within the last 30 minutes."""
        return len(self._recent(now))

    def too_many(self, now: datetime) -> bool:
        """Whether the next start has to wait for somebody to ask."""
        return self.failed(now) >= MAX_FAILED

    def begin(self, now: datetime) -> None:
        """A start: a failed one, until `worked` says otherwise."""
        self._write([*self._recent(now), now])

    def worked(self, now: datetime) -> None:
        """The last start came to a QR, a login or at least a browser that waits for the network."""
        self._write(self._recent(now)[:-1])

    def forget(self) -> None:
        """Somebody asked for a login: they know what they do."""
        self._write([])

    def _recent(self, now: datetime) -> list[datetime]:
        try:
            kept = json.loads(self._path.read_text("utf-8"))
            if kept["restartedAt"] != self._restarted_at:
                return []
            return [at for at in map(datetime.fromisoformat, kept["starts"]) if now - WITHIN < at <= now]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError) as error:  # half-written by a power cut
            log.warning("failed starts could not be read and count from now: %s", error)
            return []

    def _write(self, starts: list[datetime]) -> None:
        kept = {"restartedAt": self._restarted_at, "starts": [at.isoformat() for at in starts]}
        partial = self._path.with_suffix(".partial")
        try:
            partial.write_text(json.dumps(kept), "utf-8")
            partial.replace(self._path)
        except OSError as error:  # a full volume must not end a session
            log.warning("failed starts could not be written: %s", error)
