"""An organization's own receivers of a session's events: what may be set, how it is kept in the row. Pure.

The rules are the narrower ones of the resource and of the session (contract A): what is taken here is refused
by neither later. Signing secrets are derived, not kept: name and version are enough to make them again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from whatsapp_contracts import keys
from whatsapp_contracts.events import SESSION_SNAPSHOT, TYPES
from whatsapp_hub.backend.protocol import Receiver
from whatsapp_hub.database.models import Session
from whatsapp_hub.security.secrets import Secrets

MOST = 10
MOST_EVENTS = 30
MOST_HEADERS = 20
LONGEST_URL = 2048
LONGEST_VALUE = 1024
HIDDEN = "***"
"""Stands for a header's value, which may be a gateway's password; sent back, the value stays as it was."""
ROTATIONS = 1000
"""A receiver's first version is a multiple, which a rotation counts on from: see `first_version`."""
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
EVENT = re.compile(r"\*|(session|message|group|call|presence)\.[a-z*?]{1,50}")
HEADER = re.compile(r"[A-Za-z0-9!#$%&*+.^_|~-]{1,100}")
RESERVED = re.compile(r"(?i)webhook-.*|content-.*|host|connection|transfer-encoding|x-api-key|user-agent")
STORED_TYPES = tuple(each for each in TYPES if each != SESSION_SNAPSHOT)


class HookError(ValueError):
    """A field that cannot be; the text names it and the cure."""


@dataclass(frozen=True, kw_only=True)
class Hook:
    """One receiver. `events` empty: all of them. `version` is its secret's; 0: not the hub's."""

    name: str
    url: str
    events: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    version: int = 1

    @property
    def rotated(self) -> bool:
        """Whether the secret of the version before was in use."""
        return self.version % ROTATIONS > 0

    def kept(self) -> dict[str, Any]:
        """As `Session.webhooks` holds it."""
        return {
            "name": self.name,
            "url": self.url,
            "events": list(self.events),
            "headers": dict(self.headers),
            "version": self.version,
        }

    def shown(self, secret: str | None) -> dict[str, Any]:
        """As the API shows it; no header's value is told."""
        return {
            "name": self.name,
            "url": self.url,
            "events": list(self.events),
            "headers": dict.fromkeys(self.headers, HIDDEN),
            "version": self.version,
            "secret": secret,
        }


def first_version(generation: int) -> int:
    """Of a receiver that is made when its session's row is at `generation`: no receiver before had it.

    Why: who removes a receiver to be rid of its secret must not get the same one back.
    """
    return ROTATIONS * (generation + 1)


def hooks(row: Session) -> list[Hook]:
    """The row's receivers, in their order."""
    return [
        Hook(
            name=each["name"],
            url=each["url"],
            events=tuple(each.get("events") or ()),
            headers=dict(each.get("headers") or {}),
            version=int(each.get("version", 1)),
        )
        for each in row.webhooks or ()
    ]


def secret_of(row: Session, hook: Hook, secrets: Secrets, *, before: int = 0) -> str | None:
    """What the receiver's calls are signed with, or were `before` so many rotations; None: not the hub's."""
    version = hook.version - before
    return secrets.receiver(row.uid, hook.name, version) if version > 0 else None


def receivers(row: Session, secrets: Secrets) -> tuple[Receiver, ...]:
    """For the backend."""
    return tuple(
        Receiver(
            name=each.name,
            url=each.url,
            secret=secret_of(row, each, secrets) or "",
            previous=secret_of(row, each, secrets, before=1) if each.rotated else None,
            events=each.events,
            version=each.version,
            headers=each.headers,
        )
        for each in hooks(row)
    )


def read(
    name: str,
    url: str,
    events: list[str],
    headers: Mapping[str, str],
    *,
    old: Hook | None = None,
    version: int = 1,
) -> Hook:
    """A checked receiver that takes the place of `old`, or has the secret of `version`; raises HookError."""
    if not NAME.fullmatch(name):
        raise HookError(
            f"name {name[:60]!r}: lower-case letters, digits and hyphens, 1 to 40, such as crm. Rename it."
        )
    if name == keys.HUB_WEBHOOK:
        raise HookError(f"name {name!r} is the hub's own webhook. Take another name.")
    return Hook(
        name=name,
        url=_url(url),
        events=_events(events),
        headers=_headers(headers, old.headers if old else {}),
        version=old.version if old else version,
    )


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    plain = text.isascii() and text.isprintable() and not re.search(r"[@#\s\\]", text)
    if not usable or not plain or len(text) > LONGEST_URL:
        raise HookError(
            f"url: an http or https address of at most {LONGEST_URL} characters, without user, '@' and "
            "fragment, such as https://crm.example/hooks. Correct it."
        )
    return text


def _events(patterns: list[str]) -> tuple[str, ...]:
    if len(patterns) > MOST_EVENTS:
        raise HookError(f"events has more than {MOST_EVENTS} entries. Remove some, or use globs.")
    for each in patterns:
        if not EVENT.fullmatch(each) or not any(fnmatchcase(type, each) for type in STORED_TYPES):
            raise HookError(
                f"events: {each[:60]!r} selects no event. Use types or globs such as message.*; "
                f"the types are {', '.join(STORED_TYPES)}."
            )
    return tuple(dict.fromkeys(patterns))


def _headers(given: Mapping[str, str], old: Mapping[str, str]) -> dict[str, str]:
    if len(given) > MOST_HEADERS:
        raise HookError(f"headers has more than {MOST_HEADERS} entries. Remove some.")
    found: dict[str, str] = {}
    for name, value in given.items():
        if not HEADER.fullmatch(name) or RESERVED.fullmatch(name):
            raise HookError(
                f"headers has {name[:100]!r}, which cannot be set (Host, Connection, Content-…, "
                "Transfer-Encoding, User-Agent, Webhook-… and X-API-Key are taken). Remove or rename it."
            )
        if name.lower() in {each.lower() for each in found}:
            raise HookError(f"headers has {name!r} twice. Remove one.")
        kept = old.get(name) if value == HIDDEN else value
        if kept is None:
            raise HookError(f"headers.{name} is {HIDDEN}, and there is no value to keep. Send the value.")
        if not kept.isascii() or not kept.isprintable() or len(kept) > LONGEST_VALUE:
            raise HookError(
                f"headers.{name}: printable ASCII, at most {LONGEST_VALUE} characters. Correct it."
            )
        found[name] = kept
    return found
