"""A stand-in for an API server: list (in pages), watch, server-side apply, merge patch, delete, get.

It keeps what each field manager applied, and takes away what the manager applies no longer; lists of objects
with a `name` are maps. It knows no schema: what a real one refuses is told it by `refuse`.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration

from whatsapp_contracts.kubernetes import GROUP, KIND, PLURAL, VERSION
from whatsapp_hub.backend.kubernetes.client import Client

Object = dict[str, Any]
Key = tuple[str, str, str]
"""Kind's plural, namespace, name."""


class ApiServer:
    """`url` is set inside `running`. `refuse[verb, plural]` = (status, message) answers so."""

    def __init__(self) -> None:
        self.url = ""
        self.objects: dict[Key, Object] = {}
        self.refuse: dict[tuple[str, str], tuple[int, str]] = {}
        self.calls: list[tuple[str, str]] = []
        self.page = 500
        self.silent = False
        self._version = 1
        self._applied: dict[tuple[Key, str], Object] = {}
        self._events: list[tuple[int, str, Object]] = []
        self._oldest = 0
        self._changed = asyncio.Condition()
        self._cut = 0

    @contextlib.asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[ApiServer]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await self.drop()
            await runner.cleanup()

    async def client(self) -> Client:
        configuration = Configuration()
        configuration.host = self.url
        return Client(ApiClient(configuration))

    async def put(self, body: Object, **changes: Any) -> Object:
        """As somebody with kubectl: the object as it is given."""
        kept = copy.deepcopy(body) | changes
        key = (PLURAL, kept["metadata"]["namespace"], kept["metadata"]["name"])
        await self._store(key, kept)
        return self.objects[key]

    async def delete(self, namespace: str, name: str, plural: str = PLURAL) -> None:
        """As somebody with kubectl."""
        await self._remove((plural, namespace, name))

    async def status(self, namespace: str, name: str, **status: Any) -> None:
        """As the operator."""
        key = (PLURAL, namespace, name)
        await self._store(key, {**self.objects[key], "status": status})

    async def drop(self) -> None:
        """Every watch breaks."""
        async with self._changed:
            self._cut += 1
            self._changed.notify_all()

    def forget_events(self) -> None:
        """Whoever comes with an older version is told 410."""
        self._oldest, self._events = self._version, []

    def called(self, verb: str, plural: str = PLURAL) -> int:
        return self.calls.count((verb, plural))

    async def until_called(self, verb: str, times: int, plural: str = PLURAL) -> None:
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: self.called(verb, plural) >= times)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        parts = request.path.strip("/").split("/")
        parts = parts[3:] if parts[0] == "apis" else parts[2:]
        namespace = None
        if parts[0] == "namespaces":
            namespace, parts = parts[1], parts[2:]
        plural, name = parts[0], parts[1] if len(parts) > 1 else None
        verb = _verb(request, name)
        async with self._changed:
            self.calls.append((verb, plural))
            self._changed.notify_all()
        if (refused := self.refuse.get((verb, plural))) is not None:
            return _status(*refused)
        if verb == "watch":
            return await self._watch(request, plural, namespace)
        if verb == "list":
            return self._list(request, plural, namespace)
        assert namespace
        assert name
        key = (plural, namespace, name)
        if verb == "apply":
            return await self._apply(key, request.query["fieldManager"], await request.json())
        if key not in self.objects:
            return _status(404, f'{plural} "{name}" not found')
        if verb == "delete":
            await self._remove(key)
            return web.json_response({"kind": "Status", "status": "Success"})
        if verb == "patch":
            await self._store(key, _merged(self.objects[key], await request.json()))
        return web.json_response(self.objects[key])

    def _list(self, request: web.Request, plural: str, namespace: str | None) -> web.Response:
        keys = sorted(key for key in self.objects if key[0] == plural and namespace in (None, key[1]))
        begin = int(request.query.get("continue", "0"))
        end = begin + min(self.page, int(request.query.get("limit", "500")))
        metadata = {"resourceVersion": str(self._version)}
        if end < len(keys):
            metadata["continue"] = str(end)
        return web.json_response(
            {"metadata": metadata, "items": [self.objects[key] for key in keys[begin:end]]}
        )

    async def _watch(self, request: web.Request, plural: str, namespace: str | None) -> web.StreamResponse:
        after = int(request.query["resourceVersion"])
        answer = web.StreamResponse()
        await answer.prepare(request)
        if after < self._oldest:
            await _send(
                answer, "ERROR", {"kind": "Status", "code": 410, "message": "too old resource version"}
            )
            return answer
        cut, deadline = self._cut, float(request.query["timeoutSeconds"])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline):
                while True:
                    events = [each for each in self._events if each[0] > after]
                    after = self._version
                    for _, kind, body in events:
                        if namespace in (None, body["metadata"]["namespace"]) and body["kind"] == KIND:
                            await _send(answer, kind, body)
                    bookmark = {"kind": KIND, "metadata": {"resourceVersion": str(after)}}
                    if not self.silent:
                        await _send(answer, "BOOKMARK", bookmark)
                    async with self._changed:
                        while self._cut == cut and self._version <= after:
                            await self._changed.wait()
                    if self._cut != cut:
                        if request.transport:
                            request.transport.abort()
                        break
        return answer

    async def _apply(self, key: Key, manager: str, body: Object) -> web.Response:
        before = self._applied.get((key, manager), {}) if key in self.objects else {}
        wanted = {name: value for name, value in body.items() if name in ("metadata", "spec", "data")}
        current = copy.deepcopy(self.objects.get(key, {}))
        await self._store(key, {**body, **_merged(_without(current, before, wanted), wanted)})
        self._applied[key, manager] = wanted
        return web.json_response(self.objects[key])

    async def _store(self, key: Key, body: Object) -> None:
        kind = "MODIFIED" if key in self.objects else "ADDED"
        async with self._changed:
            self._version += 1
            metadata = {
                "uid": f"uid-{self._version}",
                **body["metadata"],
                "resourceVersion": str(self._version),
            }
            self.objects[key] = {**body, "metadata": metadata}
            self._events.append((self._version, kind, copy.deepcopy(self.objects[key])))
            self._changed.notify_all()

    async def _remove(self, key: Key) -> None:
        async with self._changed:
            self._version += 1
            body = self.objects.pop(key)
            body["metadata"]["resourceVersion"] = str(self._version)
            self._events.append((self._version, "DELETED", body))
            self._changed.notify_all()


