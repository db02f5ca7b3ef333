"""Words between who changes a session and who watches it."""

from __future__ import annotations

from whatsapp_hub import live
from whatsapp_hub.live import Live, Word


async def test_a_word_reaches_who_watches_that_session_and_nobody_else() -> None:
    words = Live()
    with words.watch("a") as first, words.watch("a") as second, words.watch("b") as other:
        await words.tell(Word(tenant_id=1, uid="a", kind="session"))
        assert await first.next(1) == await second.next(1) == Word(tenant_id=1, uid="a", kind="session")
        assert await other.next(0) is None
    assert words.watched == 0


async def test_who_is_too_far_behind_is_told_to_look_anew() -> None:
    words = Live()
    with words.watch("a") as watch:
        for number in range(live.BACKLOG + 1):
            await words.tell(Word(tenant_id=1, uid="a", kind="message", id=number))
        kinds = [
            (await watch.next(0) or Word(tenant_id=1, uid="", kind="none")).kind for _ in range(live.BACKLOG)
        ]
    assert kinds[-1] == "lost"
    assert len(kinds) == live.BACKLOG
