"""Every kind of message out: under the id that was given, once, as the phone that gets it sees it."""

from __future__ import annotations

import pytest

from integration.session.conftest import FRIEND, PHONE
from integration.session.engine.driven import Driven
from whatsapp_session.engine.protocol import NotFound, NotOnWhatsApp

pytestmark = pytest.mark.timeout(300)


async def test_a_number_without_an_account_is_told_before_anything_is_sent(driven: Driven) -> None:
    with pytest.raises(NotOnWhatsApp):
        await driven.send_text("5491100000099", "hello")


async def test_a_group_that_the_account_is_not_in_is_not_found(driven: Driven) -> None:
    with pytest.raises(NotFound):
        await driven.engine.resolve("120363000000000001@g.us", timeout=30)


async def test_a_text_goes_out_under_the_id_that_was_given(driven: Driven) -> None:
    bare = driven.bare_id()
    sent = await driven.send_text(FRIEND, "hello", bare_id=bare)
    assert sent.message_id == f"true_{FRIEND}@c.us_{bare}"
    assert (sent.sender, sent.recipient, sent.text, sent.from_me) == (PHONE, FRIEND, "hello", True)
    assert sent.ack >= 1
    (row,) = await driven.rows(FRIEND)
    assert (row["id"], row["text"]) == (bare, "hello")


async def test_the_same_id_sent_twice_is_one_message(driven: Driven) -> None:
    bare = driven.bare_id()
    first = await driven.send_text(FRIEND, "hello", bare_id=bare)
    again = await driven.send_text(FRIEND, "hello", bare_id=bare)
    assert again.message_id == first.message_id
    assert len(await driven.rows(FRIEND)) == 1


async def test_an_id_that_was_sent_before_a_restart_is_found_and_not_sent_again(driven: Driven) -> None:
    bare = driven.bare_id()
    first = await driven.send_text(FRIEND, "hello", bare_id=bare)
    await driven.restart()
    found = await driven.engine.find(f"{FRIEND}@c.us", bare, timeout=30)
    assert found is not None
    assert found.message_id == first.message_id
    assert found.ack >= 1
    again = await driven.send_text(FRIEND, "hello", bare_id=bare)
    assert again.message_id == first.message_id
    assert len(await driven.rows(FRIEND)) == 1


async def test_an_id_that_was_never_sent_is_not_found(driven: Driven) -> None:
    assert await driven.engine.find(f"{FRIEND}@c.us", driven.bare_id(), timeout=30) is None
