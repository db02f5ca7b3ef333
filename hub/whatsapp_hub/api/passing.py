"""A call handed on to a session's own API (contract A), and its answer in contract B's envelope.

What the session answers is handed on as it is: its `message` says what to do, its status what happened.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import Response

from whatsapp_hub.api.caller import Caller, services
from whatsapp_hub.api.envelope import ApiError, ok
from whatsapp_hub.api.sessions import find
from whatsapp_hub.backend.protocol import Answer, Call

HANDED_ON = ("content-type", "idempotency-key")
HANDED_BACK = ("retry-after", "idempotent-replayed")
OF_A_FILE = ("content-type", "content-disposition")
SMALL = 1024 * 1024
"""Bytes of a body that is no upload."""
BODY_SECONDS = 120.0
"""How long a body may take to come: who sends it slowly must not keep the others waiting."""
NOT_UNDERSTOOD = "The session's answer was not understood. Look at its log."
KEY_REFUSED = "The session refused the hub's key. Restart the session."


async def handed_on(id: str, caller: Caller, request: Request, method: str, *path: str) -> Response:
    """The session's answer to `method` at `path` (its parts, which are escaped here), body and query too."""
    row = await find(request, caller, id)
    query = urlencode(request.query_params.multi_items())
    call = Call(
        method=method,
        path=joined(path) + (f"?{query}" if query else ""),
        headers={name: request.headers[name] for name in HANDED_ON if name in request.headers},
    )
    async with services(request).uploads if _large(request) else contextlib.nullcontext():
        call = dataclasses.replace(call, body=await _body(request) or None)
        return enveloped(await services(request).backend.call(row.uid, call))


async def file_of(id: str, caller: Caller, request: Request, *path: str) -> Response:
    """A file of the session, as it is; nothing that a browser would run."""
    row = await find(request, caller, id)
    answer = await services(request).backend.call(row.uid, Call(method="GET", path=joined(path)))
    if answer.status != 200:
        return enveloped(answer)
    headers = {name: answer.headers[name] for name in OF_A_FILE if name in answer.headers}
    safe = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}
    return Response(answer.body, 200, {**headers, **safe, "Cache-Control": "private, no-store"})


def enveloped(answer: Answer) -> Response:
    """The answer in the envelope; raises ApiError for one that is a refusal, or is not understood."""
    headers = {name: answer.headers[name] for name in HANDED_BACK if name in answer.headers}
    body = understood(answer)
    if answer.status >= 400:
        if answer.status == 401:  # our key and theirs differ: nothing that the caller could mend
            raise ApiError(502, KEY_REFUSED)
        raise ApiError(answer.status, str(body.get("message") or body.get("error") or ""), headers)
    made = ok({name: value for name, value in body.items() if name != "ok"}, answer.status)
    made.headers.update(headers)
    return made


def understood(answer: Answer) -> dict[str, Any]:
    """The answer's JSON object; raises ApiError 502."""
    try:
        body: Any = json.loads(answer.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ApiError(502, NOT_UNDERSTOOD)
    return body


async def _body(request: Request) -> bytes:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.body()
    except TimeoutError:
        raise ApiError(
            408, f"The body took longer than {BODY_SECONDS:.0f} s to come. Send it again."
        ) from None


def _large(request: Request) -> bool:
    """Whether the body is, or may be."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit():
        return int(length[:16]) > SMALL
    return "transfer-encoding" in request.headers


def joined(path: tuple[str, ...]) -> str:
    """A path of these parts, none of which becomes two."""
    return "".join("/" + quote(part, safe="") for part in path)
