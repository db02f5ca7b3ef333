"""The schemas of the OpenAPI document, written once and used by every route."""

from __future__ import annotations

from typing import Any

from whatsapp_contracts.errors import ErrorCode
from whatsapp_contracts.events import TYPES as EVENT_TYPES
from whatsapp_session.api.bodies import MAX_EMOJI, MAX_TEXT, TYPING
from whatsapp_session.api.composing import (
    CAPTIONED,
    MAX_CONTACTS,
    MAX_MENTIONS,
    MAX_OPTION,
    MAX_OPTIONS,
    MAX_QUESTION,
    MAX_URL,
    MAX_VCARD,
)
from whatsapp_session.api.params import MESSAGE, NUMBER
from whatsapp_session.api.recipients import TO_PATTERN
from whatsapp_session.media.index import FileState
from whatsapp_session.media.types import KINDS
from whatsapp_session.outbox.entries import Stage

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
TIME: Schema = {"type": "string", "format": "date-time"}
TIME_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time"}
FLAG: Schema = {"type": "boolean"}
NOT_BLANK = r"\S"


def ref(name: str) -> Schema:
    """One of COMPONENTS."""
    return {"$ref": f"#/components/schemas/{name}"}


def shape(properties: Schema, *, optional: tuple[str, ...] = (), closed: bool = False) -> Schema:
    """An object; everything that is not `optional` is always there. `closed`: nothing else may be."""
    needed = [name for name in properties if name not in optional]
    schema: Schema = {"type": "object", "required": needed, "properties": properties}
    return schema | ({"additionalProperties": False} if closed else {})


def ok(**properties: Any) -> Schema:
    """An answer with `ok: true`."""
    return shape({"ok": {"const": True}} | properties)


SEND: Schema = {
    "type": "object",
    "required": ["to", "message"],
    "properties": {
        "to": {"type": "string", "pattern": f"^{NUMBER}$"},
        "message": {"type": "string", "minLength": 1, "maxLength": MAX_TEXT, "pattern": NOT_BLANK},
    },
}
TO: Schema = {"type": "string", "pattern": TO_PATTERN, "maxLength": 100, "example": "5491123456789"}
LOCATION = shape(
    {
        "latitude": {"type": "number", "minimum": -90, "maximum": 90},
        "longitude": {"type": "number", "minimum": -180, "maximum": 180},
        "name": TEXT_OR_NULL | {"maxLength": 1000},
        "address": TEXT_OR_NULL | {"maxLength": 1000},
    },
    optional=("name", "address"),
    closed=True,
)
_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": NOT_BLANK}
_VCARD: Schema = {"type": "string", "maxLength": MAX_VCARD, "pattern": r"^BEGIN:VCARD\n[^\x00]*\nEND:VCARD$"}
CONTACT: Schema = {
    "oneOf": [
        shape({"name": _NAME, "phone": {"type": "string", "pattern": f"^{NUMBER}$"}}, closed=True),
        shape({"name": _NAME, "vcard": _VCARD}, closed=True),
    ]
}
POLL = shape(
    {
        "name": {"type": "string", "minLength": 1, "maxLength": MAX_QUESTION, "pattern": NOT_BLANK},
        "options": {
            "type": "array",
            "minItems": 2,
            "maxItems": MAX_OPTIONS,
            "uniqueItems": True,
            "items": {"type": "string", "minLength": 1, "maxLength": MAX_OPTION, "pattern": NOT_BLANK},
        },
        "multiple": FLAG,
    },
    optional=("multiple",),
    closed=True,
)
MIME_PATTERN = r"^[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}$"
_KNOWN: Schema = {
    "mimeType": {"type": "string", "pattern": MIME_PATTERN, "maxLength": 200},
    "fileName": {"type": "string", "maxLength": 200},
    "gif": FLAG,
}
SOURCE: Schema = {
    "oneOf": [
        shape(
            {"url": {"type": "string", "format": "uri", "maxLength": MAX_URL}} | _KNOWN,
            optional=tuple(_KNOWN),
            closed=True,
        ),
        shape(
            {"data": {"type": "string", "format": "byte", "description": "base64 of the file"}} | _KNOWN,
            optional=tuple(_KNOWN),
            closed=True,
        ),
    ]
}
_COMMON: Schema = {
    "to": TO,
    "replyTo": {"type": "string", "pattern": f"^(?:{MESSAGE})$", "maxLength": 300},
    "mentions": {
        "type": "array",
        "maxItems": MAX_MENTIONS,
        "items": {"type": "string", "pattern": f"^(?:{NUMBER}|[0-9]{{1,32}}@lid)$"},
    },
    "async": FLAG,
    "sendAt": TIME,
}
_OPTIONAL = ("replyTo", "mentions", "async", "sendAt")
_CAPTION: Schema = {"type": "string", "maxLength": MAX_TEXT}


