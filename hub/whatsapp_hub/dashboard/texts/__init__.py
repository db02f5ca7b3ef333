"""Every text of the dashboard, in Spanish and English, by key.

The Spanish texts of contract B's table of the dashboard are exact: the first ones in `es`. Which language:
the user's own setting, else the browser's cookie, else what the browser asks for, else Spanish.

A part of the dashboard may keep its texts in a module of its own, with a dictionary for each language, and
`add` it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from fastapi import Request

from whatsapp_hub.dashboard.texts.en import TEXTS as ENGLISH
from whatsapp_hub.dashboard.texts.es import TEXTS as SPANISH

Language = Literal["es", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
NAMES: Mapping[Language, str] = {"es": "Español", "en": "English"}
COOKIE = "language"
TEXTS: dict[Language, dict[str, str]] = {"es": dict(SPANISH), "en": dict(ENGLISH)}


def add(spanish: Mapping[str, str], english: Mapping[str, str]) -> None:
    """Put a part's texts beside the others. Raises ValueError for a key that is there, or in one only."""
    if spanish.keys() != english.keys():
        raise ValueError(f"texts in one language only: {sorted(spanish.keys() ^ english.keys())}")
    if known := spanish.keys() & TEXTS["es"].keys():
        raise ValueError(f"texts that are there already: {sorted(known)}")
    TEXTS["es"].update(spanish)
    TEXTS["en"].update(english)


def text(language: Language, key: str, **values: Any) -> str:
    """The text of `key`, with `{names}` in it replaced; raises KeyError for one that is missing."""
    found = TEXTS[language][key]
    return found.format(**values) if values else found


def count(language: Language, key: str, number: int, **values: Any) -> str:
    """The text of `<key>.one` or `<key>.many`, with `{number}` in it."""
    return text(language, f"{key}.{'one' if number == 1 else 'many'}", number=number, **values)


def reason(language: Language, name: str) -> str:
    """A session's `reason` in words; one that has none as it is."""
    return TEXTS[language].get(f"reason.{name}", name)


def known(language: str | None) -> Language | None:
    """`language` where it is one of ours."""
    return next((each for each in LANGUAGES if each == language), None)


def language_of(request: Request, own: str | None = None) -> Language:
    """The language of whoever sent the request; `own`: a user's setting."""
    return (
        known(own)
        or known(request.cookies.get(COOKIE))
        or accepted(request.headers.get("accept-language", ""))
    )


def accepted(header: str) -> Language:
    """The first of ours in `Accept-Language`, by its weights; Spanish where there is none."""
    weighed: list[tuple[float, int, Language]] = []
    for place, part in enumerate(header[:500].split(",")):
        name, _, weight = part.partition(";q=")
        language = known(name.strip().lower()[:2])
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if language and quality > 0:
            weighed.append((-quality, place, language))
    return min(weighed)[2] if weighed else "es"
