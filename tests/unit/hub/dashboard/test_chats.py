"""Chats and messages on the dashboard."""

from __future__ import annotations

import asyncio
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest

from unit.hub.dashboard.talking import ANA, NOON, TEAM, message, person, refusal, talking, written
from unit.hub.world import World
from whatsapp_hub.dashboard import chat_live
from whatsapp_hub.store.organization import Organization

CHATS = "/sessions/1/chats"
CHAT = f"{CHATS}/{ANA}"
PAGES = [CHATS, CHAT, f"{CHATS}/new", f"{CHATS}/live", "/sessions/1/media/med_1"]


@pytest.mark.parametrize("path", PAGES)
async def test_nobody_reads_without_a_login(world: World, path: str) -> None:
    pod = await talking(world)
    answer = await world.http.get(path, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/login")
    assert pod.calls == []


@pytest.mark.parametrize("path", PAGES)
async def test_nobody_reads_another_organizations_chats(world: World, path: str) -> None:
    pod = await talking(world)
    stranger = await person(world, org=world.two)
    assert (await stranger.get(path)).status_code == 404
    assert pod.calls == []


@pytest.mark.parametrize("chat", ["x", "..%2Fsecret", "549@c.us%2F..", "<b>"])
async def test_what_is_no_chat_is_404_and_asks_nobody(world: World, chat: str) -> None:
    pod = await talking(world)
    me = await person(world)
    assert (await me.get(f"{CHATS}/{chat}")).status_code == 404
    assert pod.calls == []


async def test_the_list_has_names_and_what_is_unread(world: World) -> None:
    await talking(world)
    page = (await (await person(world)).get(CHATS)).text
    assert ">Ana</bdi>" in page
    assert ">Team</bdi>" in page
    assert "2 unread messages" in page
    assert "Choose a chat" in page


async def test_a_chat_has_its_messages_the_oldest_first(world: World) -> None:
    pod = await talking(world)
    pod.messages[ANA] = [message("A"), message("B", fromMe=True, ack=3, text="mine")]
    page = (await (await person(world)).get(CHAT)).text
    assert page.index("text of A") < page.index("mine")
    assert 'class="ticks ticks-3"' in page
    assert ">Read</span>" in page


HOSTILE: dict[str, dict[str, Any]] = {
    "a script": {"text": "<script>alert(1)</script>"},
    "a script in a name": {"pushName": "<script>alert(1)</script>", "chatId": TEAM},
    "an attribute's end": {"text": '" onmouseover="alert(1)'},
    "a link that runs": {"text": 'javascript:alert(1) https://a.example/" onclick=alert(1)'},
    "a file's name": {
        "type": "document",
        "media": {"id": "med_1", "mimeType": "text/html", "fileName": "<script>alert(1)</script>"},
    },
    "a file's id": {"type": "image", "media": {"id": '"><script>alert(1)</script>', "mimeType": "image/png"}},
    "a drawing": {"type": "image", "media": {"id": "med_1", "mimeType": "image/svg+xml"}},
    "a place": {
        "type": "location",
        "location": {"latitude": 1, "longitude": 2, "name": "<script>alert(1)</script>"},
    },
    "a card": {"type": "contact", "contacts": [{"name": "<script>alert(1)</script>", "phones": ["<b>1"]}]},
    "a poll": {"type": "poll", "poll": {"name": "<script>", "options": ["<script>alert(1)</script>"]}},
    "a quote": {
        "quoted": {"messageId": '"><script>', "from": "<script>", "text": "<script>alert(1)</script>"}
    },
    "a message's id": {"messageId": '"><script>alert(1)</script>'},
    "a line turned around": {"text": "a\u202eb", "pushName": "x\u202ey"},
}


class Elements(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action")]


@pytest.mark.parametrize("fields", HOSTILE.values(), ids=HOSTILE)
async def test_nothing_that_people_write_becomes_the_page(world: World, fields: dict[str, Any]) -> None:
    pod = await talking(world)
    me = await person(world)
    plain = (await me.get(f"{CHATS}/{TEAM}")).text
    pod.messages[TEAM] = [message("A", **fields)]
    page = (await me.get(f"{CHATS}/{TEAM}")).text
    before, after = Elements(plain), Elements(page)
    assert after.names.count("script") == before.names.count("script")
    assert not [name for name in after.attributes if name.startswith("on")]
    assert {urlsplit(each).scheme for each in after.addresses} <= {"", "https"}
    assert "\u202e" not in page


async def test_a_stranger_names_no_chat_into_the_page(world: World) -> None:
    pod = await talking(world)
    pod.chats[0]["name"] = "<script>alert(1)</script>\u202e"
    page = (await (await person(world)).get(CHATS)).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


async def test_links_are_followed_without_telling_where_from(world: World) -> None:
    pod = await talking(world)
    pod.messages[ANA] = [message("A", text="see https://shop.example/a?b=1&c=2")]
    page = (await (await person(world)).get(CHAT)).text
    assert (
        '<a href="https://shop.example/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer nofollow">'
        in page
    )


KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "image": ({"media": {"id": "med_1", "mimeType": "image/png", "width": 4, "height": 3}}, "<img "),
    "sticker": ({"media": {"id": "med_1", "mimeType": "image/webp"}}, "bubble-sticker"),
    "video": ({"media": {"id": "med_1", "mimeType": "video/mp4"}}, "<video "),
    "audio": ({"media": {"id": "med_1", "mimeType": "audio/ogg", "voice": True}}, "Voice message"),
    "document": ({"media": {"id": "med_1", "mimeType": "application/pdf", "fileName": "a.pdf"}}, "a.pdf"),
    "location": ({"location": {"latitude": 1.5, "longitude": 2, "name": "Shop"}}, "openstreetmap.org"),
    "contact": ({"contacts": [{"name": "Bea", "phones": ["549"]}]}, "Bea"),
    "poll": ({"poll": {"name": "When?", "options": ["Now"]}}, '<li dir="auto">Now</li>'),
}


@pytest.mark.parametrize(("kind", "fields", "seen"), [(k, *v) for k, v in KINDS.items()], ids=KINDS)
async def test_every_kind_of_message_is_drawn(
    world: World, kind: str, fields: dict[str, Any], seen: str
) -> None:
    pod = await talking(world)
    pod.messages[ANA] = [message("A", type=kind, **fields)]
    assert seen in (await (await person(world)).get(CHAT)).text


@pytest.mark.parametrize(("state", "seen"), [("tooLarge", "too large"), ("failed", "could not be fetched")])
async def test_a_file_that_is_not_there_says_why(world: World, state: str, seen: str) -> None:
    pod = await talking(world)
    media = {"id": "med_1", "mimeType": "image/png", "state": state}
    pod.messages[ANA] = [message("A", type="image", media=media)]
    page = (await (await person(world)).get(CHAT)).text
    assert seen in page
    assert "/media/" not in page


async def test_what_happened_to_a_message_since_is_drawn(world: World) -> None:
    pod = await talking(world)
    pod.messages[ANA] = [message("A"), message("B", text="secret", deleted=True), message("C", editedAt=NOON)]
    pod.tell("message.reaction", {"messageId": f"false_{ANA}_A", "chatId": ANA, "from": "1", "emoji": "👍"})
    page = (await (await person(world)).get(CHAT)).text
    assert "👍" in page
    assert "This message was deleted" in page
    assert "secret" not in page
    assert "edited" in page


async def test_in_a_group_it_is_said_who_wrote(world: World) -> None:
    pod = await talking(world)
    pod.messages[TEAM] = [message("A", chatId=TEAM, pushName="Bea")]
    page = (await (await person(world)).get(f"{CHATS}/{TEAM}")).text
    assert '<p class="bubble-sender"><bdi>Bea</bdi></p>' in page


async def test_older_messages_are_a_part_of_the_page(world: World) -> None:
    pod = await talking(world)
    pod.following = f"false_{ANA}_A"
    me = await person(world)
    assert "Earlier messages" in (await me.get(CHAT)).text
    answer = await me.get(f"{CHAT}?before=false_{ANA}_A", **{"HX-Request": "true"})
    assert "<html" not in answer.text
    assert "text of A" in answer.text
    assert any("after=false_" in call.path for call in pod.calls)


@pytest.mark.parametrize(("asked", "seen"), [("ana", 1), ("+54 9 11", 1), ("nobody", 0)])
async def test_a_search_answers_with_the_entries_alone(world: World, asked: str, seen: int) -> None:
    await talking(world)
    me = await person(world)
    answer = await me.get(f"{CHATS}?q={asked.replace('+', '%2B')}", **{"HX-Request": "true"})
    assert "<html" not in answer.text
    assert answer.text.count('class="entry"') == seen
    assert ("No chat matches" in answer.text) == (seen == 0)


async def test_a_chat_that_nobody_has_written_in_is_an_empty_one(world: World) -> None:
    pod = await talking(world)
    del pod.messages[ANA]
    answer = await (await person(world)).get(CHAT)
    assert answer.status_code == 200
    assert 'id="composer"' in answer.text


@pytest.mark.parametrize("broken", ["The session is not running now.", None])
async def test_while_the_session_is_away_the_hubs_own_messages_are_shown(
    world: World, broken: str | None
) -> None:
    await talking(world)
    await written(world, "kept words")
    if broken:
        world.backend.broken = broken
    else:
        world.backend.answer = lambda call: refusal("session_not_ready", "It is not READY.", 409)
    me = await person(world)
    listed = (await me.get(CHATS)).text
    assert "kept words" in listed
    assert "only incoming messages that the server keeps" in listed
    page = (await me.get(CHAT)).text
    assert "kept words" in page
    assert "only incoming messages that the server keeps" in page


async def test_kept_messages_are_those_of_the_chat(world: World) -> None:
    await talking(world)
    await written(world, "to Ana")
    await written(world, "to the team", id=f"false_{TEAM}_K_{ANA}")
    world.backend.broken = "away"
    me = await person(world)
    page = (await me.get(CHAT)).text.partition('id="messages"')[2]
    assert "to Ana" in page
    assert "to the team" not in page
    page = (await me.get(f"{CHATS}/{TEAM}")).text.partition('id="messages"')[2]
    assert "to the team" in page
    assert "to Ana" not in page


async def test_a_session_that_nobody_wrote_to_is_no_empty_page(world: World) -> None:
    pod = await talking(world)
    pod.chats = []
    assert "There are no chats yet" in (await (await person(world)).get(CHATS)).text
    world.backend.broken = "away"
    assert "has kept no incoming messages" in (await (await person(world)).get(CHATS)).text


async def test_marking_as_read_is_a_writers_and_needs_our_form(world: World) -> None:
    pod = await talking(world)
    me, viewer = await person(world), await person(world, "viewer")
    assert (await viewer.post(f"{CHAT}/read")).status_code == 403
    refused = await world.http.post(f"{CHAT}/read", headers=me.headers)
    assert refused.status_code == 403
    assert not [call for call in pod.calls if call.method == "POST"]
    assert (await me.post(f"{CHAT}/read")).status_code == 303
    assert [call.path for call in pod.calls if call.method == "POST"] == ["/chats/5491123456789%40c.us/read"]
    world.backend.broken = "away"
    assert (await me.post(f"{CHAT}/read")).status_code == 503


async def forever() -> bool:
    return True


async def heard(world: World, *, until: str) -> str:
    """What a page hears until `until` is in it."""
    row = await world.row("a")
    stream = chat_live.follow(
        world.services, row, ANA, 0, lambda one: f"[{one.message_id}|{one.ack}]", forever
    )
    text = ""
    async with asyncio.timeout(30):
        async for part in stream:
            text += part
            if until in text:
                break
    await stream.aclose()
    return text


async def test_new_messages_are_told_live(world: World) -> None:
    pod = await talking(world)
    pod.tell("message.received", message("B"))
    pod.tell("message.received", message("X", chatId=TEAM))
    text = await heard(world, until="event: chats")
    assert f"data: [false_{ANA}_B|None]" in text
    assert "_X" not in text
    assert "id: 2\n" in text


async def test_ticks_and_reactions_are_told_live(world: World) -> None:
    pod = await talking(world)
    mine = message("M", messageId=f"true_{ANA}_M", fromMe=True, ack=1)
    pod.messages[ANA] = [mine | {"ack": 2}]
    pod.tell("message.ack", {"messageId": mine["messageId"], "chatId": ANA, "ack": 2})
    text = await heard(world, until="event: changed")
    assert f"data: [{mine['messageId']}|2]" in text


async def test_while_the_session_is_away_what_comes_in_is_told_from_the_rows(world: World) -> None:
    await talking(world)
    world.backend.broken = "away"
    row = await world.row("a")
    stream = chat_live.follow(
        world.services, row, ANA, None, lambda one: "".join(p.text for p in one.pieces), forever
    )
    text = await anext(stream) + await anext(stream)
    await written(world, "kept words")
    async with asyncio.timeout(30):
        while "kept words" not in text:
            text += await anext(stream)
    await stream.aclose()
    assert "event: message\ndata: kept words\n\n" in text


def test_a_message_cannot_end_its_event() -> None:
    text = chat_live.event_text("message", "a\n\nevent: message\ndata: forged\r\n\r\nb", 7)
    assert [line.partition(":")[0] for line in text.splitlines()] == ["event", "id", *["data"] * 6, ""]


async def test_a_stream_ends_with_the_login_of_who_reads_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await talking(world)
    me = await person(world, "viewer")
    monkeypatch.setattr(chat_live, "LOGIN_LOOK", 0.0)
    monkeypatch.setattr(chat_live, "LOOK", 0.01)
    async with world.services.database.begin() as transaction:
        user = (await Organization(transaction, world.one.id).users())[-1]
        user.active = False
    row = await world.row("a")
    asked: list[bool] = []

    async def still() -> bool:
        asked.append((await me.get(CHATS)).status_code == 200)
        return asked[-1]

    async with asyncio.timeout(30):
        async for _ in chat_live.follow(world.services, row, ANA, 0, str, still):
            pass
    assert asked == [False]


async def test_a_stream_outlives_the_database(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await talking(world)
    world.backend.broken = "away"
    monkeypatch.setattr(chat_live, "AGAIN", 0.0)
    row = await world.row("a")
    text_of = lambda one: "".join(piece.text for piece in one.pieces)  # noqa: E731
    stream = chat_live.follow(world.services, row, ANA, None, text_of, forever)
    text = await anext(stream) + await anext(stream)
    read, failures = world.services.database.read, iter([1, 1])

    def unsteady() -> Any:
        if next(failures, None):
            raise ConnectionError("the database is away")
        return read()

    await written(world, "kept words")
    monkeypatch.setattr(world.services.database, "read", unsteady)
    async with asyncio.timeout(30):
        while "kept words" not in text:
            text += await anext(stream)
    await stream.aclose()
    assert next(failures, None) is None


async def test_what_happened_while_the_session_was_away_is_told_after(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = await talking(world)
    monkeypatch.setattr(chat_live, "LOOK", 0.01)
    monkeypatch.setattr(chat_live, "AWAY_LOOK", 0.01)
    row = await world.row("a")
    stream = chat_live.follow(world.services, row, ANA, 0, lambda one: one.message_id, forever)
    text = await anext(stream) + await anext(stream)
    world.backend.broken = "away"
    text += await anext(stream)
    pod.tell("message.sent", message("M", messageId=f"true_{ANA}_M", fromMe=True))
    world.backend.broken = None
    async with asyncio.timeout(30):
        while f"true_{ANA}_M" not in text:
            text += await anext(stream)
    await stream.aclose()
