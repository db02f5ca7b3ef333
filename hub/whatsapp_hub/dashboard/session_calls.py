"""Calls of the pages to a session's own API: what it answered, or why nothing came, as one value.

Why no exception: a page is drawn in any case, and says what is missing from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from whatsapp_hub.backend.protocol import Answer, Backend, BackendError, Call

JSON = "application/json"
AWAY = "unreachable"
"""The error's code when no answer came; contract A has none for that."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a session answered. `error`: contract A's code, empty when all went well; `message` the cure."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    message: str = ""

    @property
    def ok(self) -> bool:
        """Whether it did what was asked."""
        return not self.error


async def ask(
    backend: Backend,
    uid: str,
    method: str,
    path: str,
    *,
    query: Mapping[str, object] | None = None,
    data: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Said:
    """Call the session; never raises. `data` is sent as JSON, `body` as it is."""
    asked = {name: str(value) for name, value in (query or {}).items() if value is not None}
    sent = dict(headers or {})
    if data is not None:
        body, sent["content-type"] = json.dumps(data).encode(), JSON
    call = Call(
        method=method,
        path=f"{path}?{urlencode(asked)}" if asked else path,
        headers={"accept": JSON, **sent},
        body=body,
    )
    try:
        return said(await backend.call(uid, call))
    except BackendError as error:
        return Said(status=503, error=AWAY, message=str(error))


def said(answer: Answer) -> Said:
    """Read an answer; one that is not understood is as none."""
    try:
        body = json.loads(answer.body)
    except ValueError:
        body = None
    if not isinstance(body, dict) or answer.status == 401:  # our key and theirs differ
        return Said(status=502, error=AWAY)
    if answer.status >= 400:
        return Said(
            status=answer.status,
            error=str(body.get("error") or "unknown"),
            message=str(body.get("message") or ""),
            body=body,
        )
    return Said(status=answer.status, body=body)


def part(text: str) -> str:
    """A part of a path."""
    return quote(text, safe="")
