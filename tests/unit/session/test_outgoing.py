"""What can be sent comes back from the outbox as it went in."""

from __future__ import annotations

import json

import pytest

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

CONTENTS: dict[str, Content] = {
    "text": Text(text="¿Cómo estás? 😀"),
    "voice": Media(
        kind="voice", path="/v/f", mime_type="audio/ogg", file_name="f.ogg", size=3, sha256="ab", caption="c"
    ),
    "location": Location(latitude=-34.6, longitude=-58.4, name="Shop"),
    "contact": Contacts(cards=(Card(name="Ana", vcard="BEGIN:VCARD"), Card(name="Leo", vcard="BEGIN:VCARD"))),
    "poll": Poll(name="When?", options=("Today", "Tomorrow"), multiple=True),
    "forward": Forward(message_id="true_x_1"),
    "reaction": Reaction(message_id="true_x_1", emoji=""),
    "edit": Edit(message_id="true_x_1", text="better"),
    "delete": Deletion(message_id="true_x_1"),
}


def test_what_another_release_wrote_is_refused() -> None:
    data = Outgoing(to="1@c.us", content=CONTENTS["text"]).to_json()
    with pytest.raises(KeyError):
        Outgoing.from_json({**data, "kind": "hologram"})
    with pytest.raises(TypeError):
        Outgoing.from_json({**data, "content": {"smell": "good"}})


@pytest.mark.parametrize(("type", "content"), CONTENTS.items(), ids=CONTENTS)
def test_everything_keeps_its_value_and_the_apis_word(type: str, content: Content) -> None:
    outgoing = Outgoing(to="1@c.us", content=content, reply_to="false_x_2", mentions=("1", "2@lid"))
    assert outgoing.type == type
    assert Outgoing.from_json(json.loads(json.dumps(outgoing.to_json()))) == outgoing
