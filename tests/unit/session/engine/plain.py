"""What the page's driver gives, as its tests write it."""

from __future__ import annotations

from typing import Any

LOOK: dict[str, Any] = {
    "ready": True,
    "authenticated": True,
    "mainLoaded": True,
    "mode": "MAIN",
    "info": "NORMAL",
    "online": True,
    "code": None,
    "idle": False,
    "pairingOver": False,
    "account": {"phone": "1", "platform": None, "pushName": None, "userId": None},
    "detail": "",
}
MESSAGE: dict[str, Any] = {
    "id": "true_5491100000002@c.us_1",
    "chat": "5491100000002@c.us",
    "from": "5491100000001:3@c.us",
    "to": "5491100000002@c.us",
    "fromMe": True,
    "kind": "chat",
    "text": "Hello",
    "t": 1767268800,
    "ack": 0,
    "phone": "5491100000001@c.us",
    "lid": None,
    "pushName": None,
    "file": None,
    "place": None,
    "cards": [],
    "poll": None,
    "quoted": None,
    "mentions": [],
    "forwarded": False,
    "editedAt": None,
    "deleted": False,
}
FILE: dict[str, Any] = {
    "mimeType": "audio/ogg; codecs=opus",
    "size": 1234,
    "fileName": None,
    "voice": True,
    "gif": False,
    "seconds": 3,
    "width": None,
    "height": None,
}