def session(name: str, namespace: str = "crm", **spec: Any) -> Object:
    """A WhatsAppSession as a person writes it; `labels` and `status` go where they belong."""
    labels, status = spec.pop("labels", {}), spec.pop("status", None)
    body: Object = {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"clienteId": 1, "operatingMode": "Connected", "keyVersion": 1, **spec},
    }
    return body | ({"status": status} if status else {})


def _verb(request: web.Request, name: str | None) -> str:
    if request.method == "PATCH":
        return "apply" if request.content_type == "application/apply-patch+yaml" else "patch"
    if request.method == "DELETE":
        return "delete"
    return "get" if name else "watch" if request.query.get("watch") == "true" else "list"


async def _send(answer: web.StreamResponse, kind: str, body: Object) -> None:
    await answer.write(json.dumps({"type": kind, "object": body}).encode() + b"\n")


def _status(code: int, message: str) -> web.Response:
    return web.json_response({"kind": "Status", "code": code, "message": message}, status=code)


def _merged(old: Any, new: Any) -> Any:
    """`new` over `old`: objects by their fields, lists of named objects by their names, null removes."""
    if isinstance(old, dict) and isinstance(new, dict):
        both = dict(old)
        for name, value in new.items():
            both[name] = _merged(old.get(name), value)
        return {name: value for name, value in both.items() if value is not None}
    if _named(old) and _named(new):
        by_name = {each["name"]: each for each in old}
        for each in new:
            by_name[each["name"]] = _merged(by_name.get(each["name"], {}), each)
        return list(by_name.values())
    return new


def _without(current: Any, before: Any, now: Any) -> Any:
    """`current` but for what the manager had applied before and applies no longer."""
    if isinstance(current, dict) and isinstance(before, dict):
        now = now if isinstance(now, dict) else {}
        left = {}
        for name, value in current.items():
            if name in before:
                if name not in now and not isinstance(value, dict) and not _named(value):
                    continue
                value = _without(value, before[name], now.get(name))
            left[name] = value
        return left
    if _named(current) and _named(before):
        kept = {each["name"] for each in now or ()}
        dropped = {each["name"] for each in before} - kept
        return [each for each in current if each["name"] not in dropped]
    return current


def _named(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(x, dict) and "name" in x for x in value)
