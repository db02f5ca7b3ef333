from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from unit.session.engine.fake_page import FakePage
from unit.session.engine.plain import MESSAGE
from whatsapp_session.engine import sending
from whatsapp_session.engine.protocol import (
    BrowserGone,
    EngineError,
    EngineStuck,
    NotConnected,
    NotFound,
    PageLost,
    SendFailed,
    SendRefused,
    Stage,
)
from whatsapp_session.outgoing import (
    Card,
    Contacts,
    Content,
    Deletion,
    Edit,
    Forward,
    Location,
    Media,
    Outgoing,
    Poll,
    Reaction,
    Text,
)

CHAT = "5491100000002@c.us"
BARE = "3EB0" + "A" * 18
SENT = {"ok": {**MESSAGE, "ack": 1}}
NEVER = {"ok": None}


async def send(page: FakePage, content: Content, **more: Any) -> str:
    outgoing = Outgoing(to=CHAT, content=content, **more)
    sent = await sending.send(page.page, outgoing, chat_id=CHAT, bare_id=BARE, timeout=10)
    return sent.message_id


def media(path: Path) -> Media:
    path.write_bytes(b"content")
    return Media(
        kind="image", path=str(path), mime_type="image/png", file_name="a.png", size=7, sha256="", caption="c"
    )


@pytest.mark.parametrize(
    ("lost", "want"),
    [
        (EngineStuck(Stage.SEND, 10), SendFailed),
        (PageLost("The page crashed."), SendFailed),
        (BrowserGone("The browser ended."), SendFailed),
    ],
)
async def test_a_page_that_goes_away_under_a_send_or_change_leaves_the_outcome_unknown(
    lost: EngineError, want: type[EngineError]
) -> None:
    page = FakePage({"send": lambda _: lost, "edit": lambda _: lost})
    with pytest.raises(want, match=r"Look for its message\.sent event"):
        await send(page, Text(text="hello"))
    edit = Outgoing(to=CHAT, content=Edit(message_id=f"true_{CHAT}_1", text="new"))
    with pytest.raises(want):
        await sending.change(page.page, edit, timeout=10)


@pytest.mark.parametrize(
    "lost", [EngineStuck(Stage.UPLOAD, 10), PageLost("The page crashed."), BrowserGone("The browser ended.")]
)
@pytest.mark.parametrize("method", ["find", "upload"])
async def test_a_page_that_goes_away_before_the_send_sent_nothing(
    lost: EngineError, method: str, tmp_path: Path
) -> None:
    page = FakePage({"find": lambda _: NEVER, method: lambda _: lost})
    with pytest.raises(NotConnected, match="Nothing was sent"):
        await send(page, media(tmp_path / "file"))
    assert "send" not in page.methods()


async def test_a_page_that_loads_did_nothing() -> None:
    with pytest.raises(NotConnected):
        await send(FakePage(), Text(text="hello"))


async def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    page = FakePage({"find": lambda _: NEVER})
    gone = media(tmp_path / "file")
    gone.file.unlink()
    with pytest.raises(SendRefused, match="cannot be read"):
        await send(page, gone)
    assert page.methods() == ["find"]


@pytest.mark.parametrize(("kind", "error"), [("missing", NotFound), ("refused", SendRefused)])
async def test_what_the_page_says_of_a_send_is_kept(kind: str, error: type[EngineError]) -> None:
    page = FakePage({"send": lambda _: {"error": kind, "because": "No."}})
    with pytest.raises(error):
        await send(page, Text(text="hello"))


async def test_a_change_is_no_new_message_and_the_other_way_round() -> None:
    with pytest.raises(SendRefused):
        await send(FakePage(), Deletion(message_id="x"))
    with pytest.raises(SendRefused):
        await sending.change(FakePage().page, Outgoing(to=CHAT, content=Text(text="x")), timeout=10)


async def test_a_text_is_one_call_with_its_id_quote_and_mentions() -> None:
    page = FakePage({"send": lambda _: SENT})
    mentions = ("5491100000003", "7@lid")
    assert await send(page, Text(text="hello"), reply_to="false_x_1", mentions=mentions) == MESSAGE["id"]
    ((method, argument),) = page.asked
    assert method == "send"
    assert 0 < argument.pop("ms") <= 10_000
    assert argument == {
        "chat": CHAT,
        "id": BARE,
        "content": {"type": "text", "text": "hello"},
        "replyTo": "false_x_1",
        "mentions": ["5491100000003@c.us", "7@lid"],
    }


async def test_a_file_is_uploaded_first_and_not_again_when_whatsapp_has_its_message(tmp_path: Path) -> None:
    content = media(tmp_path / "file")
    page = FakePage({"find": lambda _: NEVER, "upload": lambda _: {"ok": 7}, "send": lambda _: SENT})
    await send(page, content)
    assert page.methods() == ["find", "upload", "send"]
    assert page.asked[-1][1]["content"] == {
        "type": "media", "kind": "image", "handle": 7, "mimeType": "image/png", "fileName": "a.png",
        "caption": "c", "gif": False,
    }  # fmt: skip
    known = FakePage({"find": lambda _: SENT, "send": lambda _: SENT})
    await send(known, content)
    assert known.methods() == ["find", "send"]


@pytest.mark.parametrize(
    ("content", "want"),
    [
        (
            Location(latitude=1.5, longitude=2.5, name="Here"),
            {"type": "location", "latitude": 1.5, "longitude": 2.5, "name": "Here", "address": None},
        ),
        (
            Contacts(cards=(Card(name="Bea", vcard="v"),)),
            {"type": "contacts", "cards": [{"name": "Bea", "vcard": "v"}]},
        ),
        (
            Poll(name="When?", options=("now", "later")),
            {"type": "poll", "name": "When?", "options": ["now", "later"], "multiple": False},
        ),
        (Forward(message_id="false_x_1"), {"type": "forward", "forward": "false_x_1"}),
    ],
)
async def test_other_contents_are_plain_data(content: Content, want: dict[str, Any]) -> None:
    page = FakePage({"send": lambda _: SENT})
    await send(page, content)
    assert page.asked[0][1]["content"] == want


@pytest.mark.parametrize(
    ("content", "want"),
    [
        (Reaction(message_id="m", emoji="👍"), ("react", {"id": "m", "emoji": "👍"})),
        (Edit(message_id="m", text="new"), ("edit", {"id": "m", "text": "new"})),
        (Deletion(message_id="m"), ("delete", {"id": "m"})),
    ],
)
async def test_each_change_is_one_call(content: Content, want: tuple[str, dict[str, Any]]) -> None:
    page = FakePage({want[0]: lambda _: {"ok": True}})
    await sending.change(page.page, Outgoing(to=CHAT, content=content), timeout=10)
    assert page.asked == [want]


async def test_what_whatsapp_never_had_is_none_and_what_it_has_is_a_message() -> None:
    assert await sending.find(FakePage({"find": lambda _: NEVER}).page, CHAT, BARE, timeout=1) is None
    found = await sending.find(FakePage({"find": lambda _: SENT}).page, CHAT, BARE, timeout=1)
    assert found is not None
    assert (found.message_id, found.ack) == (MESSAGE["id"], 1)
