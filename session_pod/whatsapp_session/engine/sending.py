"""Messages and changes on their way into the page: what certainly was not sent, and what nobody knows.

Why the difference matters most here: a send that is called refused is made again, and one whose outcome is
unknown is looked for first. So everything before the page's call is refused or not connected, and a page that
goes away under the call leaves the outcome unknown.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from whatsapp_session.engine import files, wa
from whatsapp_session.engine.messages import message
from whatsapp_session.engine.page import WhatsAppPage
from whatsapp_session.engine.protocol import (
    BrowserGone,
    EngineError,
    EngineStuck,
    NotConnected,
    PageLost,
    SendFailed,
    SendRefused,
    Stage,
)
from whatsapp_session.facts import ChatMessage
from whatsapp_session.outgoing import (
    Change,
    Contacts,
    Deletion,
    Edit,
    Forward,
    Location,
    Media,
    NewMessage,
    Outgoing,
    Poll,
    Reaction,
    Text,
)

LOOK = "Look for its message.sent event before sending it again."


async def send(
    page: WhatsAppPage, outgoing: Outgoing, *, chat_id: str, bare_id: str, timeout: float
) -> ChatMessage:
    """`WhatsAppEngine.send`, on a page."""
    until = asyncio.get_running_loop().time() + timeout
    content = outgoing.content
    if isinstance(content, Change):
        raise SendRefused(f"A {outgoing.type} is not a new message.")
    handle = None
    if isinstance(content, Media) and not await _known(page, chat_id, bare_id, timeout):
        handle = await _uploaded(page, content, timeout)
    left = max(until - asyncio.get_running_loop().time(), 1.0)
    argument = {
        "chat": chat_id,
        "id": bare_id,
        "content": plain(content, handle),
        "replyTo": outgoing.reply_to,
        "mentions": [wid(one) for one in outgoing.mentions],
        "ms": left * 1000,
    }
    return message(await _told(page, "send", argument, left))


async def change(page: WhatsAppPage, outgoing: Outgoing, *, timeout: float) -> None:
    """`WhatsAppEngine.change`, on a page."""
    match outgoing.content:
        case Reaction(message_id=id, emoji=emoji):
            method, argument = "react", {"id": id, "emoji": emoji}
        case Edit(message_id=id, text=text):
            method, argument = "edit", {"id": id, "text": text}
        case Deletion(message_id=id):
            method, argument = "delete", {"id": id}
        case _:
            raise SendRefused(f"A {outgoing.type} changes no message.")
    await _told(page, method, argument, timeout)


async def find(page: WhatsAppPage, chat_id: str, bare_id: str, *, timeout: float) -> ChatMessage | None:
    """`WhatsAppEngine.find`, on a page."""
    argument = {"chat": chat_id, "id": bare_id}
    found = wa.value(await page.call(Stage.READ, "find", argument, timeout=timeout))
    return message(found) if found else None


def plain(content: NewMessage, handle: int | None = None) -> dict[str, Any]:
    """The content as `driver/sending.js` takes it; `handle` is of the uploaded file."""
    match content:
        case Text(text=text):
            return {"type": "text", "text": text}
        case Media():
            return {
                "type": "media",
                "kind": content.kind,
                "handle": handle,
                "mimeType": content.mime_type,
                "fileName": content.file_name,
                "caption": content.caption,
                "gif": content.gif,
            }
        case Location():
            return {"type": "location", **asdict(content)}
        case Contacts(cards=cards):
            return {"type": "contacts", "cards": [asdict(card) for card in cards]}
        case Poll():
            return {"type": "poll", **asdict(content), "options": list(content.options)}
        case Forward(message_id=id):
            return {"type": "forward", "forward": id}


def wid(person: str) -> str:
    """WhatsApp's id of a person: digits are a number."""
    return person if "@" in person else f"{person}@c.us"


async def _told(page: WhatsAppPage, method: str, argument: dict[str, Any], timeout: float) -> Any:
    """Have the page send something. Raises SendFailed when nobody saw what became of it."""
    try:
        return wa.value(await page.call(Stage.SEND, method, argument, timeout=timeout))
    except EngineStuck as stuck:
        raise SendFailed(f"{stuck} It may still go out. {LOOK}") from None
    except (PageLost, BrowserGone) as error:
        raise SendFailed(f"{error} The session heals itself. {LOOK}") from None


async def _known(page: WhatsAppPage, chat_id: str, bare_id: str, timeout: float) -> bool:
    """Whether WhatsApp's store has the message: then its file is there too."""
    try:
        return await find(page, chat_id, bare_id, timeout=timeout) is not None
    except NotConnected:
        raise
    except EngineError as error:
        raise NotConnected(f"{error} Nothing was sent.") from None


async def _uploaded(page: WhatsAppPage, media: Media, timeout: float) -> int:
    try:
        return await files.upload(page, media.file, timeout=timeout)
    except OSError as error:
        raise SendRefused(
            f"The file to send cannot be read ({error.strerror}). Send it again with its file."
        ) from None
    except NotConnected:
        raise
    except EngineError as error:
        raise NotConnected(f"{error} Nothing was sent.") from None
