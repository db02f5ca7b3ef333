"""`GET /api/sessions` of a tenant with 10,000 sessions, beside the bare query: the same columns by asyncpg,
then orjson. The hub's time is that of the whole call over HTTP, with its key looked up."""

from __future__ import annotations

import time

import asyncpg
import orjson

from bench.stage import Stage, Tenant
from bench.wire import request
from whatsapp_hub.api.shapes import LISTED

QUERY = f"""SELECT {", ".join(column.key for column in LISTED)}
FROM whatsapp_sessions WHERE tenant_id = $1 ORDER BY id"""


async def hub(stage: Stage, owner: Tenant, count: int) -> float:
    """Milliseconds of one call."""
    connection = await stage.connection()
    call = request("GET", "/api/sessions", {"x-api-key": owner.key})
    begun = time.perf_counter()
    answer = await connection.call(call)
    spent = time.perf_counter() - begun
    connection.close()
    assert answer.status == 200, answer.body
    assert orjson.loads(answer.body)["data"]["total"] == count
    return spent * 1000


async def peer(connection: asyncpg.Connection, owner: Tenant, count: int) -> float:
    """Milliseconds of the query and its JSON."""
    begun = time.perf_counter()
    rows = await connection.fetch(QUERY, owner.id)
    text = orjson.dumps([dict(row) for row in rows])
    spent = time.perf_counter() - begun
    assert len(rows) == count
    assert text
    return spent * 1000
