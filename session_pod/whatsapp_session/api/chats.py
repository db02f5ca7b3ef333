"""Chats: the list, their messages, and what this account shows in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request

from whatsapp_contracts.errors import ErrorCode
from whatsapp_contracts.events import timestamp
from whatsapp_session import intake
from whatsapp_session.api import bodies, schemas
from whatsapp_session.api.describe import described, json_body
from whatsapp_session.api.describe import page as page_of
from whatsapp_session.api.params import USUAL, After, AfterMessage, ChatId, Limit
from whatsapp_session.api.reading import TIMEOUT, asked, page
from whatsapp_session.api.refusals import refusing
from whatsapp_session.api.services import Services
from whatsapp_session.engine.protocol import Chat
from whatsapp_session.facts import ChatMessage

CHAT_EXAMPLE = {
    "id": "5491123456789@c.us",
    "name": "Ana",
    "group": False,
    "unread": 2,
    "lastMessageAt": "2026-01-01T12:00:00.000Z",
}
MESSAGE_EXAMPLE = {
    "messageId": "false_5491123456789@c.us_3EB0C431C26A1916E07E",
    "chatId": "5491123456789@c.us",
    "from": "5491123456789",
    "to": "5491100000001",
    "fromMe": False,
    "type": "text",
    "text": "Hello",
    "timestamp": "2026-01-01T12:00:00.000Z",
    "ack": 0,
}
ERRORS = (ErrorCode.SESSION_NOT_READY, ErrorCode.ENGINE_TIMEOUT)
IN_CHAT: dict[str, Any] = {
    "ok": schemas.DONE,
    "example": schemas.DONE_EXAMPLE,
    "errors": (*ERRORS, ErrorCode.CHAT_NOT_FOUND),
}
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def router(services: Services) -> APIRouter:
    """The routes of one session."""
    routes = APIRouter(tags=["chats"])
    session = services.session

    @routes.get(
        "/chats",
        **described(
            "List the chats, newest first",
            ok=page_of("chats", schemas.ref("Chat")),
            example={"ok": True, "chats": [CHAT_EXAMPLE], "next": None},
            errors=ERRORS,
        ),
    )
    async def chats(limit: Limit = USUAL, after: After = None) -> dict[str, Any]:
        """As WhatsApp has them, without archived or muted ones being marked."""
        every = await asked(session, lambda engine: engine.chats(timeout=TIMEOUT))
        found, following = page(
            every, after=after, limit=limit, place=newest_first, name=lambda chat: chat.id
        )
        return {"ok": True, "chats": [chat_json(chat) for chat in found], "next": following}

    @routes.get(
        "/chats/{chatId}/messages",
        **described(
            "Read a chat's messages, newest first",
            ok=page_of("messages", schemas.ref("Message")),
            example={"ok": True, "messages": [MESSAGE_EXAMPLE], "next": None},
            errors=(*ERRORS, ErrorCode.CHAT_NOT_FOUND),
        ),
    )
    async def messages(chat_id: ChatId, limit: Limit = USUAL, after: AfterMessage = None) -> dict[str, Any]:
        """As in events, with `ack`; the file of an old message is fetched when `GET /media` asks for it."""
        found = await asked(
            session,
            lambda engine: engine.history(chat_id, before=after, limit=limit, timeout=TIMEOUT),
        )
        listed = [message_json(message) for message in found]
        with refusing(not_found=ErrorCode.CHAT_NOT_FOUND, failed=ErrorCode.ENGINE_TIMEOUT):
            await services.inbound.states(listed)
        following = found[-1].message_id if len(found) >= limit else None
        return {"ok": True, "messages": listed, "next": following}

    @routes.post("/chats/{chatId}/read", **described("Mark a chat as read", **IN_CHAT))
    async def read(chat_id: ChatId) -> dict[str, bool]:
        """Everything in the chat; who wrote sees it where both share that."""
        await asked(session, lambda engine: engine.mark_read(chat_id, timeout=TIMEOUT))
        return {"ok": True}

    @routes.post(
        "/chats/{chatId}/typing",
        **described(
            "Show typing or recording in a chat",
            body=json_body(schemas.TYPING_STATE, {"state": "composing"}),
            **IN_CHAT,
        ),
    )
    async def typing(request: Request, chat_id: ChatId) -> dict[str, bool]:
        """`paused` ends it; WhatsApp ends it by itself after a while."""
        state = bodies.typing(await request.body())
        await asked(session, lambda engine: engine.typing(chat_id, state, timeout=TIMEOUT))
        return {"ok": True}

    @routes.post("/chats/{chatId}/presence", **described("Follow a chat's presence", **IN_CHAT))
    async def presence(chat_id: ChatId) -> dict[str, bool]:
        """`presence.changed` events of this chat from now on, until the page loads again."""
        await asked(session, lambda engine: engine.follow_presence(chat_id, timeout=TIMEOUT))
        return {"ok": True}

    return routes


def newest_first(chat: Chat) -> tuple[float, str]:
    """The order of the list; chats without a message are last."""
    return -(chat.last_message_at or LONG_AGO).timestamp(), chat.id


def chat_json(chat: Chat) -> dict[str, Any]:
    """The wire shape."""
    return {
        "id": chat.id,
        "name": chat.name,
        "group": chat.group,
        "unread": chat.unread,
        "lastMessageAt": chat.last_message_at and timestamp(chat.last_message_at),
    }


def message_json(message: ChatMessage) -> dict[str, Any]:
    """The wire shape: as in events, how far it went, and what events tell later: edited, deleted."""
    later: dict[str, Any] = {
        "editedAt": message.edited_at and timestamp(message.edited_at),
        "deleted": message.deleted,
    }
    return (
        intake.message_data(message)
        | {"ack": message.ack}
        | {name: value for name, value in later.items() if value}
    )