def message(types: tuple[str, ...], own: Schema, *optional: str) -> Schema:
    """The body of `POST /messages` for some types, with the fields of their own."""
    type = {"type": {"type": "string", "enum": list(types)}}
    return shape(_COMMON | type | own, optional=(*_OPTIONAL, *optional), closed=True)


MESSAGE_BODY: Schema = {
    "oneOf": [
        message(
            ("text",),
            {"text": {"type": "string", "minLength": 1, "maxLength": MAX_TEXT, "pattern": NOT_BLANK}},
            "type",
        ),
        message(tuple(sorted(CAPTIONED)), {"text": _CAPTION, "media": SOURCE}, "text"),
        message(tuple(sorted(set(KINDS) - CAPTIONED)), {"media": SOURCE}),
        message(("location",), {"location": LOCATION}),
        message(
            ("contact",),
            {"contacts": {"type": "array", "minItems": 1, "maxItems": MAX_CONTACTS, "items": CONTACT}},
        ),
        message(("poll",), {"poll": POLL}),
    ]
}
_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
_PLACE = {"latitude": -34.6, "longitude": -58.4, "name": "Obelisco"}
_TO = {"to": "5491123456789"}
MESSAGE_EXAMPLES: dict[str, Schema] = {
    "text": _TO | {"text": "Hello"},
    "image": _TO | {"type": "image", "text": "A caption", "media": {"data": _PNG, "fileName": "dot.png"}},
    "document": _TO | {"type": "document", "media": {"url": "https://example.com/invoice.pdf"}},
    "location": _TO | {"type": "location", "location": _PLACE},
    "contact": _TO | {"type": "contact", "contacts": [{"name": "Ana", "phone": "5491100000001"}]},
    "poll": _TO | {"type": "poll", "poll": {"name": "When?", "options": ["Today", "Tomorrow"]}},
    "scheduled": _TO | {"text": "Good morning", "sendAt": "2027-01-01T12:00:00Z"},
}
MESSAGE_BODIES: Schema = {
    "required": True,
    "content": {
        "application/json": {
            "schema": ref("NewMessage"),
            "examples": {name: {"value": value} for name, value in MESSAGE_EXAMPLES.items()},
        },
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["message"],
                "properties": {
                    "message": {
                        "type": "object",
                        "description": "NewMessage, without media.url and media.data",
                    },
                    "file": {"type": "string", "format": "binary"},
                },
            },
            "encoding": {"message": {"contentType": "application/json"}},
        },
    },
}
REACTION = shape({"emoji": {"type": "string", "maxLength": MAX_EMOJI}}, closed=True)
EDIT = shape(
    {"text": {"type": "string", "minLength": 1, "maxLength": MAX_TEXT, "pattern": NOT_BLANK}}, closed=True
)
FORWARD = shape({"to": TO}, closed=True)
TYPING_STATE = shape({"state": {"type": "string", "enum": list(TYPING)}}, closed=True)
SENT = ok(messageId=TEXT_OR_NULL, id=TEXT_OR_NULL, state={"type": "string", "enum": ["sent", "queued"]})
SENT_EXAMPLE = {
    "ok": True,
    "messageId": "true_5491123456789@c.us_3EB0C431C26A1916E07E",
    "id": None,
    "state": "sent",
}
DONE = ok()
DONE_EXAMPLE = {"ok": True}

