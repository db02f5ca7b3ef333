"""The headless Service of a namespace: there while sessions are, gone with the last one.

Why level-triggered too: the last session may have been deleted while the operator was away.
"""

from __future__ import annotations

import logging

from whatsapp_operator import names as n
from whatsapp_operator.caches import SERVICES, SESSIONS, Caches, Key
from whatsapp_operator.client import ApiError, Client, path
from whatsapp_operator.manifests import service

log = logging.getLogger(__name__)


def namespace_key(namespace: str) -> Key:
    """The queue's key for what a namespace has once."""
    return namespace, ""


async def service_in_step(client: Client, caches: Caches, namespace: str) -> None:
    """Make or delete the Service; one of that name that is not ours is left alone."""
    wanted = any(space == namespace for space, _ in caches[SESSIONS].sessions())
    there = [body for body in caches[SERVICES].of(namespace_key(namespace)) if ours(body)]
    if wanted and not there:
        try:
            caches[SERVICES].put(await client.create(path(SERVICES, namespace), service(namespace)))
        except ApiError as error:
            if error.status != 409:
                raise
            log.warning(
                "the Service %s exists and is not the operator's: the sessions' endpoints do not resolve."
                " Remove it: kubectl -n %s delete service %s",
                n.SERVICE,
                namespace,
                n.SERVICE,
                extra={"namespace": namespace},
            )
    if not wanted:
        for body in there:
            await _delete(client, caches, namespace, body["metadata"]["uid"])


def ours(body: dict[str, object]) -> bool:
    """Whether a Service of the watch is the one that the operator makes."""
    metadata = body["metadata"]
    return (
        isinstance(metadata, dict) and metadata["name"] == n.SERVICE and "deletionTimestamp" not in metadata
    )


async def _delete(client: Client, caches: Caches, namespace: str, uid: str) -> None:
    try:
        await client.delete(path(SERVICES, namespace, n.SERVICE), uid=uid)
    except ApiError as error:
        if error.status not in (404, 409):
            raise
    caches[SERVICES].drop(uid)
