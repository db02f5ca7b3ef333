"""The OpenAPI document's examples of what a session answers, in contract A's shapes."""

from __future__ import annotations

from typing import Any

SENT = {"messageId": "true_5491123456789@c.us_3EB0C431C26A1916E07E", "id": None, "state": "sent"}
CHAT = {
    "id": "5491123456789@c.us",
    "name": "Ana",
    "group": False,
    "unread": 2,
    "lastMessageAt": "2026-01-01T12:00:00.000Z",
}
MESSAGE = {
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
ENTRY = {
    "id": "out_1f0c",
    "state": "queued",
    "to": "5491123456789",
    "type": "text",
    "messageId": None,
    "createdAt": "2026-01-01T12:00:00.000Z",
    "sendAt": "2026-01-02T12:00:00.000Z",
    "sentAt": None,
    "error": None,
    "message": None,
}
CONTACT = {
    "id": "5491123456789@c.us",
    "phone": "5491123456789",
    "lid": None,
    "name": "Ana",
    "pushName": "Ana P.",
    "business": False,
    "mine": True,
}
GROUP = {
    "id": "120363041234567890@g.us",
    "name": "Sales",
    "owner": "5491100000001@c.us",
    "createdAt": "2026-01-01T12:00:00.000Z",
    "participants": [{"id": "5491123456789@c.us", "phone": "5491123456789", "lid": None, "admin": False}],
}
STORED = {
    "id": 17,
    "sessionId": "cliente_001",
    "messageId": "false_5491123456789@c.us_3EB0C431C26A1916E07E",
    "contactId": 3,
    "chatId": 4,
    "from": "5491123456789",
    "to": "5491100000001",
    "content": {"type": "text", "text": "Hello"},
    "timestamp": "2026-01-01T12:00:00.000Z",
}
_TO = {"to": "5491123456789"}
_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
MESSAGES: dict[str, dict[str, Any]] = {
    "text": _TO | {"text": "Hello"},
    "image": _TO | {"type": "image", "text": "A caption", "media": {"data": _PNG, "fileName": "dot.png"}},
    "document": _TO | {"type": "document", "media": {"url": "https://example.com/invoice.pdf"}},
    "location": _TO | {"type": "location", "location": {"latitude": -34.6, "longitude": -58.4}},
    "poll": _TO | {"type": "poll", "poll": {"name": "When?", "options": ["Today", "Tomorrow"]}},
    "scheduled": _TO | {"text": "Good morning", "sendAt": "2027-01-01T12:00:00Z"},
}
MESSAGE_BODIES: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["to"],
                "properties": {
                    "to": {"type": "string", "description": "digits, country code first; or a chat's id"},
                    "type": {
                        "type": "string",
                        "enum": ["text", "image", "video", "audio", "voice", "document", "sticker",
                                 "location", "contact", "poll"],
                    },
                    "text": {"type": "string"},
                    "media": {"type": "object", "description": "url, or data (base64); mimeType, fileName"},
                    "location": {"type": "object"},
                    "contacts": {"type": "array", "items": {"type": "object"}},
                    "poll": {"type": "object"},
                    "replyTo": {"type": "string"},
                    "mentions": {"type": "array", "items": {"type": "string"}},
                    "async": {"type": "boolean"},
                    "sendAt": {"type": "string", "format": "date-time"},
                },
            },
            "examples": {name: {"value": value} for name, value in MESSAGES.items()},
        },
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["message"],
                "properties": {
                    "message": {"type": "object", "description": "that JSON, without media.url and .data"},
                    "file": {"type": "string", "format": "binary"},
                },
            },
            "encoding": {"message": {"contentType": "application/json"}},
        },
    },
}  # fmt: skip
