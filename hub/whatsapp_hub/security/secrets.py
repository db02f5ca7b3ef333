"""One master key, from which every other secret of the hub is derived.

Why derived: nothing secret of a session lies in the database, replicas need to share one file only, and a
backup of the database signs nothing. Each use has its own name, so that no key is good for two things.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

SHORTEST = 32


class MasterKeyError(Exception):
    """The master key cannot be used; the text says what to put there."""


class Secrets:
    """The secrets that hang on one master key."""

    def __init__(self, master: bytes) -> None:
        self._master = master

    @property
    def token_key(self) -> bytes:
        """Signs JWTs."""
        return self._derive("tokens")

    def callback(self, uid: str) -> str:
        """What the session `uid` signs its callbacks with, as Standard Webhooks spells it."""
        return "whsec_" + base64.b64encode(self._derive(f"callback/{uid}")).decode()

    def receiver(self, uid: str, name: str, version: int) -> str:
        """What the session `uid` signs its calls to the webhook `name` with. Neither name nor version has a
        slash, so that no text stands for two."""
        key = self._derive(f"receiver/{uid}/{name}/{version}")
        return "whsec_" + base64.b64encode(key).decode()

    def pod_key(self, uid: str) -> str:
        """The API key of the session pod `uid`."""
        return base64.urlsafe_b64encode(self._derive(f"pod/{uid}")).decode().rstrip("=")

    def digest(self, text: str) -> str:
        """A name for `text` that does not tell it, 64 characters."""
        named = text.encode("utf-8", "replace")
        return hmac.new(self._derive("digest"), named, hashlib.sha256).hexdigest()

    def _derive(self, use: str) -> bytes:
        return hmac.new(self._master, use.encode(), hashlib.sha256).digest()


def open_master_key(path: Path) -> Secrets:
    """The master key in `path`, made there (readable by its owner only) when there is none.

    Raises MasterKeyError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        master = path.read_bytes().strip()
    except OSError as error:
        raise MasterKeyError(
            f"MASTER_KEY_FILE={path} cannot be used: {error.strerror}. Put 32 random bytes or more there."
        ) from None
    if len(master) < SHORTEST:
        raise MasterKeyError(
            f"MASTER_KEY_FILE={path} has fewer than {SHORTEST} bytes. "
            f"Make one: openssl rand -base64 48 > {path}"
        )
    return Secrets(master)


def _make(path: Path) -> None:
    """Whole or not at all, also when two processes start at once."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(48) + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
