"""What one call carries."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from unit.session.doubles import NOW
from unit.session.webhooks.stage import OLD_SECRET, SECRET
from whatsapp_contracts.events import Event
from whatsapp_session.webhooks.calls import Call, call, headers, standard


def event(id: str = "received:false_549@c.us_3EB0") -> Event:
    return Event(id=id, seq=1, type="message.received", time="t", session="s", data={"text": "ñ"})


def test_the_id_of_an_event_is_the_id_of_its_call() -> None:
    (made,) = standard(event())
    assert made.id == "received:false_549@c.us_3EB0"
    assert json.loads(made.body) == event().to_json()
    assert made.path == ""


@pytest.mark.parametrize(
    "id", ["a b", "a\nwebhook-signature: v1,x", 'x.1700000000.{"id":1}', "ñ", "a" * 300, ""]
)
def test_an_id_that_could_break_a_header_or_a_signature_is_hashed(id: str) -> None:
    made = call(id, {})
    assert made.id.startswith("evt_")
    assert made.id == call(id, {}).id
    assert made.id.isascii()
    assert len(made.id) == 36


def test_an_attempt_signs_its_own_moment() -> None:
    made = Call(id="evt_1", body="{}")
    first = headers(made, (SECRET,), NOW)
    later = headers(made, (SECRET,), NOW + timedelta(hours=1))
    assert first["webhook-id"] == later["webhook-id"]
    assert int(later["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 3600
    assert first["webhook-signature"] != later["webhook-signature"]


def test_each_secret_signs_and_the_current_one_is_first() -> None:
    made = Call(id="evt_1", body="{}")
    both = headers(made, (SECRET, OLD_SECRET), NOW)["webhook-signature"].split(" ")
    assert both == [headers(made, (each,), NOW)["webhook-signature"] for each in (SECRET, OLD_SECRET)]
