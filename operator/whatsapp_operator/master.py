"""The master keys that every pod's keys are derived from: Secrets in the operator's own namespace.

One is the operator's. The other is the hub's, which only mounts it: so it is text that any editor may touch.
"""

from __future__ import annotations

import base64
import logging
import secrets

from whatsapp_contracts.keys import HUB_MASTER_ENTRY, hub_master
from whatsapp_operator.client import ApiError, Client, Object, path

log = logging.getLogger(__name__)

ENTRY = "master-key"
BYTES = 32
SHORTEST, SHORTEST_OF_HUB = 16, 32


class MasterKeyError(Exception):
    """The Secret cannot be used; the message says which and what to do."""


async def master_key(client: Client, namespace: str, name: str) -> bytes:
    """The operator's. Raises ApiError and MasterKeyError."""
    found = await _ensured(client, namespace, name, ENTRY, secrets.token_bytes(BYTES))
    return _usable(_entry(found, ENTRY), SHORTEST, namespace, name, ENTRY)


async def hub_master_key(client: Client, namespace: str, name: str) -> bytes:
    """The hub's, as the hub reads it from its file. Raises ApiError and MasterKeyError."""
    found = await _ensured(client, namespace, name, HUB_MASTER_ENTRY, secrets.token_urlsafe(48).encode())
    key = hub_master(_entry(found, HUB_MASTER_ENTRY))
    return _usable(key, SHORTEST_OF_HUB, namespace, name, HUB_MASTER_ENTRY)


async def _ensured(client: Client, namespace: str, name: str, entry: str, new: bytes) -> Object:
    """Read it; make it when it is missing. Two operators that start at once end with the same one."""
    where = path("secrets", namespace, name)
    try:
        return await client.get(where)
    except ApiError as error:
        if error.status != 404:
            raise
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": "Opaque",
        "data": {entry: base64.b64encode(new).decode()},
    }
    try:
        made = await client.create(path("secrets", namespace), body)
    except ApiError as error:
        if error.status != 409:
            raise
        return await client.get(where)
    log.info("made the master key in Secret %s/%s", namespace, name)
    return made


def _entry(body: Object, entry: str) -> bytes:
    data = body.get("data")
    value = data.get(entry, "") if isinstance(data, dict) else ""
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        return b""


def _usable(key: bytes, shortest: int, namespace: str, name: str, entry: str) -> bytes:
    if len(key) < shortest:
        raise MasterKeyError(
            f"the Secret {namespace}/{name} has no usable entry {entry!r} (at least {shortest} bytes)."
            f"\nDelete it, and the operator makes a new one: kubectl -n {namespace} delete secret {name}"
        )
    return key
