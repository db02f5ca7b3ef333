"""Sending from the dashboard: into a chat, and to a number that nobody has written to yet.

Why the key is made of the form's own and what is in it: the same form with the same message, sent twice by a
double click, a lost answer or a second try, is one message; the form with another text is another one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from whatsapp_hub.api.caller import services
from whatsapp_hub.dashboard import chats, drawing
from whatsapp_hub.dashboard.bubbles import Bubble, File
from whatsapp_hub.dashboard.chat_list import CHAT_ID, OF_MESSAGE
from whatsapp_hub.dashboard.found import session_of
from whatsapp_hub.dashboard.pages import PAGE_HEADERS, asked_by_htmx, go
from whatsapp_hub.dashboard.session_calls import JSON, Said, ask
from whatsapp_hub.dashboard.strangers import pieces, text, word
from whatsapp_hub.dashboard.texts import TEXTS
from whatsapp_hub.dashboard.visitor import PageError, Writer
from whatsapp_hub.database.models import Session

router = APIRouter(include_in_schema=False)

FORM_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
NUMBER = re.compile(r"[1-9][0-9]{6,14}", re.ASCII)
KINDS = {
    "image/jpeg": "image",
    "image/png": "image",
    "image/webp": "image",
    "video/mp4": "video",
    "video/3gpp": "video",
    "audio/ogg": "audio",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "audio/aac": "audio",
}
"""What WhatsApp shows in place; every other file goes as a document."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What was written. `kind` is contract A's `type`."""

    form_key: str
    to: str
    text: str
    file: bytes | None = None
    file_name: str = ""
    mime_type: str = ""

    @property
    def kind(self) -> str:
        """How it is sent."""
        return "text" if self.file is None else KINDS.get(self.mime_type, "document")

    @property
    def key(self) -> str:
        """The call's `Idempotency-Key`."""
        parts = (self.to, self.kind, self.text, self.file_name, self.mime_type)
        meaning = json.dumps(parts).encode() + b"\0" + (self.file or b"")
        return f"dashboard-{self.form_key}-{hashlib.sha256(meaning).hexdigest()[:24]}"

    def call(self, boundary: str) -> tuple[dict[str, str], bytes]:
        """Headers and body of contract A's `POST /messages`."""
        message: dict[str, Any] = {"to": self.to, "type": self.kind}
        if self.text:
            message["text"] = self.text
        headers = {"idempotency-key": self.key, "content-type": JSON}
        if self.file is None:
            return headers, json.dumps(message).encode()
        headers["content-type"] = f"multipart/form-data; boundary={boundary}"
        name = re.sub(r'["\\\r\n]', "_", self.file_name)
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="message"\r\n'
            f"Content-Type: {JSON}\r\n\r\n{json.dumps(message)}\r\n"
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: {self.mime_type}\r\n\r\n"
        )
        return headers, head.encode() + self.file + f"\r\n--{boundary}--\r\n".encode()


class Wrong(Exception):
    """What was written cannot be sent: the key of the text that says what to do."""


@router.post("/sessions/{id}/chats/{chat_id}/messages")
async def send(id: str, chat_id: str, visitor: Writer, request: Request) -> Response:
    """Send into a chat. For a script the new message alone, else the page again."""
    row = await session_of(request, visitor, id)
    if not CHAT_ID.fullmatch(chat_id):
        raise PageError(404, "chats.no_chat")
    form = await request.form()
    try:
        draft = await read(form, chat_id)
    except Wrong as wrong:
        return await _refused(request, visitor, row, chat_id, 400, str(wrong), form)
    said = await deliver(request, row, draft)
    if not said.ok:
        return await _refused(
            request, visitor, row, chat_id, said.status, error_key(said), form, said.message
        )
    if not asked_by_htmx(request):
        return go(request, f"/sessions/{row.id}/chats/{chat_id}")
    html = drawing.bubble(request, visitor, row, sent(draft, said, services(request).clock(), chat_id))
    return Response(
        html,
        200,
        dict(PAGE_HEADERS) | {"X-Form-Key": drawing.new_key()},
        media_type="text/html; charset=utf-8",
    )


@router.get("/sessions/{id}/chats/new")
async def new(id: str, visitor: Writer, request: Request) -> Response:
    """The form for a message to a number."""
    row = await session_of(request, visitor, id)
    return await chats.page(request, visitor, row, None, new={"to": "", "text": ""})


