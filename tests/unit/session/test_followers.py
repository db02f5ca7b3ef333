from __future__ import annotations

import pytest

from whatsapp_contracts.events import Event
from whatsapp_session.followers import BACKLOG, Follower, Followers


def event(seq: int) -> Event:
    return Event(id=str(seq), seq=seq, type="session.state", time="", session="s", data={})


async def read(follower: Follower) -> list[int]:
    got = []
    while (one := await follower.next(timeout=5)) is not None:
        got.append(one.seq)
    return got


async def test_silence_is_a_timeout_and_not_an_end() -> None:
    with pytest.raises(TimeoutError):
        await Followers().join().next(timeout=0.001)


async def test_everybody_gets_every_event_in_order() -> None:
    followers = Followers()
    one, two = followers.join(), followers.join()
    for seq in (1, 2, 3):
        followers.tell(event(seq))
    followers.end_all()
    assert await read(one) == await read(two) == [1, 2, 3]


async def test_who_does_not_read_is_let_go_of_and_holds_no_more_memory() -> None:
    followers = Followers()
    follower = followers.join()
    for seq in range(2 * BACKLOG):
        followers.tell(event(seq))
    assert await read(follower) == list(range(BACKLOG))


async def test_after_the_end_nobody_can_stay() -> None:
    followers = Followers()
    followers.close()
    assert await read(followers.join()) == []


async def test_who_left_is_not_told() -> None:
    followers = Followers()
    follower = followers.join()
    followers.leave(follower)
    followers.tell(event(1))
    follower.end()
    assert await read(follower) == []
    assert len(followers) == 0
