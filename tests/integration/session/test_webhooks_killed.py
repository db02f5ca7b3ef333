"""`kill -9` in the middle of deliveries: nothing is lost, ids stay, chats keep their order."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path
from typing import Any

from aiohttp import web

from integration.session import webhook_child
from integration.session.processes import eventually
from unit.session.webhooks.stage import SECRET, Recorder

TOTAL = 500
KILLS = 6


async def test_six_kills_lose_nothing_and_keep_the_order(tmp_path: Path) -> None:
    dice = random.Random(4)

    def moody(body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        return web.Response(status=dice.choices([200, 500, 503], weights=[96, 2, 2])[0])

    crm = Recorder(answer=moody)
    await crm.start()

    async def got(count: int) -> bool:
        return len({call.id for call in crm.taken}) >= count

    for life in range(KILLS + 1):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "integration.session.webhook_child", str(tmp_path), crm.url, SECRET,
            str(TOTAL), cwd=Path(__file__).parents[2],
        )  # fmt: skip
        try:
            wanted = TOTAL if life == KILLS else TOTAL * (life + 1) // (KILLS + 2) + dice.randrange(30)
            await eventually(lambda: got(wanted), f"{wanted} events arrive")  # noqa: B023
        finally:
            child.kill()
            await child.wait()
        if life == KILLS // 2:  # the receiver is away while the process comes up
            await crm.stop()
            asyncio.get_running_loop().call_later(2, lambda: asyncio.ensure_future(crm.start()))
    await crm.stop()

    assert crm.forged == []
    order = list(dict.fromkeys(call.body["seq"] for call in crm.taken))
    assert sorted(order) == list(range(1, TOTAL + 1))
    assert {call.id for call in crm.calls} == {f"event:{seq}" for seq in order}
    for chat in range(webhook_child.CHATS):
        seen = [seq for seq in order if seq % webhook_child.CHATS == chat]
        assert seen == sorted(seen)
