"""What a receiver did not take, as the page lists it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from whatsapp_hub.dashboard.strangers import moment, person, sequence, text, whole, word

LONGEST = 160


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One event that was not delivered. `who` and `said`: of a message, where it is one."""

    seq: int
    type: str
    died_at: datetime | None
    attempts: int
    error: str
    who: str
    said: str


def letters(answer: Any) -> list[Letter]:
    """`deadLetters` of contract A; what is none is left out."""
    found = [letter(each) for each in sequence(answer) if isinstance(each, Mapping)]
    return [each for each in found if each is not None]


def letter(data: Mapping[str, Any]) -> Letter | None:
    """One of them."""
    seq, event = whole(data.get("seq")), data.get("event")
    if seq is None or not isinstance(event, Mapping):
        return None
    about = event.get("data")
    about = about if isinstance(about, Mapping) else {}
    said = " ".join(text(about.get("text")).split())
    return Letter(
        seq=seq,
        type=word(event.get("type")),
        died_at=moment(data.get("diedAt")),
        attempts=whole(data.get("attempts")) or 0,
        error=word(data.get("error")),
        who=word(about.get("pushName")) or person(about.get("from") or about.get("to")),
        said=said if len(said) <= LONGEST else said[: LONGEST - 1] + "…",
    )
