"""What WhatsApp's page has, asked in slices.

Why slices: one answer with everything would stand between the page and its live events for as long as it
takes, and a large account has hundreds of chats.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Protocol

from whatsapp_session.engine import wa
from whatsapp_session.engine.messages import digits, message, moment, person, words
from whatsapp_session.engine.page import WhatsAppPage
from whatsapp_session.engine.protocol import (
    Chat,
    CheckFailed,
    Contact,
    EngineStuck,
    Group,
    NotOnWhatsApp,
    Participant,
    Stage,
)
from whatsapp_session.facts import ChatMessage

log = logging.getLogger(__name__)

CHATS_AT_ONCE = 10
CONTACTS_AT_ONCE = 2000
GROUPS_AT_ONCE = 20


async def resolve(page: WhatsAppPage, to: str, *, timeout: float) -> str:
    """`WhatsAppEngine.resolve`, on a page."""
    try:
        found = wa.value(await page.call(Stage.CHECK, "resolve", to, timeout=timeout))
    except EngineStuck as stuck:
        raise CheckFailed(f"{stuck} Nothing was sent; try again.") from None
    if found["wid"] is not None:
        return str(found["wid"])
    if not found["sure"]:
        raise CheckFailed("WhatsApp could not be asked about the number. Nothing was sent; try again.")
    raise NotOnWhatsApp(f"{to} is not on WhatsApp. Check the number and its country code.")


async def recent(page: WhatsAppPage, since: float, *, timeout: float) -> list[ChatMessage]:
    """What the page's store has from `since` (seconds) on: first what it holds, then chat by chat."""
    ask = _asker(page, timeout)
    got = await ask("recent", {"since": since})
    found = {one["id"]: one for one in got["messages"]}
    unread = 0
    for start in range(0, len(got["chats"]), CHATS_AT_ONCE):
        slice_ = got["chats"][start : start + CHATS_AT_ONCE]
        more = await ask("recentOf", {"chats": slice_, "since": since})
        for one in more["messages"]:  # a chat's own order counts, not where the page happened to have it
            found.pop(one["id"], None)
            found[one["id"]] = one
        unread += more["failed"]
    if unread:
        log.warning(
            "%d chats could not be compared with WhatsApp's store; the next comparison asks again", unread
        )
    return [message(one) for one in sorted(found.values(), key=lambda one: float(one["t"]))]


async def history(
    page: WhatsAppPage, chat_id: str, *, before: str | None, limit: int, timeout: float
) -> list[ChatMessage]:
    """`WhatsAppEngine.history`, on a page."""
    argument = {"chat": chat_id, "before": before, "limit": limit}
    return [message(one) for one in await _asker(page, timeout)("history", argument)]


async def chats(page: WhatsAppPage, *, timeout: float) -> list[Chat]:
    """`WhatsAppEngine.chats`, on a page."""
    found = [
        Chat(
            id=one["id"],
            name=words(one["name"]),
            group=one["group"],
            unread=int(one["unread"]),
            last_message_at=moment(one["t"]) if one["t"] else None,
        )
        for one in await _asker(page, timeout)("chats")
    ]
    never = moment(0)
    return sorted(found, key=lambda chat: (chat.last_message_at or never, chat.id), reverse=True)


async def contacts(page: WhatsAppPage, *, timeout: float) -> list[Contact]:
    """`WhatsAppEngine.contacts`, on a page."""
    ask = _asker(page, timeout)
    found: dict[str, Contact] = {}
    start, more = 0, True
    while more:
        argument = {"from": start, "count": CONTACTS_AT_ONCE}
        got = await ask("contacts", argument)
        found |= {one["id"]: _contact(one) for one in got["contacts"]}
        start, more = start + CONTACTS_AT_ONCE, got["more"]
    return sorted(found.values(), key=lambda contact: contact.id)


async def groups(page: WhatsAppPage, *, timeout: float) -> list[Group]:
    """`WhatsAppEngine.groups`, on a page."""
    ask = _asker(page, timeout)
    ids = sorted(await ask("groupIds"))
    found: list[Group] = []
    for start in range(0, len(ids), GROUPS_AT_ONCE):
        got = await ask("groups", ids[start : start + GROUPS_AT_ONCE])
        found += [_group(one) for one in got if one["member"]]
    return found


class _Ask(Protocol):
    async def __call__(self, method: str, argument: Any = None, /) -> Any: ...


def _asker(page: WhatsAppPage, timeout: float) -> _Ask:
    """Calls of the page, all of them together within `timeout` seconds."""
    until = asyncio.get_running_loop().time() + timeout

    async def ask(method: str, argument: Any = None, /) -> Any:
        left = until - asyncio.get_running_loop().time()
        if left <= 0:
            raise EngineStuck(Stage.READ, timeout)
        return wa.value(await page.call(Stage.READ, method, argument, timeout=left))

    return ask


def _contact(data: dict[str, Any]) -> Contact:
    return Contact(
        id=data["id"],
        phone=digits(data["phone"]),
        lid=data["lid"],
        name=words(data["name"]),
        push_name=words(data["pushName"]),
        business=data["business"],
        mine=data["mine"],
    )


def _group(data: dict[str, Any]) -> Group:
    return Group(
        id=data["id"],
        name=words(data["name"]),
        owner=person(data["owner"]) if data["owner"] else None,
        created_at=moment(data["t"]) if data["t"] else None,
        participants=tuple(
            Participant(id=one["id"], phone=digits(one["phone"]), lid=one["lid"], admin=one["admin"])
            for one in data["participants"]
        ),
    )
