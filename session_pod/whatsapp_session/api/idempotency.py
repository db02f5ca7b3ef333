"""The `Idempotency-Key` of a call, and what makes two requests the same one. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

from whatsapp_session.api.errors import wrong

KEY = re.compile(r"[\x21-\x7e]{1,255}")
CURE = "Send one key of 1 to 255 visible ASCII characters, such as a UUID."


def key(values: Sequence[str]) -> str | None:
    """The key among the header's values; None for none. Raises ApiError."""
    if not values:
        return None
    if len(values) > 1:
        raise wrong(f"Idempotency-Key is there {len(values)} times. {CURE}")
    if not KEY.fullmatch(values[0]):
        raise wrong(f"Idempotency-Key is empty, too long or not visible ASCII. {CURE}")
    return values[0]


def fingerprint(method: str, path: str, meaning: Any) -> str:
    """SHA-256 in hex over what was asked for: the same request has the same one, however it was written."""
    text = json.dumps([method, path, meaning], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
