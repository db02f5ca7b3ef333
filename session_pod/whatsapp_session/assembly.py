"""What stands around the session: outbox, media, webhooks, storage, API; made and connected here alone.

Why apart from the process: all of it together takes as long to import as Chromium takes to launch, so it is
imported while the browser starts.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine
from typing import Any

from whatsapp_contracts.events import Event
from whatsapp_session.api import serve
from whatsapp_session.api.services import Services
from whatsapp_session.config import Config
from whatsapp_session.configuration import Configuration
from whatsapp_session.database import Database
from whatsapp_session.journal import Journal
from whatsapp_session.keys import Keys
from whatsapp_session.media.inbound import Inbound
from whatsapp_session.media.store import MediaStore
from whatsapp_session.metrics import Metrics
from whatsapp_session.net.guard import Guard
from whatsapp_session.outbox.sender import Sender
from whatsapp_session.session import Session
from whatsapp_session.settings import Settings
from whatsapp_session.storage import Storage
from whatsapp_session.webhooks.dispatcher import Webhooks
from whatsapp_session.webhooks.orchestrator import Origin

SERVER = "server"


class Assembly:
    """All of it, once."""

    def __init__(
        self,
        *,
        settings: Settings,
        keys: Keys,
        database: Database,
        journal: Journal,
        configuration: Configuration,
        session: Session,
        counted: Metrics,
        port: int,
    ) -> None:
        """Raises sqlite3.Error."""
        self._session = session
        self._configuration = configuration
        self._settings = settings
        guard = Guard(settings.allowed_networks)
        self._webhook_guard = Guard(settings.allowed_networks)  # what it is lent is for no media by URL
        self._webhook_guard.lend(configuration.current.allowed_hosts)
        self.media = MediaStore(
            settings.beside("media"),
            database,
            max_bytes=settings.media_max_bytes,
            keep_days=settings.media_keep_days,
            keep_bytes=settings.media_keep_bytes,
        )
        self.media.start()
        self.sender = Sender(
            session=session,
            database=database,
            pacing=configuration.current.pacing,
            release=self.media.release,
        )
        self.media.in_use = self.sender.files_in_use
        self.inbound = Inbound(session, self.media)
        self.webhooks = Webhooks(
            database=database,
            journal=journal,
            guard=self._webhook_guard,
            origin=lambda: Origin(
                server_port=port, auth_folder_path=str(settings.login_dir), phone=self._phone()
            ),
        )
        self.webhooks.configure(configuration.current.webhooks)
        journal.floor = self.webhooks.floor
        self.storage = Storage(
            settings.sessions_dir,
            settings.beside("reserve"),
            session=session,
            media=self.media,
            journal=journal,
        )
        configuration.appliers += [self._configure, session.configure]
        services = Services(
            session=session,
            sender=self.sender,
            media=self.media,
            inbound=self.inbound,
            webhooks=self.webhooks,
            configuration=configuration,
            guard=guard,
            keys=keys,
            cliente_id=settings.cliente_id,
            media_max_bytes=settings.media_max_bytes,
        )
        counted.watch_volume(
            outbox=self.sender.counts,
            pending=self.webhooks.pending,
            dead=self.webhooks.dead,
            journal=lambda: journal.size,
        )
        self._servers = serve.servers(services, counted)

    def begin(self, sockets: list[socket.socket]) -> list[asyncio.Task[None]]:
        """Everything runs; the tasks, none of which ends by itself."""
        parts: dict[str, Coroutine[Any, Any, None]] = {
            "outbox": self.sender.run(),
            "media": self.inbound.run(),
            "webhooks": self.webhooks.run(),
            "storage": self.storage.run(),
        }
        if self._settings.config_file:
            parts["configuration"] = self._configuration.run()
        tasks = [asyncio.create_task(work, name=name) for name, work in parts.items()]
        return tasks + [
            asyncio.create_task(server.serve(sockets=[bound]), name=SERVER)
            for server, bound in zip(self._servers, sockets, strict=False)  # without a socket: no metrics
        ]

    def saw(self, event: Event) -> None:
        """An event is in the journal."""
        self.inbound.saw(event)
        self.webhooks.wake()

    def refuse_calls(self) -> None:
        """The process ends: calls under way are answered, no other comes in."""
        for server in self._servers:
            server.should_exit = True

    async def _configure(self, wanted: Config) -> None:
        lent = self._webhook_guard.lend(wanted.allowed_hosts)
        self.webhooks.configure(wanted.webhooks)
        if lent:
            self.webhooks.try_now()
        self.sender.configure(wanted.pacing)

    def _phone(self) -> str | None:
        account = self._session.view.account
        return account.phone if account else None
