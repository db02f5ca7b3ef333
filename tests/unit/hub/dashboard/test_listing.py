from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from whatsapp_hub.dashboard.listing import PER_PAGE, Asked, matches, select

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Row:
    id: int
    session_id: str = ""
    name: str | None = None
    account_phone: str | None = None
    operating_mode: str = "Connected"
    state: str | None = "READY"
    reason: str | None = None
    state_since: datetime | None = None
    connecting_since: datetime | None = None
    ended: bool = False
    gone: bool = False


ROWS = [
    Row(1, "cliente_1", "WhatsApp Óptica", "5491100000001"),
    Row(2, "cliente_2", "WhatsApp Norte", state="QR_REQUIRED"),
    Row(3, "cliente_3", operating_mode="Disconnected"),
    Row(4, "cliente_4", ended=True),
]


@pytest.mark.parametrize("page", ["", "0", "-1", "x", "1.5", "²", "9999999999"])
def test_a_page_that_makes_no_sense_is_the_first(page: str) -> None:
    assert select(ROWS, Asked(page=page), NOW).page == 1


def test_a_page_behind_the_last_is_the_last() -> None:
    found = select([Row(id) for id in range(1, PER_PAGE + 2)], Asked(page="7"), NOW)
    assert (found.page, found.pages, found.ids) == (2, 2, [1])


def test_a_status_that_nobody_knows_shows_all() -> None:
    assert select(ROWS, Asked(status="conectado"), NOW).ids == [4, 3, 2, 1]


def test_the_newest_is_first_and_sixty_are_on_a_page() -> None:
    found = select([Row(id) for id in range(1, 122)], Asked(), NOW)
    assert found.ids == list(range(121, 61, -1))
    assert (found.page, found.pages) == (1, 3)


@pytest.mark.parametrize(
    ("status", "ids"), [("connected", [1]), ("pending", [2]), ("disconnected", [3]), ("error", [4])]
)
def test_a_status_shows_its_own_and_counts_all(status: str, ids: list[int]) -> None:
    found = select(ROWS, Asked(status=status), NOW)
    assert found.ids == ids
    assert found.counts == {"pending": 1, "connected": 1, "disconnected": 1, "error": 1}
    assert (found.total, found.all) == (4, 4)


def test_counts_are_of_what_the_search_finds() -> None:
    found = select(ROWS, Asked(q="norte"), NOW)
    assert found.ids == [2]
    assert (found.counts["pending"], found.counts["connected"], found.total, found.all) == (1, 0, 1, 4)


@pytest.mark.parametrize(
    "search", ["", "  ", "óPTICA", "whatsapp ó", "CLIENTE_1", "549110", "+54 9 11 0000-0001"]
)
def test_a_search_finds_names_and_numbers(search: str) -> None:
    assert matches(ROWS[0], search.strip())


@pytest.mark.parametrize("search", ["norte", "549110000009", "óptica 549110", "%", "_x"])
def test_a_search_finds_nothing_else(search: str) -> None:
    assert not matches(ROWS[0], search)


def test_another_page_keeps_the_search_and_leaves_out_what_says_nothing() -> None:
    asked = Asked(q=" a&b ", status="pending", page="3")
    assert asked.query(page=4) == "/sessions?q=a%26b&status=pending&page=4"
    assert asked.query(status="", page=1) == "/sessions?q=a%26b"
    assert Asked().query() == "/sessions"
