"""`format: Orchestrator`: an event as the calls of contract D. Pure.

Why it knows what the receiver was told last: `session.state` comes also when nothing changes that contract D
can say (a new configuration, some activity), and its status-update is for changes.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from whatsapp_contracts import callbacks as d
from whatsapp_contracts.events import MESSAGE_RECEIVED, SESSION_QR, SESSION_STATE, Event
from whatsapp_contracts.sessions import SessionView
from whatsapp_contracts.states import State, callback_status
from whatsapp_session import qr
from whatsapp_session.webhooks.calls import Call, call

TYPES = (SESSION_STATE, SESSION_QR, MESSAGE_RECEIVED)
"""The events that contract D has calls for."""
MEDIA_TYPES = ("image", "video", "audio", "document", "sticker")
MEDIA_FIELDS = ("mimeType", "fileName", "size", "seconds", "width", "height")


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What contract D says of the session and no event has. `phone` is the connected number, if any."""

    server_port: int
    auth_folder_path: str
    phone: str | None = None


def calls(event: Event, told: str | None, origin: Origin) -> tuple[list[Call], str | None]:
    """The calls of one event in their order, and what the receiver was told with them (the next `told`).

    An event that contract D has no call for has none. Raises ValueError for a state of a newer release.
    """
    if event.type == MESSAGE_RECEIVED:
        return [] if event.data.get("fromMe") else [_message(event, origin)], told
    if event.type not in (SESSION_STATE, SESSION_QR):
        return [], told
    view = SessionView.from_json(event.data)
    now_told = _fingerprint(view)
    made = [] if now_told == told else [_status(event, view, origin)]
    if made and view.state is State.READY and view.account:
        made.append(_connected(event, view, origin))
    if event.type == SESSION_QR and view.qr:
        made.append(_qr(event, view.qr.code))
    return made, now_told


def _fingerprint(view: SessionView) -> str:
    account = view.account
    parts = (
        view.state.value,
        view.reason.value if view.reason else "",
        view.logged_out_by or "",
        account.phone if account else "",
        (account.whatsapp_user_id or "") if account else "",
    )
    return "/".join(parts)


def _status(event: Event, view: SessionView, origin: Origin) -> Call:
    body: d.StatusUpdate = {
        "session_id": event.session,
        "status": callback_status(view.state, view.reason, view.logged_out_by),  # type: ignore[typeddict-item]
    }
    last_seen = event.time if view.state is State.READY else view.last_activity
    if last_seen:
        body["last_seen"] = last_seen
    if view.account:
        body["phone_number"] = view.account.phone
        if view.account.whatsapp_user_id:
            body["whatsapp_user_id"] = view.account.whatsapp_user_id
    body["auth_folder_path"] = origin.auth_folder_path
    body["server_port"] = origin.server_port
    return call(f"{event.id}:status", body, path=d.STATUS_UPDATE)


def _connected(event: Event, view: SessionView, origin: Origin) -> Call:
    assert view.account is not None
    body: d.NewSessionConnected = {
        "session_id": event.session,
        "phone_number": view.account.phone,
        "status": "connected",
        "last_seen": event.time,
        "auth_folder_path": origin.auth_folder_path,
        "server_port": origin.server_port,
        "whatsapp_user_id": view.account.whatsapp_user_id,
        "created_at": view.connected_since or event.time,
        "updated_at": event.time,
    }
    return call(f"{event.id}:connected", body, path=d.NEW_SESSION_CONNECTED)


def _qr(event: Event, code: str) -> Call:
    body: d.QrUpdate = {
        "session_id": event.session,
        "qr_code": code,
        "qr_url": "data:image/png;base64," + base64.b64encode(qr.png(code)).decode(),
        "timestamp": event.time,
    }
    return call(f"{event.id}:qr", body, path=d.QR_UPDATE)


def _message(event: Event, origin: Origin) -> Call:
    data = event.data
    body: d.MessageReceived = {
        "session_id": event.session,
        "from": _person(data["from"], data.get("phone")),
        "to": _recipient(data["to"], origin.phone),
        "message": content(data),
        "timestamp": data["timestamp"],
        "message_id": data["messageId"],
    }
    return call(f"{event.id}:message", body, path=d.MESSAGE_RECEIVED)


def content(data: Mapping[str, Any]) -> d.Message:
    """`message`: the closed set of contract D. What it has no word for becomes a text."""
    kind, text = data["type"], data.get("text") or ""
    if kind in MEDIA_TYPES and data.get("media"):
        return {"type": kind, kind: _media(data["media"], text)}  # type: ignore[misc]
    if kind == "location" and data.get("location"):
        return {"type": "location", "location": _location(data["location"])}
    if kind == "contact" and data.get("contacts"):
        return {"type": "contact", "contact": _contact([_card(each) for each in data["contacts"]])}
    if kind == "poll" and data.get("poll"):
        poll = data["poll"]
        text = "\n".join((poll["name"], *(f"- {option}" for option in poll["options"])))
    return {"type": "text", "text": text}


def _media(media: Mapping[str, Any], caption: str) -> d.Media:
    made: dict[str, Any] = {"id": media["id"]}
    if caption:
        made["caption"] = caption
    made |= {name: media[name] for name in MEDIA_FIELDS if media.get(name) is not None}
    made |= {name: True for name in ("voice", "gif") if media.get(name)}
    return made  # type: ignore[return-value]


def _location(place: Mapping[str, Any]) -> d.Location:
    made: d.Location = {"latitude": place["latitude"], "longitude": place["longitude"]}
    if place.get("name"):
        made["name"] = place["name"]
    if place.get("address"):
        made["address"] = place["address"]
    return made


def _contact(cards: list[d.Card]) -> d.Contact:
    made: d.Contact = {"name": cards[0]["name"], "phones": cards[0]["phones"]}
    if "vcard" in cards[0]:
        made["vcard"] = cards[0]["vcard"]
    if cards[1:]:
        made["others"] = cards[1:]
    return made


def _card(card: Mapping[str, Any]) -> d.Card:
    made: d.Card = {"name": card.get("name") or "", "phones": list(card.get("phones") or ())}
    if card.get("vcard"):
        made["vcard"] = card["vcard"]
    return made


def _person(who: str, phone: str | None) -> str:
    """Digits where they are known, else `<lid>@lid`."""
    return phone or who.removesuffix("@c.us")


def _recipient(to: str, own: str | None) -> str:
    """The session's own number: a group's message is addressed to the group, which contract D cannot say."""
    number = to.removesuffix("@c.us")
    return number if number.isdigit() else own or number
