"""What every figure is measured on: PostgreSQL, the hub's process, and the rows in its database.

The database keeps no fsync (as in the tests): a commit's wait for a disk is the same on both sides, and would
hide what the hub costs.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from bench.wire import Connection
from integration.hub.postgres import PostgreSQL
from whatsapp_hub.database.connection import Database
from whatsapp_hub.database.migrate import migrate
from whatsapp_hub.security import api_keys, tokens
from whatsapp_hub.security.secrets import Secrets, open_master_key
from whatsapp_hub.store.directory import Directory
from whatsapp_hub.store.organization import ADMIN, Organization

START_SECONDS = 60
SESSIONS = """
INSERT INTO whatsapp_sessions (
  tenant_id, uid, session_id, status, created_at, updated_at, name, cliente_id, operating_mode, generation,
  claim, message, ended, gone, key_version, webhooks, state, state_since, account_phone, phone_number,
  last_seen, last_activity, server_port, auth_folder_path, whatsapp_user_id, qr_code, qr_png, qr_expires_at)
SELECT $1, $2 || n, $2 || n, CASE WHEN n % 10 = 0 THEN 'disconnected' ELSE 'connected' END,
  now(), now(), 'WhatsApp client ' || n, n, 'Connected', 1, 'none', '', false, false, 1, '[]',
  CASE WHEN n % 100 = 0 THEN 'QR_REQUIRED' WHEN n % 10 = 0 THEN 'DISCONNECTED' ELSE 'READY' END,
  now() - interval '1 hour', '54911' || n, '54911' || n, now(), now(), 3001, '/data/cliente_' || n,
  '54911' || n || ':1@s.whatsapp.net',
  CASE WHEN n % 100 = 0 THEN '1@code' END, CASE WHEN n % 100 = 0 THEN repeat('iVBORw0KGgo', 150) END,
  CASE WHEN n % 100 = 0 THEN now() + interval '1 day' END
FROM generate_series(1, $3::int) n
"""
"""Nine of ten connected, one of a hundred with its QR on show."""


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """An organization in the database, a key of it, and the token of a user."""

    id: int
    key: str
    token: str


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The parts, running. `url` is the database's as asyncpg takes it."""

    url: str
    port: int
    pid: int
    secrets: Secrets

    async def connection(self) -> Connection:
        """A new connection to the hub."""
        return await Connection.to("127.0.0.1", self.port)

    def rss(self) -> float:
        """MiB of memory that the hub's process holds."""
        text = Path(f"/proc/{self.pid}/status").read_text()
        (line,) = (each for each in text.splitlines() if each.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


@contextlib.asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Everything started, and ended whatever happens."""
    server = await asyncio.to_thread(PostgreSQL)
    try:
        with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
            url = await asyncio.to_thread(server.database, "bench")
            database = Database(url)
            await migrate(database)
            await database.close()
            key_file = Path(folder) / "master.key"
            secrets = open_master_key(key_file)
            async with hub(url, key_file, Path(folder) / "log") as (pid, port):
                yield Stage(url=url.replace("+asyncpg", ""), port=port, pid=pid, secrets=secrets)
    finally:
        await asyncio.to_thread(server.end)


@contextlib.asynccontextmanager
async def hub(url: str, key_file: Path, log: Path) -> AsyncIterator[tuple[int, int]]:
    """The hub's process and its port. Its log goes to a file, which is what a container's does."""
    command = [sys.executable, "-m", "bench.serve", str(log)]
    environ = os.environ | {"BENCH_DATABASE_URL": url, "BENCH_MASTER_KEY_FILE": str(key_file)}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=Path(__file__).parents[1], env=environ, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        port = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        yield process.pid, int(port)
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), START_SECONDS)


async def tenant(stage: Stage, name: str) -> Tenant:
    """A new organization with a key of every scope, and a user who is logged in."""
    database = Database(stage.url.replace("://", "+asyncpg://"))
    now, new = datetime.now(UTC), api_keys.make()
    async with database.begin() as transaction:
        made = await Directory(transaction).tenant_named(name, now)
        scopes: list[str] = [*api_keys.SCOPES]
        store = Organization(transaction, made.id)
        await store.add_key(new, name="bench", scopes=scopes, now=now)
        user = await store.add_user(
            email=f"admin@{name}.example", name="Admin", role=ADMIN, password_hash="none", now=now
        )
        whose = tokens.Token(user_id=user.id, tenant_id=made.id)
    await database.close()
    return Tenant(id=made.id, key=new.text, token=tokens.issue(whose, stage.secrets.token_key, now))


async def sessions(stage: Stage, owner: Tenant, prefix: str, count: int) -> list[dict[str, Any]]:
    """`count` sessions, named and known to the backend as `prefix` and a number; their ids and names."""
    connection = await asyncpg.connect(stage.url)
    try:
        await connection.execute(SESSIONS, owner.id, prefix, count)
        await connection.execute("ANALYZE")
        asked = "SELECT id, uid FROM whatsapp_sessions WHERE tenant_id = $1 ORDER BY id"
        return [dict(row) for row in await connection.fetch(asked, owner.id)]
    finally:
        await connection.close()
