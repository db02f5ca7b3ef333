"""What becomes of a Secret that a resource refers to: allowed, usable, or missing with the cure. No I/O.

Why a Secret must allow it: whoever may write a WhatsAppSession could otherwise have the operator, which may
read Secrets, use any of the namespace's for them (docs/decisions/0006). The label names the one session; for
more of them the annotation of the same name lists sessions, or says `*`, which a label's value cannot.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from whatsapp_operator import names as n

PREFIX = "whsec_"
LEAST_BYTES, MOST_BYTES = 16, 64
"""Of a signing secret; Standard Webhooks asks for 24 to 64."""

MAX_SECRETS = 2
"""The one that signs, and the one before it while it is rotated."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A Secret as it was read. `problem`: why it was not (`NotFound`, `Forbidden`); empty when it was."""

    namespace: str
    name: str
    problem: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict, repr=False)

    def allows(self, session: str) -> bool:
        """Whether this session may use it. The operator's own Secrets never are somebody's reference."""
        if self.labels.get("app.kubernetes.io/managed-by") == n.FIELD_MANAGER:
            return False
        listed = {part.strip() for part in self.annotations.get(n.LABEL_SESSION, "").split(",")}
        return self.labels.get(n.LABEL_SESSION) == n.label_value(session) or bool({session, "*"} & listed)

    def entry(self, key: str) -> str | None:
        """An entry as text, or None; what is no UTF-8 is nothing that could be used."""
        raw = self.data.get(key)
        try:
            return None if raw is None else base64.b64decode(raw, validate=True).decode().strip()
        except (binascii.Error, UnicodeDecodeError):
            return ""


@dataclass(frozen=True, kw_only=True)
class Missing:
    """Something that the spec asks for and that cannot be had; `message` ends with the cure."""

    what: str
    reason: str
    message: str
    kept: bool = False

    def told(self, *, kept: bool) -> Missing:
        """The same, with what becomes of it until it is repaired."""
        if kept:
            until = "until then what was read before stays in force."
        elif self.what == "proxy":
            until = "until then the proxy is asked without credentials, and nothing goes beside it."
        else:
            until = "until then it is left out."
        return replace(self, message=f"{self.message}; {until}", kept=kept)


def signing(
    what: str, name: str, key: str, found: Reference | None, session: str
) -> tuple[str, ...] | Missing:
    """The one or two signing secrets of an entry, each as `whsec_<base64>`."""
    usable = _usable(what, name, found, session)
    if isinstance(usable, Missing):
        return usable
    entry = usable.entry(key)
    if entry is None:
        return _no_entry(what, usable, key)
    secrets = tuple(_normal(line) for line in entry.split())
    if not 1 <= len(secrets) <= MAX_SECRETS or not all(secrets):
        return Missing(
            what=what,
            reason="SecretInvalid",
            message=f"{what}: the entry {key} of the Secret {name} is no signing secret, nor two of them on"
            f' two lines: write what this prints: echo "{PREFIX}$(openssl rand -base64 32)"',
        )
    return secrets


def credentials(what: str, name: str, found: Reference | None, session: str) -> tuple[str, str] | Missing:
    """User name and password for a proxy."""
    usable = _usable(what, name, found, session)
    if isinstance(usable, Missing):
        return usable
    entries = []
    for key in ("username", "password"):
        entry = usable.entry(key)
        if not entry:
            return _no_entry(what, usable, key)
        entries.append(entry)
    return entries[0], entries[1]


def _usable(what: str, name: str, found: Reference | None, session: str) -> Reference | Missing:
    if found is None or found.problem == "NotFound":
        reason, message = "SecretMissing", f"{what}: there is no Secret {name}: make it"
        return Missing(what=what, reason=reason, message=message)
    if found.problem:
        return Missing(
            what=what,
            reason="SecretUnreadable",
            message=f"{what}: the operator may not read the Secret {name}: give its role the verb get on"
            " secrets (the chart does, unless rbac.readSecrets is false)",
        )
    if not found.allows(session):
        return Missing(
            what=what,
            reason="SecretNotAllowed",
            message=f"{what}: the Secret {name} does not allow this session: kubectl -n {found.namespace}"
            f" label secret {name} {n.LABEL_SESSION}={n.label_value(session)}",
        )
    return found


def _no_entry(what: str, found: Reference, key: str) -> Missing:
    there = ", ".join(sorted(found.data)[:5]) or "none"
    return Missing(
        what=what,
        reason="SecretEntryMissing",
        message=f"{what}: the Secret {found.name} has no entry {key} (it has: {there}): add it",
    )


def _normal(line: str) -> str:
    """`whsec_<base64>`, or an empty text for what is no signing secret."""
    text = line.removeprefix(PREFIX)
    try:
        size = len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return ""
    return PREFIX + text if LEAST_BYTES <= size <= MOST_BYTES else ""
