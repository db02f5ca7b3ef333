"""The OpenAPI document's examples: what a session answers (contract A), what the hub does (B, C, D)."""

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

NOW = "2026-01-01T12:00:00.000Z"
STATUS = {
    "id": 1,
    "sessionId": "cliente_001",
    "status": "connected",
    "phoneNumber": "5491100000001",
    "isConnected": True,
    "hasQR": False,
    "lastActivity": NOW,
    "reason": None,
    "message": "",
}
PENDING = STATUS | {"status": "pending", "phoneNumber": None, "isConnected": False, "lastActivity": None}
CLOSED = PENDING | {
    "status": "disconnected",
    "reason": "Stopped",
    "message": "The session was disconnected. Connect it: POST /api/sessions/{id}/connect.",
}
SESSION = {
    "id": 1,
    "sessionId": "cliente_001",
    "name": "Ana",
    "description": None,
    "status": "pending",
    "phoneNumber": None,
    "expectedPhoneNumber": "5491100000001",
    "qrCode": None,
    "isConnected": False,
    "lastActivity": None,
    "clienteId": 1,
    "operatingMode": "Connected",
    "createdAt": NOW,
    "reason": None,
    "message": "",
}
NEW_SESSION = {"sessionId": "cliente_001", "name": "Ana", "phoneNumber": "5491100000001"}
QR = {
    "sessionId": "cliente_001",
    "qrCode": "iVBORw0KGgoAAAANSUhEUgAA…",
    "qrCodeDataURL": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA…",
    "expiresAt": NOW,
    "status": "pending",
    "reason": None,
    "message": "",
}
USER = {
    "id": 2,
    "email": "ana@crm.example",
    "name": "Ana",
    "role": "agent",
    "active": True,
    "createdAt": NOW,
}
NEW_USER = {"email": "ana@crm.example", "password": "right horse battery", "name": "Ana", "role": "agent"}
KEY = {
    "id": 1,
    "name": "crm",
    "prefix": "was_0123456789ab",
    "scopes": ["messages:read", "messages:write", "sessions:read", "sessions:write"],
    "createdAt": NOW,
    "lastUsedAt": None,
    "revokedAt": None,
}
ORIGINS = {"origins": ["https://crm.example"]}
AUDIT = {
    "id": 9,
    "at": NOW,
    "actor": "user:1",
    "action": "session.create",
    "target": "cliente_001",
    "outcome": "done",
}
PERSON = {"id": 3, "phone": "5491123456789", "createdAt": NOW}
RECORD = {
    "id": 1,
    "session_id": "session_1767268800000_abc123def",
    "sesion_id": 1,
    "phone_number": "5491100000001",
    "status": "connected",
    "last_seen": NOW,
    "auth_folder_path": None,
    "server_port": None,
    "whatsapp_user_id": "5491100000001:1@s.whatsapp.net",
    "created_at": NOW,
    "updated_at": NOW,
}
GENERATED = {
    "session_id": "session_1767268800000_abc123def",
    "qr_code": "2@AbC…",
    "qr_url": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA…",
}
CONNECTED = {
    "session_id": "session_1767268800000_abc123def",
    "phone_number": "5491100000001",
    "status": "connected",
    "whatsapp_user_id": "5491100000001:1@s.whatsapp.net",
}
STATUS_UPDATE = {"session_id": "cliente_001", "status": "connected", "phone_number": "5491100000001"}
RECEIVED = {
    "session_id": "cliente_001",
    "from": "5491123456789",
    "to": "5491100000001",
    "message": {"type": "text", "text": "Hello"},
    "timestamp": NOW,
    "message_id": "false_5491123456789@c.us_3EB0C431C26A1916E07E",
}
KEPT = {
    "message": {
        "id": 17,
        "message_id": "false_5491123456789@c.us_3EB0C431C26A1916E07E",
        "type": "whatsapp_api",
        "content": {"type": "text", "text": "Hello"},
        "from": "5491123456789",
        "to": "5491100000001",
        "timestamp": NOW,
    },
    "contact_id": 3,
    "chat_id": 4,
}
QR_UPDATE = {"session_id": "cliente_001", "qr_code": "2@AbC…", "timestamp": NOW}
