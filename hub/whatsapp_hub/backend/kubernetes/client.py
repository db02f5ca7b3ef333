"""The one door to the API server: reads, writes and watches with dicts.

Why the low-level `ApiClient`: the typed methods validate every object with pydantic and cost twice as much.
It reads the service account's token anew every minute, so that a rotated one counts.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
from kubernetes.aio import config
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration

from whatsapp_contracts.kubernetes import GROUP, PLURAL, VERSION
from whatsapp_hub.backend.kubernetes.names import FIELD_MANAGER
from whatsapp_hub.backend.protocol import BackendError

Object = dict[str, Any]

CONNECT_SECONDS = 5
CALL_SECONDS = 8
"""A row is held meanwhile, in a transaction that may take 20 s."""
SILENT_SECONDS = 90
"""A watch is told something every minute, be it a bookmark."""
AT_ONCE = 64
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"


class ApiError(Exception):
    """The API server refused. `status`: the HTTP code (0: not reached); `message`: its own sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class NoCluster(BackendError):
    """No way to an API server is configured; the message says what to set."""


def path(kind: str, namespace: str | None, name: str | None = None) -> str:
    """Of a collection or an object; without a namespace the whole cluster's. `kind` is the plural."""
    base = f"/apis/{GROUP}/{VERSION}" if kind == PLURAL else "/api/v1"
    parts = [base, f"namespaces/{namespace}" if namespace else None, kind, name]
    return "/".join(part for part in parts if part)


class Client:
    """Close it with `close`."""

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
                f"no API server is configured ({error}). Run the hub in a pod with a service account,"
                " or set KUBECONFIG to a kubeconfig file."
            ) from error
        configuration.connection_pool_maxsize = AT_ONCE
        api = ApiClient(configuration)
        api.user_agent = FIELD_MANAGER
        return cls(api)

    async def close(self) -> None:
        """End every connection."""
        await self._api.close()  # type: ignore[no-untyped-call]

    async def get(self, where: str, query: dict[str, str] | None = None) -> Object:
        """One object, or a page of a collection."""
        return await self._request("GET", where, query=query)

    async def apply(self, where: str, body: Object) -> Object:
        """Server-side apply: `body` is all that the hub wants to own of the object."""
        query = {"fieldManager": FIELD_MANAGER, "force": "true"}
        return await self._request("PATCH", where, body=body, query=query, content=APPLY)

    async def merge(self, where: str, body: Object) -> Object:
        """JSON merge patch."""
        query = {"fieldManager": FIELD_MANAGER}
        return await self._request("PATCH", where, body=body, query=query, content=MERGE)

    async def delete(self, where: str) -> Object:
        """Delete an object."""
        return await self._request("DELETE", where)

    async def watch(self, where: str, query: dict[str, str]) -> AsyncIterator[Object]:
        """The events of a watch until it ends; ApiError for one that breaks or falls silent."""
        timeout = aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS)
        with _reaching():
            answer = await self._send("GET", where, timeout, query={**query, "watch": "true"})
            try:
                if answer.status >= 300:
                    raise _refused(answer.status, await answer.read())
                rest = b""
                async for chunk in answer.content.iter_any():
                    *lines, rest = (rest + chunk).split(b"\n")
                    for line in lines:
                        if line.strip():
                            yield json.loads(line)
            finally:
                answer.close()

    async def _request(
        self,
        method: str,
        where: str,
        *,
        body: Object | None = None,
        query: dict[str, str] | None = None,
        content: str = "application/json",
    ) -> Object:
        timeout = aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, total=CALL_SECONDS)
        with _reaching():
            answer = await self._send(method, where, timeout, body=body, query=query, content=content)
            raw = await answer.read()
        if answer.status >= 300:
            raise _refused(answer.status, raw)
        return _decoded(raw)

    async def _send(
        self,
        method: str,
        where: str,
        timeout: aiohttp.ClientTimeout,
        *,
        body: Object | None = None,
        query: dict[str, str] | None = None,
        content: str = "application/json",
    ) -> aiohttp.ClientResponse:
        prepared = await self._api.param_serialize(
            method,
            where,
            query_params=list((query or {}).items()),
            header_params={"Accept": "application/json", "Content-Type": content},
            body=body,
            auth_settings=["BearerToken"],
        )
        answer = await self._api.call_api(*prepared, _request_timeout=timeout)
        response: aiohttp.ClientResponse = answer.response
        return response


@contextlib.contextmanager
def _reaching() -> Iterator[None]:
    """What does not arrive is an ApiError of status 0."""
    try:
        yield
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise ApiError(0, f"the API server did not answer ({type(error).__name__})") from error


def _refused(status: int, raw: bytes) -> ApiError:
    return ApiError(status, str(_decoded(raw).get("message") or raw[:300].decode(errors="replace")))


def _decoded(raw: bytes) -> Object:
    try:
        data = json.loads(raw)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
