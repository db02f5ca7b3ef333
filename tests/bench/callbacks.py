"""`messages/received` from 100 pods at once, beside the same upserts by asyncpg alone.

Each pod is a session with a connection of its own that delivers one message after the other, as pods do. Nine
of ten messages are of people who wrote before. The bare side runs the statements that one would write by
hand, in one transaction and one commit a message, on as many connections as the hub's pool has.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
from standardwebhooks import Webhook

from bench.stage import Stage, sessions, tenant
from bench.wire import request
from whatsapp_contracts import callbacks as d
from whatsapp_hub.database.connection import POOL

KNOWN = 20
"""People who write to a session again and again."""
NEW_EVERY = 10
BOUND = 300
"""Seconds that a round may take."""

CONTACT = """INSERT INTO contacts (tenant_id, phone, created_at) VALUES ($1, $2, now())
ON CONFLICT (tenant_id, phone) DO UPDATE SET phone = excluded.phone RETURNING id"""
CHAT = """INSERT INTO chats (tenant_id, session_pk, contact_id, created_at) VALUES ($1, $2, $3, now())
ON CONFLICT (session_pk, contact_id) DO UPDATE SET contact_id = excluded.contact_id RETURNING id"""
MESSAGE = """INSERT INTO mensajes (tenant_id, session_pk, chat_id, contact_id, message_id, type, content,
  sender, recipient, sent_at, created_at) VALUES ($1, $2, $3, $4, $5, 'whatsapp_api', $6, $7, $8, $9, now())
ON CONFLICT (session_pk, message_id) DO NOTHING RETURNING id"""


@dataclass(frozen=True, kw_only=True)
class Round:
    """`rate` in messages a second; `p99` in milliseconds."""

    rate: float
    p99: float


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message to one pod."""

    sender: str
    message_id: str
    content: dict[str, Any]
    sent_at: datetime


def messages(pod: int, run: str, count: int) -> list[Message]:
    """What one pod delivers in one round."""
    return [
        Message(
            sender=f"549{pod:03}{run}{number:05}" if number % NEW_EVERY == 0 else f"54911{number % KNOWN:03}",
            message_id=f"false_{run}_{pod}_{number}",
            content={"type": "text", "text": "Hola, ¿a qué hora abren mañana? " * 3},
            sent_at=datetime.now(UTC),
        )
        for number in range(count)
    ]


class Callbacks:
    """Both sides over one database: pods of one organization call the hub, those of the other are bare."""

    def __init__(self, stage: Stage, pods: int) -> None:
        self._stage = stage
        self._pods = pods
        self._rounds = 0

    async def set_up(self) -> None:
        """Sessions, connections, and one message of everybody who is to be known."""
        mine, bare = await tenant(self._stage, "pods"), await tenant(self._stage, "bare")
        self._uids = [row["uid"] for row in await sessions(self._stage, mine, "pod-", self._pods)]
        self._bare = bare.id
        self._rows = [row["id"] for row in await sessions(self._stage, bare, "bare-", self._pods)]
        self._pool = await asyncpg.create_pool(self._stage.url, min_size=POOL, max_size=POOL)
        await self.hub(2 * KNOWN)
        await self.peer(2 * KNOWN)

    async def tear_down(self) -> None:
        """Close what was opened."""
        await self._pool.close()

    def _next(self, count: int) -> list[list[Message]]:
        self._rounds += 1
        return [messages(pod, f"{self._rounds:03}", count) for pod in range(self._pods)]

    async def hub(self, count: int) -> Round:
        """`count` messages of each pod to the hub. Every answer must be a 200."""
        signed = [
            [self._signed(uid, each) for each in told]
            for uid, told in zip(self._uids, self._next(count), strict=True)
        ]
        connections = [await self._stage.connection() for _ in self._uids]

        async def deliver(pod: int, number: int) -> None:
            answer = await connections[pod].call(signed[pod][number])
            assert answer.status == 200, answer.body

        try:
            return await _measured(deliver, self._pods, count)
        finally:
            for connection in connections:
                connection.close()

    def _signed(self, uid: str, message: Message) -> bytes:
        body = json.dumps(
            {
                "session_id": uid,
                "from": message.sender,
                "to": "5491100000001",
                "message": message.content,
                "timestamp": message.sent_at.isoformat(),
                "message_id": message.message_id,
            },
            ensure_ascii=False,
        )
        now = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": f"evt_{message.message_id}",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self._stage.secrets.callback(uid)).sign(
                f"evt_{message.message_id}", now, body
            ),
        }
        return request("POST", d.MESSAGE_RECEIVED, headers, body.encode())

    async def peer(self, count: int) -> Round:
        """The same number of messages into the same tables by asyncpg."""
        told = self._next(count)

        async def store(pod: int, number: int) -> None:
            message, session = told[pod][number], self._rows[pod]
            async with self._pool.acquire() as connection, connection.transaction():
                contact = await connection.fetchval(CONTACT, self._bare, message.sender)
                chat = await connection.fetchval(CHAT, self._bare, session, contact)
                await connection.fetchval(
                    MESSAGE, self._bare, session, chat, contact, message.message_id,
                    json.dumps(message.content), message.sender, "5491100000001", message.sent_at,
                )  # fmt: skip

        return await _measured(store, self._pods, count)


async def _measured(one: Callable[[int, int], Awaitable[None]], pods: int, count: int) -> Round:
    took: list[float] = []

    async def run(pod: int) -> None:
        for number in range(count):
            begun = time.perf_counter()
            await one(pod, number)
            took.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    async with asyncio.timeout(BOUND):
        await asyncio.gather(*(run(pod) for pod in range(pods)))
    spent = time.perf_counter() - begun
    return Round(rate=len(took) / spent, p99=sorted(took)[int(len(took) * 0.99)] * 1000)
