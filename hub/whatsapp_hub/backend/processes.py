"""`HUB_BACKEND=processes`: session pods as child processes of the hub, for one machine.

A session's folder is named after its organization and its name, so that one that was deleted and made anew
finds its login again, as a resource of the same name does in Kubernetes.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import aiohttp

from whatsapp_hub.backend.child import NOT_RUNNING, Child, Surroundings
from whatsapp_hub.backend.protocol import Answer, BackendError, Call, Owner, Seen, Wanted
from whatsapp_hub.security.secrets import Secrets

STARTS_AT_ONCE = 2
"""A browser's start takes a core for seconds: a restart of the hub starts sessions one after the other."""


class Processes:
    """Every session of this machine."""

    def __init__(
        self, *, folder: Path, callback_url: str, secrets: Secrets, environ: Mapping[str, str]
    ) -> None:
        self._folder = folder
        self._callback_url = callback_url
        self._secrets = secrets
        self._environ = environ
        self._queue: asyncio.Queue[Seen] = asyncio.Queue()
        self._children: dict[str, Child] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._around: Surroundings | None = None

    def uid(self, owner: Owner, session_id: str) -> str:
        """A name that was never used."""
        return uuid.uuid4().hex

    def callback_secrets(self, uid: str, key_version: int) -> Sequence[str]:
        """The one of this session."""
        return (self._secrets.callback(uid),)

    async def start(self, wanted: Sequence[Wanted]) -> None:
        """Start every session, a few at a time."""
        self._around = Surroundings(
            callback_url=self._callback_url,
            environ=self._environ,
            starts=asyncio.Semaphore(STARTS_AT_ONCE),
            http=aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)),
            tell=self._queue.put_nowait,
        )
        for each in wanted:
            await self.put(each)

    async def stop(self) -> None:
        """End every session, side by side."""
        children, self._children = list(self._children.values()), {}
        await asyncio.gather(*(child.end(remove=False) for child in children), *self._ending)
        if self._around:
            await self._around.http.close()

    async def put(self, wanted: Wanted) -> None:
        """Start a session, or tell it what changed."""
        if self._around is None:
            raise BackendError("The hub is just starting. Try again in a moment.")
        if child := self._children.get(wanted.uid):
            child.put(wanted)
            return
        child = Child(
            wanted,
            self._folder / folder_name(wanted),
            self._secrets.pod_key(wanted.uid),
            self._secrets.callback(wanted.uid),
            self._around,
        )
        try:
            child.start()
        except OSError as error:
            raise BackendError(
                f"The session's folder cannot be written: {error.strerror}. Make room."
            ) from None
        self._children[wanted.uid] = child

    async def login(self, uid: str) -> None:
        """Begin the login again, where it has ended."""
        self._child(uid).login()

    async def delete(self, wanted: Wanted) -> None:
        """End a session, in its own time."""
        child = self._children.pop(wanted.uid, None)
        if child:
            ending = asyncio.create_task(child.end(remove=not wanted.retain))
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    async def look(self, uid: str) -> Seen | None:
        """Whether it is here."""
        return Seen(uid=uid) if uid in self._children else None

    async def seen(self) -> AsyncIterator[Seen]:
        """Every session as it changes."""
        while True:
            yield await self._queue.get()

    async def call(self, uid: str, call: Call) -> Answer:
        """Call a session's API."""
        return await self._child(uid).call(call)

    def _child(self, uid: str) -> Child:
        child = self._children.get(uid)
        if child is None:
            raise BackendError(NOT_RUNNING)
        return child


def folder_name(wanted: Wanted) -> str:
    """A name for a folder, for people and unique: two names never share one."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", wanted.session_id)[:40].strip("-")
    whole = f"{wanted.tenant}/{wanted.session_id}"
    return f"{wanted.tenant}-{plain}-{hashlib.sha256(whole.encode()).hexdigest()[:10]}"