MEDIA = shape(
    {
        "id": TEXT,
        "mimeType": TEXT_OR_NULL,
        "state": {"type": "string", "enum": [each.value for each in FileState]},
    }
)
PARTICIPANT = shape({"id": TEXT, "phone": TEXT_OR_NULL, "lid": TEXT_OR_NULL, "admin": FLAG})
COMPONENTS: dict[str, Schema] = {
    "Error": shape(
        {
            "ok": {"const": False},
            "error": {"type": "string", "enum": [code.value for code in ErrorCode]},
            "message": {"type": "string", "description": "what happened, and what to do"},
        }
    ),
    "NewMessage": MESSAGE_BODY,
    "Message": shape(
        {
            "messageId": TEXT,
            "chatId": TEXT,
            "from": TEXT,
            "to": TEXT,
            "fromMe": FLAG,
            "type": TEXT,
            "text": TEXT,
            "timestamp": TIME,
            "ack": {"type": "integer"},
            "editedAt": TIME,
            "deleted": FLAG,
            "media": MEDIA,
        },
        optional=("ack", "editedAt", "deleted", "media"),
    ),
    "Chat": shape(
        {
            "id": TEXT,
            "name": TEXT_OR_NULL,
            "group": FLAG,
            "unread": {"type": "integer"},
            "lastMessageAt": TIME_OR_NULL,
        }
    ),
    "Contact": shape(
        {
            "id": TEXT,
            "phone": TEXT_OR_NULL,
            "lid": TEXT_OR_NULL,
            "name": TEXT_OR_NULL,
            "pushName": TEXT_OR_NULL,
            "business": FLAG,
            "mine": FLAG,
        }
    ),
    "Group": shape(
        {
            "id": TEXT,
            "name": TEXT_OR_NULL,
            "owner": TEXT_OR_NULL,
            "createdAt": TIME_OR_NULL,
            "participants": {"type": "array", "items": PARTICIPANT},
        }
    ),
    "Entry": shape(
        {
            "id": TEXT,
            "state": {"type": "string", "enum": [each.value for each in Stage if each is not Stage.FREE]},
            "to": TEXT,
            "type": TEXT,
            "messageId": TEXT_OR_NULL,
            "createdAt": TIME,
            "sendAt": TIME_OR_NULL,
            "sentAt": TIME_OR_NULL,
            "error": TEXT_OR_NULL,
            "message": TEXT_OR_NULL,
        }
    ),
    "Event": shape(
        {
            "id": TEXT,
            "seq": {"type": "integer"},
            "type": {"type": "string", "enum": list(EVENT_TYPES)},
            "time": TIME,
            "session": TEXT,
            "data": {"type": "object"},
        }
    ),
    "Webhook": shape(
        {
            "name": TEXT,
            "url": TEXT,
            "format": TEXT,
            "events": {"type": "array", "items": TEXT},
            "pending": {"type": "integer"},
            "deadLetters": {"type": "integer"},
            "lastDeliveredAt": TIME_OR_NULL,
            "failingSince": TIME_OR_NULL,
            "lastError": TEXT_OR_NULL,
        }
    ),
    "DeadLetter": shape(
        {
            "seq": {"type": "integer"},
            "event": ref("Event"),
            "attempts": {"type": "integer"},
            "diedAt": TIME,
            "error": TEXT_OR_NULL,
        }
    ),
    "Config": {
        "type": "object",
        "additionalProperties": False,
        "description": "docs/contracts.md, Configuration; every key may be left out",
        "properties": {
            "revision": TEXT_OR_NULL | {"maxLength": 200},
            "owner": TEXT_OR_NULL | {"maxLength": 200},
            "generation": {"type": "integer", "minimum": 0},
            "operatingMode": {"type": "string", "enum": ["Connected", "Disconnected"]},
            "phoneNumber": TEXT_OR_NULL,
            "login": {"type": ["object", "null"]},
            "pacing": {"type": ["object", "null"]},
            "proxy": {"type": ["object", "null"]},
            "webhooks": {"type": ["array", "null"], "items": {"type": "object"}},
        },
    },
}
SECURITY: dict[str, Schema] = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
}
