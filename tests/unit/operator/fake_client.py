"""An API server in memory with just the rules that the operator leans on: names that are taken, uids,
resource versions, server-side apply of whole objects. Not Kubernetes: the e2e tests run on the real one."""

from __future__ import annotations

import copy
from typing import Any

from whatsapp_operator.client import ApiError

Object = dict[str, Any]


class FakeClient:
    """`objects` by path; `calls` in order; `failures`: raise this at the next call of that verb and path."""

    def __init__(self) -> None:
        self.objects: dict[str, Object] = {}
        self.calls: list[tuple[str, str, Object | None]] = []
        self.failures: dict[tuple[str, str], list[ApiError]] = {}
        self._version = 100

    def writes(self) -> list[tuple[str, str]]:
        return [(verb, where) for verb, where, _ in self.calls if verb != "get"]

    def fail(self, verb: str, where: str, *errors: ApiError) -> None:
        self.failures.setdefault((verb, where), []).extend(errors)

    async def get(self, where: str) -> Object:
        self._called("get", where, None)
        return copy.deepcopy(self._found(where))

    async def create(self, where: str, body: Object) -> Object:
        self._called("create", where, body)
        path = f"{where}/{body['metadata']['name']}"
        if path in self.objects:
            raise ApiError(409, "AlreadyExists", f"{path} already exists")
        made = copy.deepcopy(body)
        made["metadata"].setdefault("uid", f"uid-{self._version}")
        return self._store(path, made)

    async def apply(self, where: str, body: Object, *, force: bool = True, dry_run: bool = False) -> Object:
        self._called("dry-run" if dry_run else "apply", where, body)
        subresource = where.endswith("/status")
        path = where.removesuffix("/status")
        found = self.objects.get(path)
        if found is None and subresource:
            raise ApiError(404, "NotFound", f"{path} not found")
        found = copy.deepcopy(found or {"metadata": {"uid": f"uid-{self._version}"}})
        uid = body["metadata"].get("uid")
        if uid is not None and uid != found["metadata"]["uid"]:
            raise ApiError(409, "Conflict", "Precondition failed: UID in precondition")
        if dry_run:
            return found
        merged = found | {key: copy.deepcopy(value) for key, value in body.items() if key != "metadata"}
        merged["metadata"] = found["metadata"] | body["metadata"]
        return self._store(path, merged)

    async def merge(self, where: str, body: Object) -> Object:
        self._called("merge", where, body)
        return self._store(where, self._found(where) | body)

    async def replace(self, where: str, body: Object) -> Object:
        self._called("replace", where, body)
        found = self._found(where)
        if body["metadata"].get("resourceVersion") != found["metadata"]["resourceVersion"]:
            raise ApiError(409, "Conflict", "the object has been modified")
        return self._store(where, copy.deepcopy(body))

    async def delete(self, where: str, *, uid: str) -> Object:
        self._called("delete", where, None)
        found = self._found(where)
        if found["metadata"]["uid"] != uid:
            raise ApiError(409, "Conflict", "Precondition failed: UID in precondition")
        found["metadata"]["deletionTimestamp"] = "2026-11-21T12:00:00Z"
        return self._store(where, found)

    def _found(self, where: str) -> Object:
        if where not in self.objects:
            raise ApiError(404, "NotFound", f"{where} not found")
        return self.objects[where]

    def _called(self, verb: str, where: str, body: Object | None) -> None:
        self.calls.append((verb, where, copy.deepcopy(body)))
        waiting = self.failures.get((verb, where))
        if waiting:
            raise waiting.pop(0)

    def _store(self, path: str, body: Object) -> Object:
        self._version += 1
        body["metadata"]["resourceVersion"] = str(self._version)
        self.objects[path] = body
        return copy.deepcopy(body)
