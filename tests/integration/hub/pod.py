"""A session pod's callbacks without the pod: for a hub process whose session is suspended, so that no browser
runs, while the callbacks are signed as that session's are."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
from standardwebhooks import Webhook

from integration.hub.hub_process import HubProcess
from integration.hub.postgres import asked
from whatsapp_contracts import callbacks as d
from whatsapp_contracts.events import timestamp
from whatsapp_hub.backend.protocol import SUSPENDED
from whatsapp_hub.database.connection import Database
from whatsapp_hub.database.models import Session
from whatsapp_hub.security.secrets import open_master_key

NAME = "cliente_51"
NOWHERE = "http://127.0.0.1:9"
"""For `WHATSAPP_URL` where no page is opened."""
OURS = "5491100000001"
CUT = (httpx.NetworkError, httpx.RemoteProtocolError)
"""A call that was not answered. A timeout is none of them: a hub that hangs fails the test."""
PAUSE = 0.1
"""Between a sender's attempts; a pod's are longer."""


async def suspended(database_url: str, *names: str) -> None:
    """Sessions that nothing runs for, before their hub starts."""
    database = Database(database_url)
    now = datetime.now(UTC)
    async with database.begin() as transaction:
        for name in names:
            transaction.add(
                Session(
                    tenant_id=1, uid=f"uid-{name}", session_id=name, status="disconnected", created_at=now,
                    updated_at=now, cliente_id=51, operating_mode=SUSPENDED, generation=1, claim="none",
                )
            )  # fmt: skip
    await database.close()


class Pod:
    """The one session's pod: signs, and sends again until it is taken. `answers`: what it got, by status.

    0: none, because the connection broke or was refused.
    """

    def __init__(self, hub: HubProcess, name: str = NAME) -> None:
        self._hub = hub
        self.name = name
        key_file = hub.environ.get("MASTER_KEY_FILE", "master.key")
        self.secret = open_master_key(hub.data_dir / key_file).callback(f"uid-{name}")
        self._webhook = Webhook(self.secret)
        self.answers: Counter[int] = Counter()
        self.data: dict[str, set[str]] = {}

    def turn_to(self, hub: HubProcess) -> None:
        """Call another replica from now on."""
        self._hub = hub

    def message(self, number: int, sender: str) -> dict[str, Any]:
        """The body of a message, told by its number."""
        return {
            "session_id": self.name, "from": sender, "to": OURS,
            "message": {"type": "text", "text": f"n {number}"},
            "timestamp": timestamp(datetime.fromtimestamp(1_760_000_000 + number, UTC)),
            "message_id": f"false_{sender}@c.us_{number}",
        }  # fmt: skip

    async def once(self, path: str, body: Any, webhook_id: str) -> httpx.Response | None:
        """One attempt; None when nobody answered."""
        text, now = json.dumps(body), datetime.now(UTC)
        headers = {
            "content-type": "application/json", "webhook-id": webhook_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(webhook_id, now, text),
        }  # fmt: skip
        try:
            answer = await self._hub.http.post(self._hub.url + path, content=text, headers=headers)
        except CUT:
            self.answers[0] += 1
            return None
        self.answers[answer.status_code] += 1
        return answer

    async def until_taken(self, path: str, body: Any, webhook_id: str) -> None:
        """Again with the same ids, until the answer is 200; what came with it is in `data`."""
        while True:
            answer = await self.once(path, body, webhook_id)
            if answer is not None and answer.status_code == 200:
                self.data.setdefault(webhook_id, set()).add(json.dumps(answer.json()["data"], sort_keys=True))
                return
            if answer is not None:
                assert answer.status_code == 503, (answer.text, self._hub.log[-40:])
                assert int(answer.headers["retry-after"]) > 0
            await asyncio.sleep(PAUSE)

    async def tell(self, numbers: list[int], sender: Callable[[int], str]) -> None:
        """Messages one after the other, as those of a chat are."""
        for number in numbers:
            await self.until_taken(d.MESSAGE_RECEIVED, self.message(number, sender(number)), f"evt_{number}")


async def side_by_side(count: int, work: Callable[[int], Awaitable[None]]) -> None:
    """`count` pieces of work at once; the first that fails ends all."""
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(work(number))  # type: ignore[arg-type]


async def stored(database_url: str) -> dict[str, int]:
    """How many rows there are, and how many different messages they are."""
    (row,) = await asked(
        database_url,
        "SELECT (SELECT count(*) FROM mensajes),"
        " (SELECT count(DISTINCT (session_pk, message_id)) FROM mensajes),"
        " (SELECT count(*) FROM contacts), (SELECT count(*) FROM chats)",
    )
    return dict(zip(("rows", "messages", "contacts", "chats"), row, strict=True))
