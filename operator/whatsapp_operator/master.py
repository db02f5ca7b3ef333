"""The master key that every pod's key is derived from: one Secret in the operator's own namespace."""

from __future__ import annotations

import base64
import logging
import secrets

from whatsapp_operator.client import ApiError, Client, path

log = logging.getLogger(__name__)

ENTRY = "master-key"
BYTES = 32


class MasterKeyError(Exception):
    """The Secret cannot be used; the message says which and what to do."""


async def master_key(client: Client, namespace: str, name: str) -> bytes:
    """Read it; make it when it is missing. Two operators that start at once end with the same one."""
    where = path("secrets", namespace, name)
    try:
        return _read(await client.get(where), namespace, name)
    except ApiError as error:
        if error.status != 404:
            raise
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": "Opaque",
        "data": {ENTRY: base64.b64encode(secrets.token_bytes(BYTES)).decode()},
    }
    try:
        made = await client.create(path("secrets", namespace), body)
    except ApiError as error:
        if error.status != 409:
            raise
        made = await client.get(where)
    else:
        log.info("made the master key in Secret %s/%s", namespace, name)
    return _read(made, namespace, name)


def _read(body: dict[str, object], namespace: str, name: str) -> bytes:
    data = body.get("data")
    value = data.get(ENTRY, "") if isinstance(data, dict) else ""
    try:
        key = base64.b64decode(value, validate=True)
    except ValueError:
        key = b""
    if len(key) < 16:
        raise MasterKeyError(
            f"the Secret {namespace}/{name} has no usable entry {ENTRY!r} (at least 16 bytes)."
            f"\nDelete it, and the operator makes a new one: kubectl -n {namespace} delete secret {name}"
        )
    return key
