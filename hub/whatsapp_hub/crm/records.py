"""Contract C's record of a session: a row in, JSON out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from whatsapp_hub.crm.filters import COLUMNS
from whatsapp_hub.database.models import Session
from whatsapp_hub.times import iso


def record(row: Session) -> dict[str, Any]:
    """The whole record."""
    return shown({name: getattr(row, name) for name in COLUMNS})


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Some of its columns; times as the contracts spell them."""
    return {name: iso(value) if isinstance(value, datetime) else value for name, value in values.items()}
