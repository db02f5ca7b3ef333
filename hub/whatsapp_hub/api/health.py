"""Probes, without a key: they show nothing of any tenant."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import text

from whatsapp_hub import __version__
from whatsapp_hub.api.caller import services
from whatsapp_hub.api.describe import described
from whatsapp_hub.api.envelope import ok

router = APIRouter(tags=["health"])
WAIT_SECONDS = 5


@router.get(
    "/healthz", **described("Ask whether the process answers", data={"status": "ok", "version": "1.0.0"})
)
async def healthz() -> Response:
    """The process answers. A database that is away is no reason to end it."""
    return ok({"status": "ok", "version": __version__})


@router.get("/readyz", **described("Ask whether the database answers too", data={"status": "ready"}))
async def readyz(request: Request) -> Response:
    """The database answers too; 503 when not."""
    try:
        async with asyncio.timeout(WAIT_SECONDS), services(request).database.read() as transaction:
            await transaction.execute(text("SELECT 1"))
    except TimeoutError:
        raise ConnectionError("the database did not answer in time") from None
    return ok({"status": "ready"})
