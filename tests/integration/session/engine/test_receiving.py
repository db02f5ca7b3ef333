"""Every kind of message in, and what happens to messages afterwards, as the engine tells it."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from integration.session.conftest import FRIEND, PHONE
from integration.session.engine.driven import Driven
from integration.session.processes import eventually
from whatsapp_session.engine.protocol import NotFound
from whatsapp_session.facts import (
    AckSeen,
    CallSeen,
    ChatMessage,
    DeletionSeen,
    EditSeen,
    ParticipantsChanged,
    PresenceSeen,
    Quoted,
    ReactionSeen,
)
from whatsapp_session.outgoing import Deletion, Edit, Location, Poll, Reaction
from whatsapp_simulator.samples import sample

pytestmark = pytest.mark.timeout(300)
THIRD = "5491100000003"


async def friend_sends(driven: Driven, to: str = PHONE, **body: Any) -> str:
    row = await driven.phones.post(f"/phones/{FRIEND}/send", {"to": to, **body})
    return str(row["id"])


async def got(driven: Driven, bare: str) -> ChatMessage:
    return await driven.message(lambda one: bare in one.message_id)


async def test_every_kind_of_message_is_told_with_what_it_has(driven: Driven) -> None:
    place: dict[str, Any] = {"latitude": -34.5, "longitude": -58.25, "name": "Here", "address": "There 1"}
    text = await got(driven, await friend_sends(driven, text="hello"))
    assert (text.kind, text.text, text.sender, text.recipient) == ("text", "hello", FRIEND, PHONE)
    assert (text.phone, text.chat_id, text.from_me) == (FRIEND, f"{FRIEND}@c.us", False)
    assert text.push_name
    assert text.lid is None or text.lid.endswith("@lid")
    where = await got(driven, await friend_sends(driven, type="location", location=place))
    assert (where.kind, where.text, where.location) == ("location", "", Location(**place))
    contacts = [{"name": "Bea", "phone": THIRD}, {"name": "Carla", "phone": "5491100000004"}]
    one = await got(driven, await friend_sends(driven, type="contact", contacts=contacts[:1]))
    two = await got(driven, await friend_sends(driven, type="contact", contacts=contacts))
    assert (one.kind, [card.name for card in one.contacts]) == ("contact", ["Bea"])
    assert THIRD in one.contacts[0].vcard
    assert [card.name for card in two.contacts] == ["Bea", "Carla"]
    poll = {"name": "When?", "options": ["now", "later"], "multiple": True}
    asked = await got(driven, await friend_sends(driven, type="poll", poll=poll))
    assert (asked.kind, asked.poll) == ("poll", Poll(name="When?", options=("now", "later"), multiple=True))
    said: dict[str, Any] = {"quoted": text.message_id.split("_")[2], "forwarded": True}
    reply = await got(driven, await friend_sends(driven, text="as I said", **said))
    assert reply.quoted == Quoted(message_id=text.message_id, sender=FRIEND, text="hello")
    assert reply.forwarded


@pytest.mark.parametrize("kind", ["image", "video", "gif", "audio", "voice", "document", "sticker"])
async def test_a_file_is_told_with_what_it_is_and_downloaded_byte_by_byte(
    driven: Driven, tmp_path: Path, kind: str
) -> None:
    message = await got(driven, await friend_sends(driven, type=kind))
    made, media = sample(kind), message.media
    assert media is not None
    want = {"voice": "audio", "gif": "video"}.get(kind, kind)
    assert (message.kind, media.voice, media.gif, media.size) == (
        want, kind == "voice", kind == "gif", len(made.data),
    )  # fmt: skip
    assert (media.seconds, media.width, media.height) == (made.seconds, made.width, made.height)
    mime_type = await driven.engine.download(
        message.message_id, tmp_path / "file", limit=10_000_000, timeout=60
    )
    assert mime_type.partition(";")[0] == made.mime_type.partition(";")[0]
    assert (tmp_path / "file").read_bytes() == made.data


async def test_a_large_file_is_downloaded_in_pieces_and_one_above_the_limit_not_at_all(
    driven: Driven, tmp_path: Path
) -> None:
    data = bytes(range(256)) * 20_000
    media = {"data": base64.b64encode(data).decode(), "mimeType": "application/zip", "fileName": "a.zip"}
    message = await got(driven, await friend_sends(driven, type="document", media=media))
    into = tmp_path / "file"
    with pytest.raises(ValueError, match=str(len(data))):
        await driven.engine.download(message.message_id, into, limit=len(data) - 1, timeout=60)
    assert not into.exists()
    await driven.engine.download(message.message_id, into, limit=len(data), timeout=60)
    assert hashlib.sha256(into.read_bytes()).digest() == hashlib.sha256(data).digest()


async def test_a_message_without_a_file_and_no_message_have_nothing_to_download(
    driven: Driven, tmp_path: Path
) -> None:
    message = await got(driven, await friend_sends(driven, text="hello"))
    for id in (message.message_id, f"false_{FRIEND}@c.us_3EB0FFFFFFFFFFFFFFFFFF"):
        with pytest.raises(NotFound):
            await driven.engine.download(id, tmp_path / "file", limit=1000, timeout=60)
    assert not (tmp_path / "file").exists()


async def test_a_message_that_is_decrypted_late_is_told_once_and_decrypted(driven: Driven) -> None:
    url = f"{driven.url}/phones/{PHONE}/faults"
    (await driven.phones.http.put(url, json={"lateDecryption": {"seconds": 0.5}})).raise_for_status()
    late = await got(driven, await friend_sends(driven, text="late"))
    assert late.text == "late"
    (await driven.phones.http.put(url, json={})).raise_for_status()
    await got(driven, await friend_sends(driven, text="the next one"))
    assert len([one for one in driven.told if getattr(one, "message_id", "") == late.message_id]) == 1


async def test_acknowledgements_are_told_up_to_read(driven: Driven) -> None:
    sent = await driven.send_text(FRIEND, "hello")
    await driven.first(AckSeen, where=lambda one: (one.message_id, one.ack) == (sent.message_id, 3))


async def test_reactions_edits_and_deletions_of_others_are_told(driven: Driven) -> None:
    bare = await friend_sends(driven, text="first")
    message = await got(driven, bare)
    common = (message.message_id, message.chat_id, FRIEND, False)

    def named(one: Any) -> bool:
        return (one.message_id, one.chat_id, one.sender, one.from_me) == common

    await driven.phones.post(f"/phones/{FRIEND}/react", {"messageId": bare, "emoji": "👍"})
    await driven.first(ReactionSeen, where=lambda one: named(one) and one.emoji == "👍")
    await driven.phones.post(f"/phones/{FRIEND}/react", {"messageId": bare, "emoji": ""})
    await driven.first(ReactionSeen, where=lambda one: named(one) and one.emoji == "")
    await driven.phones.post(f"/phones/{FRIEND}/edit", {"messageId": bare, "text": "second"})
    edit = await driven.first(EditSeen, where=named)
    assert edit.text == "second"
    await driven.phones.post(f"/phones/{FRIEND}/delete", {"messageId": bare})
    deletion = await driven.first(DeletionSeen, where=named)
    assert abs((deletion.at - edit.at).total_seconds()) < 3600


async def test_own_changes_reach_the_other_phone(driven: Driven) -> None:
    bare = await friend_sends(driven, text="a question")
    asked = await got(driven, bare)
    sent = await driven.send_text(FRIEND, "first")
    await driven.change(FRIEND, Reaction(message_id=asked.message_id, emoji="❤️"))
    await driven.change(FRIEND, Edit(message_id=sent.message_id, text="second"))

    async def rows() -> list[dict[str, Any]]:
        return await driven.phones.get(f"/phones/{FRIEND}/messages")

    async def changed() -> bool:
        question, answer = await rows()
        reactions = [one["emoji"] for one in question["reactions"]]
        return reactions == ["❤️"] and (answer["text"], answer["edited"]) == ("second", True)

    await eventually(changed, "reaction and edit are there")
    await driven.change(FRIEND, Reaction(message_id=asked.message_id, emoji=""))
    await driven.change(FRIEND, Deletion(message_id=sent.message_id))
    await driven.change(FRIEND, Deletion(message_id=sent.message_id))

    async def gone() -> bool:
        question, answer = await rows()
        return question["reactions"] == [] and answer["deleted"] is True

    await eventually(gone, "the reaction is taken back, the message deleted")


async def test_what_happens_in_a_group_is_told(driven: Driven) -> None:
    await driven.phones.post(f"/phones/{THIRD}")
    group = await driven.group(FRIEND)
    bare = await friend_sends(driven, to=group, text="hello all", mentions=[PHONE])
    message = await got(driven, bare)
    assert (message.chat_id, message.sender, message.phone) == (group, FRIEND, FRIEND)
    assert message.mentions == (PHONE,)
    for action, by, member in (
        ("add", PHONE, THIRD), ("promote", PHONE, THIRD), ("demote", PHONE, THIRD), ("remove", PHONE, THIRD),
        ("leave", FRIEND, FRIEND), ("join", FRIEND, FRIEND),
    ):  # fmt: skip
        begun = len(driven.told)
        body = {"by": by, "action": action, "members": [member]}
        await driven.phones.post(f"/groups/{group}/members", body)
        told = await driven.first(ParticipantsChanged, begun)
        assert (told.chat_id, told.action, told.participants, told.by) == (group, action, (member,), by)


async def test_calls_and_the_presence_that_was_asked_for_are_told(driven: Driven) -> None:
    await driven.phones.post(f"/phones/{FRIEND}/call", {"to": PHONE, "video": True})
    call = await driven.first(CallSeen)
    assert (call.sender, call.video, call.group) == (FRIEND, True, False)
    await got(driven, await friend_sends(driven, text="hello"))
    presence = {"to": PHONE, "state": "composing"}
    await driven.phones.post(f"/phones/{FRIEND}/presence", presence)
    await driven.phones.post(f"/phones/{FRIEND}/presence", presence | {"state": "paused"})
    await got(driven, await friend_sends(driven, text="there"))  # after it the page has both states behind it
    await driven.engine.follow_presence(f"{FRIEND}@c.us", timeout=30)
    await driven.phones.post(f"/phones/{FRIEND}/presence", presence | {"state": "recording"})
    seen = await driven.first(PresenceSeen)
    assert seen == PresenceSeen(chat_id=f"{FRIEND}@c.us", sender=FRIEND, state="recording")


async def test_typing_is_shown_to_the_other_phone(driven: Driven) -> None:
    with pytest.raises(NotFound):
        await driven.engine.typing("5491100000099@c.us", "composing", timeout=30)
    await got(driven, await friend_sends(driven, text="hello"))
    for state, shown in (("composing", "composing"), ("recording", "recording"), ("paused", "available")):
        await driven.engine.typing(f"{FRIEND}@c.us", state, timeout=30)

        async def seen(shown: str = shown) -> bool:
            answer = await driven.phones.http.get(f"{driven.url}/phones/{FRIEND}/presence?from={PHONE}")
            return answer.json()["state"] in {shown, "paused" if shown == "available" else shown}

        await eventually(seen, f"the friend sees {shown}")
