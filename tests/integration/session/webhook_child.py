"""A process that writes events and delivers them, to be killed: FOLDER URL SECRET TOTAL.

It goes on where its journal ends, so that all its lives together write TOTAL events.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from whatsapp_session.config import Webhook
from whatsapp_session.database import Database
from whatsapp_session.journal import Journal
from whatsapp_session.net.guard import Guard
from whatsapp_session.webhooks.dispatcher import Webhooks
from whatsapp_session.webhooks.orchestrator import Origin

CHATS = 7


async def live(folder: Path, url: str, secret: str, total: int) -> None:
    database = Database(folder / "journal.sqlite3")
    journal = Journal(database)
    webhooks = Webhooks(
        database=database,
        journal=journal,
        guard=Guard(["127.0.0.0/8"]),
        origin=lambda: Origin(server_port=1, auth_folder_path="/"),
    )
    journal.floor = webhooks.floor
    webhooks.configure([Webhook(name="crm", url=url, secrets=(secret,))])
    delivering = asyncio.create_task(webhooks.run())
    while (seq := journal.last_seq() + 1) <= total:
        await asyncio.to_thread(
            journal.append,
            id=f"event:{seq}",
            type="message.received",
            time=datetime.now(UTC),
            session="cliente_51",
            data={"chatId": f"{seq % CHATS}@c.us", "text": f"text {seq}"},
        )
        webhooks.wake()
    await delivering


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
