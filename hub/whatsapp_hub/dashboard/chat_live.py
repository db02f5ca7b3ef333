"""The messages of a session live, for one open page: server-sent events `message`, `changed` and `chats`.

Why both words and looks: the hub hears at once of what comes in, and of nothing else; what the phone sends
itself, ticks and reactions are in the session's own events, which are asked for every few seconds while the
page is open. Where the session cannot be asked, what comes in is still told, from the hub's own rows.

A stream ends with the login of who reads it, which is looked at now and then.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

from whatsapp_hub.api.envelope import away
from whatsapp_hub.dashboard import bubbles, chat_list, reading
from whatsapp_hub.dashboard.bubbles import Bubble
from whatsapp_hub.dashboard.strangers import whole
from whatsapp_hub.database.connection import TROUBLE
from whatsapp_hub.database.models import Session
from whatsapp_hub.live import Watch, Word
from whatsapp_hub.services import Services
from whatsapp_hub.store.messages import Messages

LOOK, AWAY_LOOK = 4.0, 20.0
"""Seconds between two looks at a session that answers, and at one that does not."""
LOGIN_LOOK = 30.0
"""Seconds between two looks at the reader's login."""
AGAIN = 1.0
"""Seconds between two looks while the database is away."""
GREETING = ": whatsapp-hub\n\n"
ALIVE = ": alive\n\n"
NEW = ("message.received", "message.sent")

Draw = Callable[[Bubble], str]
Still = Callable[[], Awaitable[bool]]
"""Whether the reader may still read."""


async def follow(
    services: Services, row: Session, chat_id: str | None, seq: int | None, draw: Draw, still: Still
) -> AsyncGenerator[str, None]:
    """The text of one page's stream; `chat_id` None: only that something happened, for the list."""
    loop = asyncio.get_running_loop()
    looked = loop.time()
    services.metrics.streams.inc()
    try:
        with services.live.watch(row.uid) as watch:  # before the first look: nothing falls between
            yield GREETING
            word: Word | None = None
            while True:
                try:
                    if loop.time() - looked > LOGIN_LOOK:
                        if not await still():
                            return
                        looked = loop.time()
                    told, seq, heard = await _look(services, row, chat_id, seq, word, draw)
                except TROUBLE as error:
                    if not away(error):
                        raise
                    yield ALIVE
                    await asyncio.sleep(AGAIN)
                    continue  # with the same word
                yield told or ALIVE
                word = await _next(watch, LOOK if heard else AWAY_LOOK)
    finally:
        services.metrics.streams.dec()


async def _next(watch: Watch, seconds: float) -> Word | None:
    """The next word about a message; None when it is time to look."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while (left := until - loop.time()) > 0:
        word = await watch.next(left)
        if word is None or word.kind in ("message", "lost"):
            return word
    return None


async def _look(
    services: Services, row: Session, chat_id: str | None, seq: int | None, word: Word | None, draw: Draw
) -> tuple[str, int | None, bool]:
    """What there is to tell, where to go on, and whether the session can be asked.

    One that cannot be is asked from the same place later: what it then tells again takes its own place.
    """
    if seq is None:
        seq = await reading.position(services.backend, row.uid)
    said = None if seq is None else await reading.events_after(services.backend, row.uid, seq)
    if said is not None and said.ok:
        following = whole(said.body.get("next"))
        seq = seq if following is None else following
        return await _told(services, row, chat_id, reading.events(said), seq or 0, draw), seq, True
    if word is None or word.id is None:
        return "", seq, False
    return await _kept(services, row, chat_id, word.id, draw), seq, False


async def _told(
    services: Services,
    row: Session,
    chat_id: str | None,
    happened: list[Mapping[str, Any]],
    seq: int,
    draw: Draw,
) -> str:
    """Events as the page's: those of its chat, and that the list is another one."""
    new: dict[str, Bubble] = {}
    touched: set[str] = set()
    for event in happened:
        data = event.get("data")
        if not isinstance(data, Mapping) or data.get("chatId") != chat_id or chat_id is None:
            continue
        if event.get("type") in NEW and (made := bubbles.bubble(data)):
            new[made.message_id] = made
        elif isinstance(data.get("messageId"), str):
            touched.add(data["messageId"])
    told = {each.message_id: each for each in bubbles.after(list(new.values()), happened)}
    text = "".join(event_text("message", draw(each), seq) for each in told.values())
    if touched - told.keys() and chat_id is not None:
        now = await reading.conversation(services, row, chat_id)
        changed = [each for each in now.bubbles if each.message_id in touched and each.message_id not in told]
        text += "".join(event_text("changed", draw(each), seq) for each in changed)
    if any(event.get("type") in NEW for event in happened):
        text += event_text("chats", "", seq)
    return text


async def _kept(services: Services, row: Session, chat_id: str | None, id: int, draw: Draw) -> str:
    """A message that came in, from the hub's own rows."""
    async with services.database.read() as transaction:
        found = await Messages(transaction, row.tenant_id).one(id)
    if found is None:
        return ""
    made = bubbles.stored(found) if chat_list.chat_of(found) == chat_id else None
    return (event_text("message", draw(made)) if made else "") + event_text("chats", "")


def event_text(name: str, html: str, seq: int | None = None) -> str:
    """One event. Its lines are the protocol's: a message cannot end it."""
    lines = "".join(f"data: {line}\n" for line in html.splitlines() or [""])
    return f"event: {name}\n" + (f"id: {seq}\n" if seq is not None else "") + lines + "\n"
