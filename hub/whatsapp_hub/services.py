"""What every route may ask for: made once, handed to the application, so that a test can hand others."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from whatsapp_hub import times
from whatsapp_hub.backend.protocol import Backend
from whatsapp_hub.database.connection import Database
from whatsapp_hub.live import Live
from whatsapp_hub.metrics import Metrics
from whatsapp_hub.security.passwords import Passwords
from whatsapp_hub.security.secrets import Secrets

UPLOADS = 8
"""Bodies with media that are held in memory at one time, up to 96 MiB each; more of them wait."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """The hub's parts. `qr_wait`: seconds that a call for a QR may take (contract B).

    `messages_kept` None: for ever. `namespace`: the hub's own in Kubernetes, which is that of tenants who
    have none.
    """

    database: Database
    backend: Backend
    live: Live
    secrets: Secrets
    passwords: Passwords = field(default_factory=Passwords)
    metrics: Metrics = field(default_factory=Metrics)
    clock: times.Clock = times.now
    qr_wait: float = 30.0
    uploads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(UPLOADS))
    messages_kept: timedelta | None = None
    namespace: str = ""
