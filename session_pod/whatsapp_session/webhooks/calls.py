"""One event as the HTTP calls that tell it to a receiver, and their Standard Webhooks headers.

Why `webhook-id` is a hash for odd ids: part of an event's id is chosen by whoever wrote the message, and the
signature covers `id.time.body`; nothing in the id may look like the end of it, or break a header.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from standardwebhooks.webhooks import Webhook as Signer

from whatsapp_contracts import __version__
from whatsapp_contracts.events import Event

PLAIN_ID = re.compile(r"[A-Za-z0-9_@:.+/=-]{1,256}")


@dataclass(frozen=True, kw_only=True)
class Call:
    """One POST. `path` is put behind the receiver's URL; `id` is its `webhook-id`."""

    id: str
    body: str
    path: str = ""


def call(id: str, body: Any, *, path: str = "") -> Call:
    """`body` as JSON, under an id that a header can carry."""
    safe = id if PLAIN_ID.fullmatch(id) else f"evt_{hashlib.sha256(id.encode()).hexdigest()[:32]}"
    return Call(id=safe, body=json.dumps(body, ensure_ascii=False, separators=(",", ":")), path=path)


def standard(event: Event) -> list[Call]:
    """The calls of `format: Standard`: the event itself."""
    return [call(event.id, event.to_json())]


def headers(made: Call, secrets: tuple[str, ...], now: datetime) -> dict[str, str]:
    """The headers of an attempt at `now`, which is signed: an old attempt cannot be played again."""
    found = {
        "Content-Type": "application/json",
        "User-Agent": f"whatsapp-session/{__version__}",
        "webhook-id": made.id,
        "webhook-timestamp": str(int(now.timestamp())),
    }
    if secrets:
        found["webhook-signature"] = " ".join(Signer(each).sign(made.id, now, made.body) for each in secrets)
    return found
