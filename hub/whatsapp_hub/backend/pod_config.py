"""What a session that is a child process is told: contract A's configuration. Pure.

Why its file says `allowedHosts` and not its environment ALLOWED_NETWORKS: the hub is on this machine's
loopback, and so is much that nobody who may send a message must read by it. Webhooks reach the hub's host;
media by URL do not.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from whatsapp_contracts import keys
from whatsapp_hub.backend.protocol import CONNECTED, Receiver, Wanted

MAX_ROTATIONS = 6
"""As the custom resource has it by default; then connect shows a new one."""


def put_config(wanted: Wanted, callback_url: str, secret: str) -> dict[str, Any]:
    """The body of `PUT /config`: every event to this hub, by contract D; receivers get it as it is."""
    return {
        "owner": wanted.uid,
        "generation": wanted.generation,
        "revision": f"{wanted.uid}-{wanted.generation}",
        "operatingMode": CONNECTED if wanted.operating_mode == CONNECTED else "Disconnected",
        "phoneNumber": wanted.phone_number,
        "login": {"method": "QR", "maxQRRotations": MAX_ROTATIONS},
        "webhooks": [
            {
                "name": keys.HUB_WEBHOOK,
                "url": callback_url,
                "format": "Orchestrator",
                "secrets": [secret],
            },
            *(receiver_config(each) for each in wanted.receivers),
        ],
    }


def file_config(wanted: Wanted, callback_url: str, secret: str) -> dict[str, Any]:
    """What CONFIG_FILE holds: the same, and where webhooks may go that a call cannot say."""
    host = urlsplit(callback_url).hostname or ""
    return put_config(wanted, callback_url, secret) | {"allowedHosts": [host]}


def receiver_config(receiver: Receiver) -> dict[str, Any]:
    """A webhook of the configuration."""
    return {
        "name": receiver.name,
        "url": receiver.url,
        "events": list(receiver.events),
        "format": "Standard",
        "secrets": [each for each in (receiver.secret, receiver.previous) if each],
        "headers": dict(receiver.headers),
    }
