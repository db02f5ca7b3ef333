"""Names in Kubernetes for what has a name in the hub. Pure.

Why a hash always: two tenants may share a namespace and use the same name, and `a.b`, `a_b` and `A-B` would
become one. The part before it is for people.
"""

from __future__ import annotations

import hashlib
import re

from whatsapp_contracts.kubernetes import PREFIX

LONGEST = 50
"""So that the operator's `whatsapp-<name>` is a host name as it is."""
LONGEST_LABEL = 63
LONGEST_NAME = 253
DIGEST = 8

FIELD_MANAGER = "whatsapp-hub"
LABEL_MANAGED_BY = "app.kubernetes.io/managed-by"
LABEL_TENANT = f"{PREFIX}tenant"
LABEL_SESSION = f"{PREFIX}session"
RESTARTED_AT = f"{PREFIX}restartedAt"


def resource_name(slug: str, session_id: str) -> str:
    """A valid DNS label of at most 50 characters: `cliente_001` becomes `cliente-001-<hash>`."""
    plain = re.sub(r"[^a-z0-9]+", "-", session_id.lower())[: LONGEST - DIGEST - 1].strip("-")
    return f"{plain or 'session'}-{_digest(f'{slug}/{session_id}')}"


def uid(namespace: str, name: str) -> str:
    """The hub's name of a resource, for ever."""
    return f"{namespace}/{name}"


def parts(uid: str) -> tuple[str, str]:
    """Namespace and name of a resource."""
    namespace, _, name = uid.partition("/")
    return namespace, name


def receivers(name: str) -> str:
    """The Secret with what the calls to a session's receivers are signed with."""
    made = f"{name}-receivers"
    return made if len(made) <= LONGEST_NAME else f"{name[:230]}-{_digest(name)}-receivers"


def label_value(name: str) -> str | None:
    """A resource's name as a label's value; None: it is too long for one."""
    return name if len(name) <= LONGEST_LABEL else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST]
