"""The one door to the API server for reads and writes (watches are kopf's).

Why the low-level `ApiClient` with dicts: the typed methods of `kubernetes.aio` validate every object with
pydantic and cost twice as much; the manifests are dicts anyway.
"""

from __future__ import annotations

import json
import os
from typing import Any

import aiohttp
from kubernetes.aio import config
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration

from whatsapp_contracts.kubernetes import GROUP, PLURAL, VERSION
from whatsapp_operator.metrics import API_REQUESTS
from whatsapp_operator.names import FIELD_MANAGER

Object = dict[str, Any]

TIMEOUT = (5, 30)
"""Seconds to connect and for the whole request."""

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"


class ApiError(Exception):
    """The API server refused. `status`: the HTTP code (0: not reached), `message`: its own sentence."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message


class NotReached(ApiError):
    """The API server did not answer. It may have done what was asked, so look again before repeating."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(0, "NotReached", f"the API server did not answer ({type(cause).__name__})")


class NoCluster(Exception):
    """No way to an API server is configured; the message says what to set."""


def path(kind: str, namespace: str, name: str | None = None, subresource: str | None = None) -> str:
    """The path of a namespaced collection or object; `kind` is the plural."""
    base = {PLURAL: f"/apis/{GROUP}/{VERSION}", "leases": "/apis/coordination.k8s.io/v1"}.get(kind, "/api/v1")
    parts = [f"{base}/namespaces/{namespace}/{kind}", name, subresource]
    return "/".join(part for part in parts if part)


class Client:
    """Reads and writes with dicts. Close it with `async with`."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    @classmethod
    async def connect(cls) -> Client:
        """By the pod's service account, else by KUBECONFIG or ~/.kube/config; raises NoCluster."""
        configuration = Configuration()
        try:
            if os.environ.get("KUBERNETES_SERVICE_HOST") and not os.environ.get("KUBECONFIG"):
                config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
            else:
                await config.load_kube_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        except (config.ConfigException, OSError) as error:
            raise NoCluster(
                f"no API server is configured ({error}); set KUBECONFIG to a kubeconfig file, or run in a pod"
            ) from error
        configuration.connection_pool_maxsize = 64
        api = ApiClient(configuration)
        api.user_agent = FIELD_MANAGER
        return cls(api)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._api.close()  # type: ignore[no-untyped-call]

    async def get(self, where: str) -> Object:
        """One object, or a discovery document."""
        return await self._request("GET", where)

    async def create(self, where: str, body: Object) -> Object:
        """Make an object in the collection `where`; one that exists is a 409 and stays as it is."""
        return await self._request("POST", where, body=body, query={"fieldManager": FIELD_MANAGER})

    async def apply(self, where: str, body: Object, *, force: bool = True, dry_run: bool = False) -> Object:
        """Server-side apply: `body` is all that the operator wants to own of the object."""
        query = {"fieldManager": FIELD_MANAGER, "force": str(force).lower()}
        if dry_run:
            query["dryRun"] = "All"
        return await self._request("PATCH", where, body=body, query=query, content=APPLY)

    async def merge(self, where: str, body: Object) -> Object:
        """JSON merge patch (Events' counters and the Lease)."""
        return await self._request("PATCH", where, body=body, content=MERGE)

    async def replace(self, where: str, body: Object) -> Object:
        """PUT: refused with 409 when another has written since `body` was read."""
        return await self._request("PUT", where, body=body)

    async def delete(self, where: str, *, uid: str) -> Object:
        """Delete the object only when it still has this uid; a successor is a 409."""
        return await self._request("DELETE", where, body={"preconditions": {"uid": uid}})

    async def _request(
        self,
        method: str,
        where: str,
        *,
        body: Object | None = None,
        query: dict[str, str] | None = None,
        content: str = "application/json",
    ) -> Object:
        headers = {"Accept": "application/json", "Content-Type": content}
        kind = _kind(where)
        try:
            prepared = await self._api.param_serialize(
                method,
                where,
                query_params=list((query or {}).items()),
                header_params=headers,
                body=body,
                auth_settings=["BearerToken"],
            )
            answer = await self._api.call_api(
                *prepared, _request_timeout=aiohttp.ClientTimeout(connect=TIMEOUT[0], total=TIMEOUT[1])
            )
            raw = await answer.read()  # type: ignore[no-untyped-call]
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            API_REQUESTS.labels(method, kind, "0").inc()
            raise NotReached(error) from error
        API_REQUESTS.labels(method, kind, str(answer.status)).inc()
        data = _decoded(raw)
        if answer.status >= 300:
            reason = data.get("reason") or str(answer.reason)
            raise ApiError(answer.status, reason, data.get("message") or raw[:300].decode(errors="replace"))
        return data


def _decoded(raw: bytes) -> Object:
    try:
        data = json.loads(raw)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _kind(where: str) -> str:
    parts = where.split("/namespaces/", 1)
    pieces = parts[1].split("/") if len(parts) == 2 else []
    if len(pieces) < 2:
        return "other"
    return f"{pieces[1]}/{pieces[3]}" if len(pieces) > 3 else pieces[1]
