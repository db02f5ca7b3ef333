from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from unit.session.doubles import ACCOUNT
from whatsapp_session.engine import runs
from whatsapp_session.engine.browser import Browser, Options
from whatsapp_session.engine.page import Navigated, WhatsAppPage
from whatsapp_session.engine.wa import Turn
from whatsapp_session.engine.watch import Look
from whatsapp_session.facts import Synced

USABLE = Look(ready=True, authenticated=True, main_loaded=True, mode="MAIN", info="NORMAL", account=ACCOUNT)


async def told(monkeypatch: pytest.MonkeyPatch, *turns: Turn | Exception) -> list[Any]:
    """What a run tells of these turns of its page."""
    left, over = list(turns), asyncio.Event()

    class Page:
        async def next(self, wait: float) -> Turn:
            if not left:
                over.set()
                await asyncio.Event().wait()
            turn = left.pop(0)
            if isinstance(turn, Exception):
                raise turn
            return turn

    async def opened(browser: Browser, url: str) -> Page:
        return Page()

    monkeypatch.setattr(WhatsAppPage, "open", opened)
    options = Options(executable=Path("x"), profile=Path("x"), url="http://127.0.0.1/", sandbox=False)
    engine = runs.Runs(options, script="")
    watching = asyncio.ensure_future(engine._watch(1, cast(Browser, None)))
    await asyncio.wait_for(over.wait(), 10)
    watching.cancel()
    got = []
    while not engine._told.empty():
        got.append(engine._told.get_nowait().what)
    return got


@pytest.mark.parametrize(
    "between",
    [(), (Navigated("loaded again"),), (Turn(look=Look()),), (Navigated("loaded again"), Turn(look=Look()))],
    ids=["nothing", "a failed call", "a page without the driver", "both"],
)
async def test_every_load_of_the_page_is_synced_anew_whatever_was_seen_of_it(
    monkeypatch: pytest.MonkeyPatch, between: tuple[Turn | Exception, ...]
) -> None:
    first, second = Turn(look=USABLE, load="1"), Turn(look=USABLE, load="2")
    got = await told(monkeypatch, first, first, *between, second, second)
    assert got == [Synced(account=ACCOUNT)] * 2
