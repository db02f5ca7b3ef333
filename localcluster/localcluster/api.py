"""The few calls that localcluster itself makes to its API server.

Why not kubectl: a wait asks ten times a second, and a process each would cost more than the cluster's start.
"""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from localcluster.plan import Plan

FIELD_MANAGER = "localcluster"
# Resource names of the kinds that `manifests` uses.
PLURALS = {
    "Namespace": "namespaces",
    "Service": "services",
    "ServiceAccount": "serviceaccounts",
    "ConfigMap": "configmaps",
    "EndpointSlice": "endpointslices",
    "StorageClass": "storageclasses",
}


class ApiError(Exception):
    """The server did not answer, or not with success; the text says which."""


@dataclass(frozen=True)
class Api:
    context: ssl.SSLContext
    server: str

    @staticmethod
    def of(plan: Plan) -> Api:
        """Raises ApiError where the certificates are not made yet."""
        try:
            context = ssl.create_default_context(cafile=str(plan.pki / "ca.crt"))
            context.load_cert_chain(plan.pki / "admin.crt", plan.pki / "admin.key")
        except (OSError, ssl.SSLError) as error:
            raise ApiError(f"no certificates in {plan.pki}: {error}") from None
        return Api(context=context, server=plan.server)

    def get(self, path: str, *, timeout: float = 5) -> str:
        """`path` starts with a slash; a whole URL reaches another server under the same authority."""
        url = path if path.startswith("http") else self.server + path
        return self._call(urllib.request.Request(url), timeout)  # noqa: S310  (our own URLs)

    def get_object(self, path: str) -> dict[str, Any]:
        value = json.loads(self.get(path))
        assert isinstance(value, dict)
        return value

    def apply(self, manifest: dict[str, Any]) -> None:
        """Server-side apply: makes it or brings it to this state; the same again changes nothing."""
        request = urllib.request.Request(  # noqa: S310
            f"{self.server}{object_path(manifest)}?fieldManager={FIELD_MANAGER}&force=true",
            data=json.dumps(manifest).encode(),
            headers={"Content-Type": "application/apply-patch+yaml"},
            method="PATCH",
        )
        self._call(request, 15)

    def _call(self, request: urllib.request.Request, timeout: float) -> str:
        try:
            with urllib.request.urlopen(  # noqa: S310
                request, timeout=timeout, context=self.context
            ) as answer:
                return bytes(answer.read()).decode()
        except urllib.error.HTTPError as error:
            with error:
                said = error.read(500).decode(errors="replace").strip()
            raise ApiError(f"HTTP {error.code}: {said}") from None
        except (OSError, ValueError) as error:  # refused, reset, timed out, cut off in the middle
            raise ApiError(str(error)) from None


def object_path(manifest: dict[str, Any]) -> str:
    """`/api/v1/namespaces/x/services/y` and its like."""
    version, meta = manifest["apiVersion"], manifest["metadata"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    namespace = f"/namespaces/{meta['namespace']}" if "namespace" in meta else ""
    return f"{root}{namespace}/{PLURALS[manifest['kind']]}/{meta['name']}"
