"""Every kind of message out: under the id that was given, once, as the phone that gets it sees it."""

from __future__ import annotations

import asyncio
import hashlib
import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from integration.session.conftest import FRIEND, PHONE
from integration.session.engine.driven import Driven, file_of, media_of
from whatsapp_session.engine.protocol import NotFound, NotOnWhatsApp, SendRefused
from whatsapp_session.outgoing import Card, Contacts, Forward, Location, Poll

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


async def test_many_at_once_arrive_once_each_also_when_an_id_is_sent_twice_at_once(driven: Driven) -> None:
    bares = [driven.bare_id() for _ in range(10)]
    await asyncio.gather(*(driven.send_text(FRIEND, bare, bare_id=bare) for bare in bares * 2))
    rows = await driven.rows(FRIEND)
    assert sorted(row["id"] for row in rows) == bares
    assert all(row["text"] == row["id"] for row in rows)


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


@pytest.mark.parametrize("kind", ["image", "video", "gif", "audio", "voice", "document", "sticker"])
async def test_a_file_arrives_as_its_kind_with_every_byte(driven: Driven, tmp_path: Path, kind: str) -> None:
    caption = "look" if kind in {"image", "video", "gif", "document"} else ""
    media = file_of(tmp_path, kind, caption=caption)
    bare = driven.bare_id()
    sent = await driven.send(FRIEND, media, bare_id=bare)
    (row,) = await driven.rows(FRIEND)
    assert (row["id"], row["type"], row["text"]) == (bare, kind, caption)
    assert (row["media"]["sha256"], row["media"]["size"]) == (media.sha256, media.size)
    assert row["media"]["mimeType"].partition(";")[0] == media.mime_type.partition(";")[0]
    assert sent.media is not None
    assert (sent.kind, sent.text) == ("audio" if kind == "voice" else media.kind, caption)
    assert (sent.media.voice, sent.media.gif, sent.media.size) == (kind == "voice", kind == "gif", media.size)
    if kind == "document":
        assert row["media"]["fileName"] == sent.media.file_name == media.file_name


async def test_a_file_without_a_caption_has_no_text(driven: Driven, tmp_path: Path) -> None:
    sent = await driven.send(FRIEND, file_of(tmp_path, "document"))
    assert sent.text == ""
    (row,) = await driven.rows(FRIEND)
    assert row["text"] == ""


async def test_a_large_file_goes_in_pieces_and_the_same_id_again_uploads_nothing(
    driven: Driven, tmp_path: Path
) -> None:
    media = media_of(tmp_path, "document", random.Random(4).randbytes(9_000_001), "application/zip", "a.zip")
    bare = driven.bare_id()
    await driven.send(FRIEND, media, bare_id=bare)
    media.file.unlink()
    await driven.send(FRIEND, media, bare_id=bare)
    (row,) = await driven.rows(FRIEND)
    answer = await driven.phones.http.get(f"{driven.url}/phones/{FRIEND}/messages/{row['id']}/media")
    assert hashlib.sha256(answer.content).hexdigest() == media.sha256


async def test_a_file_that_is_gone_is_refused_and_nothing_is_sent(driven: Driven, tmp_path: Path) -> None:
    media = file_of(tmp_path, "image")
    media.file.unlink()
    with pytest.raises(SendRefused, match="cannot be read"):
        await driven.send(FRIEND, media)
    assert await driven.rows(FRIEND) == []


async def test_places_contacts_and_polls_arrive_whole(driven: Driven) -> None:
    place = Location(latitude=-34.6037, longitude=-58.3816, name="Obelisco", address="Av. Corrientes")
    vcard = "BEGIN:VCARD\nVERSION:3.0\nFN:Bea\nTEL;waid=5491100000003:+54 9 11 0000-0003\nEND:VCARD"
    bea = Card(name="Bea", vcard=vcard)
    carla = Card(name="Carla", vcard=vcard.replace("Bea", "Carla"))
    one = Poll(name="When?", options=("now", "later"))
    several = Poll(name="What?", options=("this", "that"), multiple=True)
    sent = [
        await driven.send(FRIEND, content)
        for content in (place, Contacts(cards=(bea,)), Contacts(cards=(bea, carla)), one, several)
    ]
    assert [message.kind for message in sent] == ["location", "contact", "contact", "poll", "poll"]
    assert [message.text for message in sent] == [""] * 5
    assert sent[0].location == place
    assert (sent[1].contacts, sent[2].contacts) == ((bea,), (bea, carla))
    assert (sent[3].poll, sent[4].poll) == (one, several)
    rows = await driven.rows(FRIEND)
    assert [row["id"] for row in rows] == [message.message_id.split("_")[2] for message in sent]
    assert rows[0]["location"] == asdict(place)
    assert rows[1]["contacts"][0]["vcard"] == vcard
    assert [card["name"] for card in rows[2]["contacts"]] == ["Bea", "Carla"]
    assert [row["poll"]["multiple"] for row in rows[3:]] == [False, True]


