"""A session's chats as the pages list them: from its answer, or from what the hub keeps. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from whatsapp_hub.dashboard.bubbles import Bubble, stored
from whatsapp_hub.dashboard.strangers import moment, person, sequence, whole, word
from whatsapp_hub.database.models import Mensaje

CHAT_ID = re.compile(r"[0-9]{1,32}(-[0-9]{1,32})?@[a-z.]{1,20}|status@broadcast", re.ASCII)
OF_MESSAGE = re.compile(r"(?:true|false)_([^_]{1,100})_", re.ASCII)
GROUP = "@g.us"
PREVIEW = 90


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A chat of the list. `preview`: its last words, where they are known."""

    id: str
    name: str
    group: bool
    unread: int = 0
    at: datetime | None = None
    preview: str = ""

    @property
    def initial(self) -> str:
        """What stands in its circle: a letter or digit of its name."""
        return next((each for each in self.name if each.isalnum()), "#").upper()

    @property
    def hue(self) -> int:
        """Which of eight colours its circle has, always the same one."""
        return sum(self.id.encode()) % 8


def entries(answer: Any) -> list[Entry]:
    """`chats` of contract A; what is no chat is left out."""
    found = [entry(each) for each in sequence(answer) if isinstance(each, Mapping)]
    return [each for each in found if each is not None]


def entry(data: Mapping[str, Any]) -> Entry | None:
    """One chat."""
    id = data.get("id")
    if not isinstance(id, str) or not CHAT_ID.fullmatch(id):
        return None
    return Entry(
        id=id,
        name=word(data.get("name")) or called(id),
        group=data.get("group") is True,
        unread=whole(data.get("unread")) or 0,
        at=moment(data.get("lastMessageAt")),
    )


def called(chat_id: str) -> str:
    """A chat without a name."""
    user, _, server = chat_id.partition("@")
    return person(chat_id) if server == "c.us" else user


def matching(found: Iterable[Entry], asked: str) -> list[Entry]:
    """Those whose name or number has what was asked for; numbers are found however they are spaced."""
    wanted = asked.strip().casefold()
    digits = re.sub(r"[\s()+-]", "", wanted)
    if not wanted:
        return list(found)
    by_number = digits if digits.isascii() and digits.isdigit() else None
    return [each for each in found if wanted in each.name.casefold() or (by_number and by_number in each.id)]


def kept(rows: Iterable[Mensaje]) -> list[Entry]:
    """The chats of messages that the hub keeps (the newest first): each once, where its newest is."""
    found: dict[str, Entry] = {}
    for row in rows:
        id = chat_of(row)
        if id in found:
            continue
        group = id.endswith(GROUP)
        last = stored(row)
        found[id] = Entry(
            id=id, name=called(id), group=group, at=row.sent_at, preview=preview(last) if last else ""
        )
    return list(found.values())


def chat_of(row: Mensaje) -> str:
    """Which chat a kept message is of: its id says so, as WhatsApp makes them; else whoever wrote it."""
    named = OF_MESSAGE.match(row.message_id)
    if named and CHAT_ID.fullmatch(named[1]):
        return named[1]
    return row.sender if "@" in row.sender else f"{row.sender}@c.us"


def preview(last: Bubble) -> str:
    """The beginning of its text."""
    line = " ".join("".join(each.text for each in last.pieces).split())
    return line if len(line) <= PREVIEW else line[: PREVIEW - 1] + "…"
