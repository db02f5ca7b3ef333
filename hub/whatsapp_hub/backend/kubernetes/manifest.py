"""What the hub writes: a session as a resource, and the Secret that signs for its receivers. Pure.

Why so few fields: server-side apply makes the hub own what it writes. All else of a resource (storage, image,
pacing, webhooks that somebody made by kubectl) stays its author's.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from whatsapp_contracts.kubernetes import GROUP, KIND, VERSION
from whatsapp_hub.backend.kubernetes import names
from whatsapp_hub.backend.protocol import Receiver, Wanted

LONGEST_DISPLAY_NAME = 200
LONGEST_DESCRIPTION = 2000

Object = dict[str, Any]


def resource(wanted: Wanted, known: Sequence[Receiver] = ()) -> Object:
    """The WhatsAppSession for server-side apply. `known`: the receivers that the resource has.

    Receivers that others wrote (version 0) stay theirs until the hub says something else of them.

    `sessionId` is left out where it is the resource's own name: a resource that was made so may not get one
    later, and the hub never gives a name that is the session's. `retainPolicy` is written only to delete.
    """
    namespace, name = names.parts(wanted.uid)
    spec: Object = {
        "clienteId": wanted.cliente_id,
        "operatingMode": wanted.operating_mode,
        **_unless_empty(
            sessionId=wanted.session_id if wanted.session_id != name else None,
            displayName=(wanted.name or "")[:LONGEST_DISPLAY_NAME],
            description=(wanted.description or "")[:LONGEST_DESCRIPTION],
            phoneNumber=wanted.phone_number,
            storage=None if wanted.retain else {"retainPolicy": "Delete"},
            webhooks=[
                _webhook(name, each) for each in wanted.receivers if each.version or not _as_is(each, known)
            ],
        ),
    }
    labels = {names.LABEL_MANAGED_BY: names.FIELD_MANAGER, names.LABEL_TENANT: wanted.tenant}
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": spec,
    }


def secret(wanted: Wanted, owner: str) -> Object | None:
    """The receivers' signing secrets; None where there are none. `owner`: the resource's uid in Kubernetes.

    It allows the session by label, or by annotation where a name is no label's value, and goes with it.
    """
    entries = {entry(each): _lines(each) for each in wanted.receivers if each.version}
    if not entries:
        return None
    namespace, name = names.parts(wanted.uid)
    label = names.label_value(name)
    allows = {names.LABEL_SESSION: label} if label else {}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": names.receivers(name),
            "namespace": namespace,
            "labels": {names.LABEL_MANAGED_BY: names.FIELD_MANAGER, **allows},
            "annotations": {names.LABEL_SESSION: name},
            "ownerReferences": [
                {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND, "name": name, "uid": owner}
            ],
        },
        "type": "Opaque",
        "data": entries,
    }


def entry(receiver: Receiver) -> str:
    """The Secret's entry of a receiver: a new one a version, so that the operator reads it at once."""
    return f"{receiver.name}.{receiver.version}"


def _webhook(name: str, receiver: Receiver) -> Object:
    return {
        "name": receiver.name,
        "url": receiver.url,
        **_unless_empty(
            events=list(receiver.events),
            headers=dict(receiver.headers),
            secretRef={"name": names.receivers(name), "key": entry(receiver)} if receiver.version else None,
        ),
    }


def _as_is(receiver: Receiver, known: Sequence[Receiver]) -> bool:
    """Whether the resource says this of it already."""
    fields = receiver.name, receiver.url, receiver.events, receiver.headers
    return any(fields == (each.name, each.url, each.events, each.headers) for each in known)


def _lines(receiver: Receiver) -> str:
    """The secret that signs, and the one before it."""
    text = "\n".join(each for each in (receiver.secret, receiver.previous) if each)
    return base64.b64encode(text.encode()).decode()


def _unless_empty(**fields: Any) -> Object:
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}
