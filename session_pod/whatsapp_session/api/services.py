"""What the routes ask: the parts of one running session, put together by the process.

Why one value: a route takes what it needs by name, and a test puts a double in one part's place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whatsapp_session.configuration import Configuration
    from whatsapp_session.keys import Keys
    from whatsapp_session.media.inbound import Inbound
    from whatsapp_session.media.store import MediaStore
    from whatsapp_session.net.guard import Guard
    from whatsapp_session.outbox.sender import Sender
    from whatsapp_session.session import Session
    from whatsapp_session.webhooks.dispatcher import Webhooks


@dataclass(frozen=True, kw_only=True)
class Services:
    """`media_max_bytes` is the largest file that may be sent."""

    session: Session
    sender: Sender
    media: MediaStore
    inbound: Inbound
    webhooks: Webhooks
    configuration: Configuration
    guard: Guard
    keys: Keys
    cliente_id: int
    media_max_bytes: int
