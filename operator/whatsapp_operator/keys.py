"""The API key of one session pod: derived from the master key, never read from the cluster.

Why derived: an operator that had to read its keys back would need the right to read every Secret.
"""

from __future__ import annotations

import hashlib
import hmac

KEY_VERSION = 1
"""Raising it rotates every key; a field of the resource will do so for one session."""


def derive(master: bytes, namespace: str, name: str, *, version: int = KEY_VERSION) -> str:
    """64 hex characters: HMAC-SHA256(master, `namespace/name/version`)."""
    if not master:
        raise ValueError("the master key is empty: delete its Secret, and the operator makes a new one")
    return hmac.new(master, f"{namespace}/{name}/{version}".encode(), hashlib.sha256).hexdigest()
