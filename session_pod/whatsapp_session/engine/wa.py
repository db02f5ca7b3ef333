"""Typed calls to wa-js, and what its answers mean. The page's half is `driver.js`.

Why one script: it follows every load of the page by itself (`add_init_script`, which WhatsApp's strict CSP
allows), so that no load is ever without it and none has it twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from typing import Any

from whatsapp_session.engine.protocol import NotConnected, SendFailed
from whatsapp_session.engine.watch import Look, whole
from whatsapp_session.facts import AckSeen, ChatMessage

NAME = "__whatsappSession"
CONFIG = "{disableGoogleAnalytics: true, linkPreviewApiServers: []}"
"""wa-js would otherwise tell Google of logins, and ask other parties' servers about links."""

KINDS = {
    "chat": "text",
    "image": "image",
    "video": "video",
    "gif": "video",
    "audio": "audio",
    "ptt": "audio",
    "document": "document",
    "sticker": "sticker",
    "location": "location",
    "vcard": "contact",
    "multi_vcard": "contact",
}
"""WhatsApp's kinds of message as events name them; any other is `text`, with what text it has."""


def script(bundle: str) -> str:
    """What runs at the start of every load: wa-js and the driver, in the top frame of a real page only."""
    driver = resources.files("whatsapp_session").joinpath("engine/driver.js").read_text("utf-8")
    return (
        "if (window === window.top && location.protocol.startsWith('http')) {\n"
        f"window.WPPConfig = {CONFIG};\n"
        f"{bundle}\n"
        f"Object.defineProperty(window, '{NAME}', {{value: (() => {{\n{driver}\n}})()}});\n"
        "}"
    )


def call(method: str) -> str:
    """The expression that calls the driver; null where there is none yet."""
    return f"(argument) => window.{NAME} ? window.{NAME}.{method}(argument) : null"


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One answer of the pull loop."""

    look: Look
    items: tuple[ChatMessage | AckSeen, ...] = ()


def turn(answer: dict[str, Any] | None) -> Turn:
    """Read `next`'s answer; None, from a page without the driver, is a page that is not ready."""
    if answer is None:
        return Turn(look=Look())
    return Turn(look=Look.from_json(answer["look"]), items=tuple(map(item, answer["items"])))


def item(data: dict[str, Any]) -> ChatMessage | AckSeen:
    """Read one message or acknowledgement."""
    if "ack" in data:
        seen = data["ack"]
        return AckSeen(message_id=seen["id"], chat_id=seen["chat"], ack=int(seen["ack"]))
    return message(data["message"])


def message(data: dict[str, Any]) -> ChatMessage:
    """Read one message."""
    return ChatMessage(
        message_id=data["id"],
        chat_id=data["chat"],
        sender=person(data["from"]),
        recipient=person(data["to"]),
        from_me=data["fromMe"],
        kind=KINDS.get(data["kind"], "text"),
        text=whole(data["text"] or ""),
        sent_at=datetime.fromtimestamp(data["t"], UTC),
        ack=min(int(data["ack"]), 3),
    )


def person(wid: str | None) -> str:
    """`5491123456789@c.us` (or with a device, `:3`) as digits; a LID or a group stays as WhatsApp has it."""
    user, _, server = (wid or "").partition("@")
    alone = user.partition(":")[0]
    return alone if server in {"c.us", "s.whatsapp.net"} else f"{alone}@{server}"


def checked(answer: dict[str, Any] | None) -> str | None:
    """The WhatsApp id of a number, None when it has none. Raises NotConnected when nobody could say."""
    if answer is None:
        raise NotConnected("The page is loading.")
    if answer["wid"] is None and not Look.from_json(answer["look"]).usable:
        raise NotConnected("WhatsApp could not be asked about the number.")
    wid: str | None = answer["wid"]
    return wid


def sent(answer: dict[str, Any] | None) -> ChatMessage:
    """The message that WhatsApp accepted. Raises SendFailed with what WhatsApp says otherwise."""
    if answer is None:
        raise NotConnected("The page is loading.")
    data = answer["message"]
    if data is None or (answer["ack"] < 1 and answer["result"] not in {"OK", "0"}):
        raise SendFailed(f"WhatsApp did not accept the message: {answer['result'] or 'no reason given'}.")
    return message({**data, "ack": max(1, answer["ack"])})
