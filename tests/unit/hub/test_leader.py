"""Without a server to ask there is one process, and it leads."""

from __future__ import annotations

import pytest

from whatsapp_hub.leader import Leader


async def test_what_the_work_raises_is_raised() -> None:
    async def work() -> None:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        await Leader(None).run(work)


async def test_one_process_always_leads() -> None:
    told: list[bool] = []

    async def work() -> None:
        assert told == [True]

    await Leader(None, told.append).run(work)