async def test_a_reply_quotes_and_a_mention_names(driven: Driven) -> None:
    await driven.phones.send("the question")
    asked = await driven.message()
    group = await driven.group(FRIEND)
    reply = await driven.send_text(FRIEND, "the answer", reply_to=asked.message_id)
    mention = await driven.send_text(group, f"@{FRIEND} hello", mentions=(FRIEND,))
    assert reply.quoted is not None
    assert (reply.quoted.message_id, reply.quoted.sender, reply.quoted.text) == (
        asked.message_id, FRIEND, "the question",
    )  # fmt: skip
    assert mention.mentions == (FRIEND,)
    rows = await driven.rows(FRIEND)
    assert rows[0]["quoted"] == asked.message_id.split("_")[2]
    assert rows[1]["mentions"] == [FRIEND]


async def test_a_reply_to_nothing_and_a_forward_of_nothing_are_not_found(driven: Driven) -> None:
    unknown = f"false_{FRIEND}@c.us_3EB0FFFFFFFFFFFFFFFFFF"
    await driven.send_text(FRIEND, "hello")
    with pytest.raises(NotFound, match="reply"):
        await driven.send_text(FRIEND, "to nothing", reply_to=unknown)
    with pytest.raises(NotFound, match="forward"):
        await driven.send(FRIEND, Forward(message_id=unknown))
    assert len(await driven.rows(FRIEND)) == 1


async def test_everything_is_forwarded_under_the_id_that_was_given(driven: Driven) -> None:
    other = "5491100000003"
    await driven.phones.post(f"/phones/{other}")
    poll = {"name": "When?", "options": ["now", "then"], "multiple": True}
    place = {"latitude": 1.5, "longitude": 2.5, "name": "Here"}
    bodies: list[dict[str, Any]] = [
        {"type": "text", "text": "a text"}, {"type": "image", "text": "a caption"}, {"type": "voice"},
        {"type": "document"}, {"type": "sticker"}, {"type": "location", "location": place},
        {"type": "contact", "contacts": [{"name": "Bea", "phone": other}]}, {"type": "poll", "poll": poll},
    ]  # fmt: skip
    originals: list[dict[str, Any]] = []
    for body in bodies:
        row = await driven.phones.post(f"/phones/{FRIEND}/send", {"to": PHONE, **body})
        originals.append(row)
        await driven.message(lambda one, row=row: str(row["id"]) in one.message_id)  # type: ignore[misc]
    bares = []
    for row in originals:
        bares.append(driven.bare_id())
        original = f"false_{FRIEND}@c.us_{row['id']}"
        sent = await driven.send(other, Forward(message_id=original), bare_id=bares[-1])
        again = await driven.send(other, Forward(message_id=original), bare_id=bares[-1])
        assert (again.message_id, sent.forwarded) == (sent.message_id, True)
    rows = await driven.rows(other)
    assert [row["id"] for row in rows] == bares
    assert all(row["forwarded"] for row in rows)
    for came, source in zip(rows, originals, strict=True):
        same = ("type", "text", "location", "poll")
        assert {name: came[name] for name in same} == {name: source[name] for name in same}
        digests = [one["media"] and one["media"]["sha256"] for one in (came, source)]
        assert digests[0] == digests[1]
        cards = [[card["vcard"] for card in one["contacts"] or []] for one in (came, source)]
        assert cards[0] == cards[1]


async def test_a_group_message_is_found_by_its_id_after_a_restart(driven: Driven) -> None:
    group = await driven.group(FRIEND)
    bare = driven.bare_id()
    sent = await driven.send_text(group, "to all", bare_id=bare)
    assert sent.chat_id == group
    assert sent.message_id.startswith(f"true_{group}_{bare}_")
    await driven.restart()
    found = await driven.engine.find(group, bare, timeout=30)
    assert found is not None
    assert found.message_id == sent.message_id
    assert (await driven.send_text(group, "to all", bare_id=bare)).message_id == sent.message_id
    assert [row["id"] for row in await driven.rows(FRIEND)] == [bare]


async def test_a_person_known_by_lid_alone_is_answered_at_the_lid(driven: Driven) -> None:
    other = "5491100000003"
    await driven.phones.post(f"/phones/{other}", {"lidOnly": True})
    await driven.phones.send("who am I?", number=other)
    got = await driven.message()
    assert got.phone is None
    assert got.lid == got.sender == got.chat_id
    bare = driven.bare_id()
    sent = await driven.send_text(got.chat_id, "hello", bare_id=bare)
    assert sent.message_id == f"true_{got.chat_id}_{bare}"
    assert [row["text"] for row in await driven.rows(other)] == ["hello"]
    found = await driven.engine.find(got.chat_id, bare, timeout=30)
    assert found is not None
    assert found.message_id == sent.message_id
