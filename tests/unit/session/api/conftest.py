"""The API of one session, without a network: a real session on a fake engine, and fakes behind the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import httpx
import pytest

from unit.session.api.doubles import FakeConfiguration, FakeSender, FakeWebhooks
from whatsapp_session.api import app
from whatsapp_session.api.services import Services
from whatsapp_session.database import Database
from whatsapp_session.keys import Keys
from whatsapp_session.media.inbound import Inbound
from whatsapp_session.media.store import MediaStore
from whatsapp_session.net.guard import Guard
from whatsapp_session.session import Session

if TYPE_CHECKING:
    from whatsapp_session.configuration import Configuration
    from whatsapp_session.outbox.sender import Sender
    from whatsapp_session.webhooks.dispatcher import Webhooks

MEDIA_MAX = 3 * 1024 * 1024
"""Bytes of one file: more than a body may have without one."""


@pytest.fixture
def sender() -> FakeSender:
    return FakeSender()


@pytest.fixture
def webhooks() -> FakeWebhooks:
    return FakeWebhooks()


@pytest.fixture
def configuration() -> FakeConfiguration:
    return FakeConfiguration()


@pytest.fixture
def media(tmp_path: Path, database: Database) -> MediaStore:
    return MediaStore(
        tmp_path / "media", database, max_bytes=MEDIA_MAX, keep_days=7, keep_bytes=64 * 1024 * 1024
    )


@pytest.fixture
def keys() -> Keys:
    return Keys(None)


@pytest.fixture
def services(
    session: Session,
    sender: FakeSender,
    media: MediaStore,
    webhooks: FakeWebhooks,
    configuration: FakeConfiguration,
    keys: Keys,
) -> Services:
    return Services(
        session=session,
        sender=cast("Sender", sender),
        media=media,
        inbound=Inbound(session, media),
        webhooks=cast("Webhooks", webhooks),
        configuration=cast("Configuration", configuration),
        guard=Guard(),
        keys=keys,
        cliente_id=51,
        media_max_bytes=media.max_bytes,
    )


@pytest.fixture
async def http(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """The API of client 51, without a key."""
    transport = httpx.ASGITransport(app.build(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client
