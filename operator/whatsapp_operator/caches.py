"""What the watches have told: sessions, pods, claims and services, by the session that they belong to.

Why own caches: kopf's indices do not scale at start (5,000 resources: none after 101 s), a dict does.
Objects are kept by uid: events of a pod and of its successor of the same name may come in any order.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from typing import Any

from whatsapp_operator import names as n

Object = dict[str, Any]
Key = tuple[str, str]
"""(namespace, the session's label value)."""

REMEMBERED = 10_000
"""Uids of objects that are gone: a late event must not bring one back."""

SESSIONS, PODS, CLAIMS, SERVICES = "whatsappsessions", "pods", "persistentvolumeclaims", "services"
RESOURCES = (SESSIONS, PODS, CLAIMS, SERVICES)


class Cache:
    """The objects of one resource."""

    def __init__(self, resource: str) -> None:
        self.resource = resource
        self._objects: dict[str, Object] = {}
        self._index: defaultdict[Key, dict[str, None]] = defaultdict(dict)
        self._gone: OrderedDict[str, None] = OrderedDict()

    def put(self, body: Object) -> Key | None:
        """Keep the newer of the two; returns the key of the session it belongs to, None when old news."""
        uid = body["metadata"]["uid"]
        known = self._objects.get(uid)
        if uid in self._gone or (known is not None and _version(known) > _version(body)):
            return None
        if known is not None:
            self._unindex(uid, known)
        self._objects[uid] = body
        key = key_of(self.resource, body)
        self._index[key][uid] = None
        return key

    def drop(self, uid: str) -> Key | None:
        """Forget an object that is gone; returns its key when it was known."""
        self._gone[uid] = None
        if len(self._gone) > REMEMBERED:
            self._gone.popitem(last=False)
        known = self._objects.pop(uid, None)
        if known is None:
            return None
        self._unindex(uid, known)
        return key_of(self.resource, known)

    def revive(self, uid: str) -> None:
        """The object is in the watch again: its label was taken off and put back."""
        self._gone.pop(uid, None)

    def of(self, key: Key) -> list[Object]:
        """All objects of one session."""
        return [self._objects[uid] for uid in self._index.get(key, ())]

    def sessions(self) -> list[Key]:
        """All sessions that something is kept of."""
        return list(self._index)

    def namespaces(self) -> set[str]:
        """All namespaces that something is kept of."""
        return {namespace for namespace, _ in self._index}

    def uids(self, namespace: str | None) -> set[str]:
        """What is kept of one namespace, or of all."""
        return {
            uid
            for uid, body in self._objects.items()
            if namespace is None or body["metadata"]["namespace"] == namespace
        }

    def __contains__(self, uid: str) -> bool:
        return uid in self._objects or uid in self._gone

    def _unindex(self, uid: str, body: Object) -> None:
        key = key_of(self.resource, body)
        self._index[key].pop(uid, None)
        if not self._index[key]:
            del self._index[key]


class Caches:
    """All four, and whether their first listings are in."""

    def __init__(self) -> None:
        self.by_resource = {resource: Cache(resource) for resource in RESOURCES}
        self._awaited: dict[tuple[str, str | None], set[str]] = {}
        self._listed: set[tuple[str, str | None]] = set()

    def __getitem__(self, resource: str) -> Cache:
        return self.by_resource[resource]

    def event(self, resource: str, kind: str | None, body: Object) -> Key | None:
        """Take in a watch event; returns the key to look at, None for old news."""
        uid = body["metadata"]["uid"]
        cache = self[resource]
        if kind == "ADDED":
            cache.revive(uid)
        key = cache.drop(uid) if kind == "DELETED" else cache.put(body)
        for awaited in self._awaited.values():
            awaited.discard(uid)
        return key

    def listed(self, resource: str, namespace: str | None, uids: Iterable[str]) -> list[Key]:
        """A listing is complete: what it lacks is gone. Returns the keys to look at.

        The listed objects themselves arrive as events of their own, maybe later; until then `filled` waits.
        """
        cache, there = self[resource], set(uids)
        vanished = [cache.drop(uid) for uid in cache.uids(namespace) - there]
        self._listed.add((resource, namespace))
        self._awaited[resource, namespace] = {uid for uid in there if uid not in cache}
        return [key for key in vanished if key is not None]

    def filled(self, namespaces: Iterable[str | None]) -> bool:
        """Whether everything that existed at the start is known; nothing may be made or deleted before."""
        scopes = {(resource, namespace) for resource in RESOURCES for namespace in namespaces}
        return scopes <= self._listed and not any(self._awaited.get(scope) for scope in scopes)

    def missing(self, namespaces: Iterable[str | None]) -> list[str]:
        """The resources whose first listing has not come in."""
        wanted = list(namespaces)
        return [
            resource
            for resource in RESOURCES
            if any(
                (resource, namespace) not in self._listed or self._awaited.get((resource, namespace))
                for namespace in wanted
            )
        ]


def key_of(resource: str, body: Object) -> Key:
    """The session that an object belongs to, by its label; a session's own key by its name."""
    metadata = body["metadata"]
    if resource == SESSIONS:
        return metadata["namespace"], n.label_value(metadata["name"])
    return metadata["namespace"], (metadata.get("labels") or {}).get(n.LABEL_SESSION, "")


def _version(body: Object) -> int:
    text = body["metadata"].get("resourceVersion", "")
    return int(text) if text.isdigit() else 0
