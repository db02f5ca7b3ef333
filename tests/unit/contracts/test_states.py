"""The tables of `docs/contracts.md`, "One state machine, four vocabularies"."""

from __future__ import annotations

from pathlib import Path

import pytest

from whatsapp_contracts.states import Reason, State, manager_word

VOCABULARY_COLUMNS = len(["", "state", "meaning", "manager", "B", "CD", ""])
DOCUMENT = (Path(__file__).parents[3] / "docs" / "contracts.md").read_text()


@pytest.mark.parametrize("state", State)
def test_the_manager_word_is_the_one_of_the_document(state: State) -> None:
    rows = [line.split("|") for line in DOCUMENT.splitlines() if line.startswith(f"| `{state.value}` ")]
    (row,) = [row for row in rows if len(row) == VOCABULARY_COLUMNS]
    assert row[3].strip() == f"`{manager_word(state)}`"


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_stands_in_the_document(reason: Reason) -> None:
    assert f"`{reason.value}`" in DOCUMENT
