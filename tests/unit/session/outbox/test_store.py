from __future__ import annotations

import re
from pathlib import Path

import pytest

from unit.session.doubles import NOW
from unit.session.outbox.conftest import text
from whatsapp_session.database import Database
from whatsapp_session.outbox.store import OutboxStore
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

EVERY: list[Content] = [
    Text(text="half of a pair: \ud83d, ñ 😀"),
    Media(kind="gif", path="/m/1", mime_type="video/mp4", file_name="a.mp4", size=1, sha256="00", gif=True),
    Location(latitude=-34.6, longitude=-58.4, name="Obelisco"),
    Contacts(cards=(Card(name="Ana", vcard="BEGIN:VCARD"),)),
    Poll(name="When?", options=("Today", "Tomorrow"), multiple=True),
    Forward(message_id="false_x_1"),
    Reaction(message_id="false_x_1", emoji="👍"),
    Edit(message_id="true_x_1", text="later"),
    Deletion(message_id="true_x_1"),
]


@pytest.mark.parametrize("content", EVERY, ids=lambda content: type(content).__name__)
def test_everything_that_can_be_sent_comes_back_from_the_disk_as_it_was(
    database: Database, content: Content
) -> None:
    outgoing = Outgoing(to="5491100000002", content=content, reply_to="false_x_0", mentions=("5491", "9@lid"))
    entry, new = OutboxStore(database).add(outgoing, NOW, call=False, key="k", fingerprint="f", send_at=NOW)
    assert new
    assert OutboxStore(database).get(entry.number) == entry


def test_a_row_of_a_newer_release_stops_no_other_one(database: Database) -> None:
    store = OutboxStore(database)
    newer, _ = store.add(text("newer"), NOW, call=False)
    older, _ = store.add(text("older"), NOW, call=False)
    with database.transaction() as db:
        db.execute('UPDATE outbox SET outgoing = \'{"kind":"hologram"}\' WHERE number = ?', (newer.number,))
    assert store.unfinished(call=False) == [older]


def test_an_id_is_of_whatsapps_form_different_for_each_message_and_the_same_after_a_restart(
    tmp_path: Path,
) -> None:
    ids = []
    for name in ("one", "one", "other"):
        database = Database(tmp_path / f"{name}.sqlite3")
        store = OutboxStore(database)
        ids.append(store.bare_id("k"))
        assert store.bare_id("k") != store.bare_id("l")
        database.close()
    assert all(re.fullmatch("3EB0[0-9A-F]{18}", id) for id in ids)
    assert ids[0] == ids[1]
    assert ids[1] != ids[2]  # another session's salt: the same key there is another message
