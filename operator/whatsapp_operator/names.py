"""Names of a session's children, and the labels and annotations that tie them to it.

Two promises: the same session always gets the same names, and every name is valid where it is used
(a pod's name is also its host name, so at most 63 characters and no dots). Names that would not fit end
in a hash of the whole, so two sessions never share one.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from whatsapp_contracts.kubernetes import PREFIX

MAX_LABEL = 63
"""Longest DNS label and longest label value, in characters."""

SERVICE = "whatsapp-sessions"
"""The headless Service of a namespace: it gives every session pod a stable name."""

API_KEYS = "api-keys"
"""The Secret's entry with one accepted key per line."""

CONFIG_JSON = "config.json"
"""The Secret's entry with what the pod is told (`configuration`), for its next start."""

CONFIG_FILE = "CONFIG_FILE"
"""The pod's setting that names the file."""

FIELD_MANAGER = "whatsapp-operator"
APP_NAME = "whatsapp-session"

LABEL_SESSION = f"{PREFIX}session"
ANNOTATION_RESTARTED_AT = f"{PREFIX}restartedAt"
ANNOTATION_PAUSED = f"{PREFIX}paused"
ANNOTATION_TEMPLATE = f"{PREFIX}template"
ANNOTATION_TEMPLATE_HASH = f"{PREFIX}template-hash"

HTTP_PORT = 3001
METRICS_PORT = 9101

_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names of one session's objects; `label` is the value of the session label on all of them."""

    label: str
    pod: str
    claim: str
    secret: str
    service: str = SERVICE


def label_value(session: str) -> str:
    """The session's name as a label value: itself, or shortened with a hash over 63 characters."""
    return session if len(session) <= MAX_LABEL else _hashed(session, session)


def child_name(session: str) -> str:
    """`whatsapp-NAME`, or a shortened form with a hash when that is no valid host name."""
    name = f"whatsapp-{session}"
    if len(name) <= MAX_LABEL and _DNS_LABEL.fullmatch(name):
        return name
    return _hashed(name.replace(".", "-"), session)


def names_of(session: str, *, claim: str | None = None) -> Names:
    """All names of one session; `claim` is the name that `status` remembers.

    A remembered claim wins, so that another naming rule in a later release can never detach a login.
    """
    child = child_name(session)
    return Names(label=label_value(session), pod=child, claim=claim or child, secret=child)


def endpoint(names: Names, namespace: str) -> str:
    """Base URL of the session's API inside the cluster."""
    return f"http://{names.pod}.{names.service}.{namespace}.svc:{HTTP_PORT}"


def _hashed(text: str, whole: str) -> str:
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{text[: MAX_LABEL - 9].rstrip('-.')}-{digest}"