@router.post("/sessions/{id}/messages")
async def begin(id: str, visitor: Writer, request: Request) -> Response:
    """Send to a number, and go to its chat."""
    row = await session_of(request, visitor, id)
    form = await request.form()
    written = {"to": word(form.get("to")), "text": text(form.get("text"))}
    try:
        to = number(written["to"])
        draft = await read(form, to)
    except Wrong as wrong:
        return await chats.page(
            request, visitor, row, None, 400, new=written | {"error": str(wrong), "key": form.get("key")}
        )
    said = await deliver(request, row, draft)
    if not said.ok:
        written |= {"error": error_key(said), "detail": said.message, "key": draft.form_key}
        return await chats.page(request, visitor, row, None, status_of(said), new=written)
    named = OF_MESSAGE.match(str(said.body.get("messageId")))
    chat_id = named[1] if named and CHAT_ID.fullmatch(named[1]) else f"{to}@c.us"
    return go(request, f"/sessions/{row.id}/chats/{chat_id}")


async def deliver(request: Request, row: Session, draft: Draft) -> Said:
    """Hand a draft to the session."""
    parts = services(request)
    async with parts.uploads if draft.file is not None else contextlib.nullcontext():
        headers, body = draft.call(secrets.token_hex(16))
        return await ask(parts.backend, row.uid, "POST", "/messages", headers=headers, body=body)


async def read(form: FormData, to: str) -> Draft:
    """What the form has. Raises Wrong."""
    key = form.get("key")
    written, upload = form.get("text"), form.get("file")
    said = written.replace("\r\n", "\n").strip() if isinstance(written, str) else ""
    if not isinstance(key, str) or not FORM_KEY.fullmatch(key):
        raise Wrong("send.error.form")
    if isinstance(upload, UploadFile) and upload.filename:
        content = await upload.read()
        if not content:
            raise Wrong("send.error.empty_file")
        mime_type = (upload.content_type or "").partition(";")[0].strip().lower()
        plain = mime_type if re.fullmatch(r"[a-z0-9.+-]+/[a-z0-9.+-]+", mime_type) else ""
        draft = Draft(
            form_key=key,
            to=to,
            text=said,
            file=content,
            file_name=word(upload.filename),
            mime_type=plain or "application/octet-stream",
        )
        if said and draft.kind == "audio":
            raise Wrong("send.error.caption")
        return draft
    if not said:
        raise Wrong("send.error.empty")
    return Draft(form_key=key, to=to, text=said)


def number(written: str) -> str:
    """A phone number's digits, however it is spaced. Raises Wrong."""
    digits = re.sub(r"[\s().+-]", "", written)
    if not NUMBER.fullmatch(digits):
        raise Wrong("send.error.number")
    return digits


def error_key(said: Said) -> str:
    """The text for a refusal; one that is not known shows the session's own words."""
    key = f"send.error.{said.error}"
    return key if key in TEXTS["es"] else "send.error.other"


def status_of(said: Said) -> int:
    """The status of a page that shows a refusal."""
    return said.status if 400 <= said.status < 600 else 502


def sent(draft: Draft, said: Said, now: datetime, chat_id: str) -> Bubble:
    """The message as it is shown until the session tells it."""
    file = None
    if draft.file is not None:
        file = File(
            id="", mime_type=draft.mime_type, name=draft.file_name, size=len(draft.file), state="sent"
        )
    return Bubble(
        message_id=str(said.body.get("messageId") or draft.key),
        chat_id=chat_id,
        mine=True,
        kind=draft.kind,
        sender="",
        pieces=pieces(text(draft.text)),
        at=now,
        ack=1,
        file=file,
    )


async def _refused(
    request: Request,
    visitor: Writer,
    row: Session,
    chat_id: str,
    status: int,
    key: str,
    form: FormData,
    detail: str = "",
) -> Response:
    """The form as it was, and what to do: for a script the words alone."""
    if asked_by_htmx(request):
        html = drawing.send_error(request, visitor, key, detail)
        return Response(html, status, dict(PAGE_HEADERS), media_type="text/html; charset=utf-8")
    draft = {"text": text(form.get("text")), "error": key, "detail": detail, "key": form.get("key")}
    return await chats.page(request, visitor, row, chat_id, status, draft=draft)
