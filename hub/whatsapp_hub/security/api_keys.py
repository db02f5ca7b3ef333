"""API keys: `was_<prefix>_<secret>`, shown once, kept as a SHA-256.

Why no slow hash: the secret is 32 random bytes, which no dictionary holds; and it is checked at every call.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Literal, get_args

Scope = Literal["sessions:read", "sessions:write", "messages:read", "messages:write"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
FORM = re.compile(r"was_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, kw_only=True)
class NewKey:
    """A key that was just made; `text` is in no log and no table."""

    text: str
    prefix: str
    hash: str


def make() -> NewKey:
    """A new random key."""
    prefix = secrets.token_hex(6)
    text = f"was_{prefix}_{secrets.token_urlsafe(32)}"
    return NewKey(text=text, prefix=prefix, hash=digest(text))


def prefix_of(text: str) -> str | None:
    """What finds the key's row; None when no key looks like this."""
    found = FORM.fullmatch(text)
    return found[1] if found else None


def digest(text: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(text.encode()).hexdigest()


def matches(text: str, kept: str) -> bool:
    """Whether `text` is the key that was kept, in constant time."""
    return hmac.compare_digest(digest(text), kept)
