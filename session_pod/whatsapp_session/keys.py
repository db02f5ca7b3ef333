"""Who may call: the keys in a file, read again when the file changes, compared in constant time.

Why a file: Kubernetes renews a mounted Secret under a running pod, so that a key rotates without a restart.
During a rotation the file holds the old key and the new one; each line is accepted.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from whatsapp_session.settings import is_loopback

log = logging.getLogger(__name__)

OPEN_PATHS = frozenset({"/health", "/healthz", "/readyz"})
"""Probes have no key; they show no QR, number or text."""


class KeyFileError(Exception):
    """The key file cannot be used; the text says what to put there."""


class Keys:
    """The accepted keys. Without a file everybody on this machine is accepted, but no web page they visit."""

    def __init__(self, path: Path | None) -> None:
        """Read `path`; raises KeyFileError when it cannot be read or has no key."""
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._keys: tuple[bytes, ...] = ()
        if path is not None:
            self._read(path)

    @property
    def cure(self) -> str:
        """What whoever was refused should do."""
        if self._path is None:
            return "Without an API key only this machine's own programs may call. Set API_KEY_FILE."
        return "Send this session's API key as X-API-Key, or as Authorization: Bearer."

    def accepts(self, headers: Mapping[str, str]) -> bool:
        """Whether a call with these headers (lower-case names, values read as latin-1) may pass."""
        if self._path is None:
            return from_here(headers)
        self._follow(self._path)
        given = presented(headers).encode("latin-1")  # the bytes as they came
        matches = [hmac.compare_digest(given, key) for key in self._keys]  # all of them: no early answer
        return any(matches)

    def _follow(self, path: Path) -> None:
        """Take in a changed file; one that is missing or empty for a moment leaves the old keys."""
        try:
            if self._stamp != _stamp(path):
                self._read(path)
                log.info("API keys were read again, %d accepted", len(self._keys))
        except (KeyFileError, OSError) as error:
            log.warning("API keys stay as they were: %s", error)

    def _read(self, path: Path) -> None:
        try:
            stamp = _stamp(path)
            lines = path.read_bytes().splitlines()
        except OSError as error:
            raise KeyFileError(
                f"API_KEY_FILE={path} cannot be read: {error.strerror}. Put one key per line there."
            ) from None
        keys = tuple(line.strip() for line in lines if line.strip())
        if not keys:
            raise KeyFileError(f"API_KEY_FILE={path} has no key. Put one key per line there.")
        self._stamp, self._keys = stamp, keys


def presented(headers: Mapping[str, str]) -> str:
    """The key that a call shows: `X-API-Key`, else `Authorization: Bearer`, else nothing."""
    if key := headers.get("x-api-key", "").strip():
        return key
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def from_here(headers: Mapping[str, str]) -> bool:
    """Whether a call was made to a loopback address, and not by a page of another site.

    A browser sends any page's calls to loopback. `Origin` betrays those that could send a message; a page
    whose name was pointed at 127.0.0.1, to read the QR, still says its name in `Host`.
    """
    try:
        called = urlsplit("//" + headers.get("host", "localhost")).hostname
        page = urlsplit(origin).hostname if (origin := headers.get("origin")) else called
    except ValueError:
        return False
    return is_loopback(called or "") and is_loopback(page or "")


def _stamp(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size
