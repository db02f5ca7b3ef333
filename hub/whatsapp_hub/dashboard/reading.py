"""What a page of chats shows: asked of the session, and where it cannot be asked, what the hub keeps.

Why the position in the events is asked first: what happens while the messages are read is then told by the
live stream that begins there, perhaps once more, and never not at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from whatsapp_hub.backend.protocol import Backend
from whatsapp_hub.dashboard import bubbles, chat_list
from whatsapp_hub.dashboard.bubbles import Bubble
from whatsapp_hub.dashboard.chat_list import Entry
from whatsapp_hub.dashboard.session_calls import Said, ask, part
from whatsapp_hub.dashboard.strangers import sequence, whole
from whatsapp_hub.database.models import Session
from whatsapp_hub.services import Services
from whatsapp_hub.store.conversations import Conversations

PAGE = 50
SEARCHED_PAGE, SEARCHED_PAGES = 500, 4
"""A search looks at this many chats at most."""
KEPT = 500
"""Messages of the hub's own that are looked at for its list of chats."""
CHANGES_BACK, CHANGES = 5000, 500
"""Events that are looked through for what happened to the messages of a page."""
CHANGED = "message.reaction,message.edited,message.deleted"


@dataclass(frozen=True, kw_only=True)
class Chats:
    """A page of chats. `why` is the session's refusal; then these are the hub's own, of incoming messages."""

    entries: list[Entry]
    following: str | None = None
    why: Said | None = None


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """A page of a chat, the oldest first. `before`: where older ones are asked for; `seq`: where live ones
    go on; `why` as in Chats."""

    bubbles: list[Bubble]
    before: str | None = None
    seq: int | None = None
    why: Said | None = None


async def chats(services: Services, row: Session, *, asked: str = "", after: str | None = None) -> Chats:
    """The chats of a session, the newest first; `asked`: of those, whose name or number has it."""
    if asked.strip():
        return await _searched(services, row, asked)
    said = await ask(services.backend, row.uid, "GET", "/chats", query={"limit": PAGE, "after": after})
    if not said.ok:
        return Chats(entries=await _kept(services, row), why=said)
    return Chats(entries=chat_list.entries(said.body.get("chats")), following=_next(said.body))


async def _searched(services: Services, row: Session, asked: str) -> Chats:
    found: list[Entry] = []
    after: str | None = None
    for _ in range(SEARCHED_PAGES):
        query = {"limit": SEARCHED_PAGE, "after": after}
        said = await ask(services.backend, row.uid, "GET", "/chats", query=query)
        if not said.ok:
            return Chats(entries=chat_list.matching(await _kept(services, row), asked), why=said)
        found += chat_list.matching(chat_list.entries(said.body.get("chats")), asked)
        after = _next(said.body)
        if after is None:
            break
    return Chats(entries=found)


async def _kept(services: Services, row: Session) -> list[Entry]:
    async with services.database.read() as transaction:
        rows = await Conversations(transaction, row.tenant_id).recent(row.id, limit=KEPT)
    return chat_list.kept(rows)


async def conversation(
    services: Services, row: Session, chat_id: str, *, before: str | None = None
) -> Conversation:
    """A chat's messages: the newest, or those before the message `before`."""
    seq = None if before else await position(services.backend, row.uid)
    path, query = f"/chats/{part(chat_id)}/messages", {"limit": PAGE, "after": before}
    said, happened = await asyncio.gather(
        ask(services.backend, row.uid, "GET", path, query=query), _happened(services.backend, row.uid, seq)
    )
    if said.error == "chat_not_found":  # nobody has written in it yet
        return Conversation(bubbles=[], seq=seq)
    if not said.ok:
        return Conversation(bubbles=await _kept_of(services, row, chat_id, before), why=said)
    found = bubbles.after(bubbles.bubbles(said.body.get("messages")), happened)
    return Conversation(bubbles=found, before=_next(said.body), seq=seq)


async def _kept_of(services: Services, row: Session, chat_id: str, before: str | None) -> list[Bubble]:
    if before:  # older ones are WhatsApp's alone
        return []
    async with services.database.read() as transaction:
        rows = await Conversations(transaction, row.tenant_id).of_chat(row.id, chat_id, limit=PAGE)
    return [each for each in map(bubbles.stored, reversed(rows)) if each is not None]


async def position(backend: Backend, uid: str) -> int | None:
    """The last event of the session, None where it cannot be asked."""
    said = await ask(backend, uid, "GET", "/events", query={"limit": 1, "types": "session.snapshot"})
    return whole(said.body.get("next"))


async def events_after(backend: Backend, uid: str, seq: int, types: str = "message.*") -> Said:
    """What happened after the event `seq`."""
    query = {"after": seq, "types": types, "limit": CHANGES}
    return await ask(backend, uid, "GET", "/events", query=query)


async def _happened(backend: Backend, uid: str, seq: int | None) -> list[Mapping[str, Any]]:
    """What lately happened to messages: of older pages too, whose events may be gone."""
    if seq is None:
        seq = await position(backend, uid)
    if seq is None:
        return []
    return events(await events_after(backend, uid, max(0, seq - CHANGES_BACK), CHANGED))


def events(said: Said) -> list[Mapping[str, Any]]:
    """The events of an answer."""
    return [each for each in sequence(said.body.get("events")) if isinstance(each, Mapping)]


def _next(body: Mapping[str, Any]) -> str | None:
    following = body.get("next")
    return following if isinstance(following, str) and following else None
