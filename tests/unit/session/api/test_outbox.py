from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from unit.session.api.doubles import ENTRY, FakeSender
from whatsapp_session.outbox.errors import TooLate

SHAPE = {
    "id": "out_1",
    "state": "queued",
    "to": "5491100000002",
    "type": "text",
    "messageId": None,
    "createdAt": "2026-01-01T12:00:00.000Z",
    "sendAt": None,
    "sentAt": None,
    "error": None,
    "message": None,
}


async def test_an_unknown_entry_is_404(http: httpx.AsyncClient) -> None:
    for method in ("GET", "DELETE"):
        answer = await http.request(method, "/outbox/out_2")
        assert (answer.status_code, answer.json()["error"]) == (404, "outbox_entry_not_found")


async def test_what_is_being_sent_is_not_cancelled(http: httpx.AsyncClient, sender: FakeSender) -> None:
    sender.fails = TooLate("The entry out_1 is sending.")
    answer = await http.delete("/outbox/out_1")
    assert (answer.status_code, answer.json()["error"]) == (409, "too_late")


@pytest.mark.parametrize("state", ["free", "SENT", "", "sent,failed"])
async def test_an_unknown_state_is_refused(http: httpx.AsyncClient, state: str) -> None:
    answer = await http.get(f"/outbox?state={state}")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_an_entry_is_shown_and_cancelled(http: httpx.AsyncClient) -> None:
    for method in ("GET", "DELETE"):
        assert (await http.request(method, "/outbox/out_1")).json() == {"ok": True, "entry": SHAPE}


async def test_entries_come_in_pages(http: httpx.AsyncClient, sender: FakeSender) -> None:
    sender.entries = [replace(ENTRY, id=f"out_{number}") for number in range(3)]
    page = (await http.get("/outbox?limit=2")).json()
    assert ([entry["id"] for entry in page["entries"]], page["next"]) == (["out_0", "out_1"], "out_1")
    await http.get("/outbox?state=queued&after=out_1")
    assert sender.asked == [((), 2, None), (("queued",), 50, "out_1")]
