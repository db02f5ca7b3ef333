"""`/sessions/{id}/media/{media_id}`: the file of a message, answered so that no browser runs it.

Threats: a stranger's page or drawing in our origin (only types in which nothing can run are shown in place;
all else is a download, without a type, in a sandbox), a type that is no type.
Why ranges: Safari plays no sound or film without them, and nobody can skip.
"""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from fastapi.responses import Response

from whatsapp_hub.api.caller import services
from whatsapp_hub.backend.protocol import BackendError, Call
from whatsapp_hub.dashboard.bubbles import shown_in_place
from whatsapp_hub.dashboard.found import session_of
from whatsapp_hub.dashboard.session_calls import part
from whatsapp_hub.dashboard.visitor import PageError, Reader

router = APIRouter(include_in_schema=False)

UNKNOWN = "application/octet-stream"
KEPT_SECONDS = 3600
"""A message's file never changes; the browser that showed it may keep it a while, for nobody else."""
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": f"private, max-age={KEPT_SECONDS}",
    "Accept-Ranges": "bytes",
}
DISPOSITION = re.compile(r'(?:attachment|inline)(; [!-~]+="?[ -~]*"?)*', re.ASCII)
ID = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)


@router.get("/sessions/{id}/media/{media_id}")
async def media(id: str, media_id: str, visitor: Reader, request: Request) -> Response:
    """The file, or the part of it that was asked for."""
    row = await session_of(request, visitor, id)
    if not ID.fullmatch(media_id):
        raise PageError(404, "media.missing")
    try:
        call = Call(method="GET", path=f"/media/{part(media_id)}")
        answer = await services(request).backend.call(row.uid, call)
    except BackendError:
        raise PageError(503, "media.away") from None
    if answer.status != 200:
        raise PageError(404 if answer.status == 404 else 503, "media.missing")
    headers = SAFE | described(
        answer.headers.get("content-type", ""), answer.headers.get("content-disposition", "")
    )
    size = len(answer.body)
    asked = asked_range(request.headers.get("range", ""), size)
    if asked is None:
        return Response(answer.body, 200, headers)
    begin, end = asked
    if begin >= end:
        return Response(status_code=416, headers=SAFE | {"Content-Range": f"bytes */{size}"})
    return Response(
        answer.body[begin:end], 206, headers | {"Content-Range": f"bytes {begin}-{end - 1}/{size}"}
    )


def described(content_type: str, disposition: str) -> dict[str, str]:
    """What the browser is told that the file is."""
    mime_type = content_type.partition(";")[0].strip().lower()
    said = disposition if DISPOSITION.fullmatch(disposition) else "attachment"
    if shown_in_place(mime_type):
        return {"Content-Type": mime_type, "Content-Disposition": said.replace("attachment", "inline", 1)}
    return {"Content-Type": UNKNOWN, "Content-Disposition": said}


def asked_range(header: str, size: int) -> tuple[int, int] | None:
    """Begin and end of the one range that was asked for, equal or crossed when there is none such; None: all
    of it is asked for, as by a form of the header that need not be understood (RFC 9110)."""
    found = re.fullmatch(r"bytes=([0-9]{0,15})-([0-9]{0,15})", header.strip(), re.ASCII)
    if not found or not (found[1] or found[2]):
        return None
    if not found[1]:
        return max(0, size - int(found[2])), size
    return int(found[1]), min(size, int(found[2]) + 1) if found[2] else size
