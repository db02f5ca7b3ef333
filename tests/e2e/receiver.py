"""A receiver of webhooks in the cluster: a pod that keeps every call, and what it has been sent.

Why a pod: sessions reach it as they would a CRM beside them, by name, on a private address that
`session.allowedNetworks` lets them reach.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
from standardwebhooks.webhooks import Webhook

from whatsapp_tools import images
from whatsapp_tools.cluster import Cluster, pod_url
from whatsapp_tools.product import until

NAME, PORT = "receiver", 8080

PROGRAM = """
import base64, http.server, json

CALLS = []

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        CALLS.append({"path": self.path, "headers": headers, "body": base64.b64encode(body).decode()})
        self.answer({"success": True})

    def do_GET(self):
        self.answer(CALLS)

    def answer(self, data):
        raw = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *args):
        pass

http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""


def host(namespace: str) -> str:
    """The name under which sessions reach it."""
    return f"{NAME}.{namespace}.svc"


def manifests(namespace: str) -> list[dict[str, Any]]:
    """The pod and its Service, under the restricted Pod Security Standard."""
    label = {"app": NAME}
    metadata = {"name": NAME, "namespace": namespace, "labels": label}
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    return [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": metadata,
            "spec": {
                "automountServiceAccountToken": False,
                "terminationGracePeriodSeconds": 0,
                "securityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": 10001,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "containers": [
                    {
                        "name": NAME,
                        "image": images.image_name("simulator"),
                        "imagePullPolicy": "IfNotPresent",
                        "command": ["python", "-c", PROGRAM],
                        "ports": [{"containerPort": PORT}],
                        "readinessProbe": {"httpGet": {"path": "/", "port": PORT}, "periodSeconds": 1},
                        "securityContext": security,
                    }
                ],
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": label, "ports": [{"port": PORT}]},
        },
    ]


class Receiver:
    """What came in, and whether it is signed."""

    def __init__(self, cluster: Cluster, api: str, namespace: str) -> None:
        self.url = f"http://{host(namespace)}:{PORT}"
        self._seen = pod_url(api, namespace, NAME, PORT)
        for manifest in manifests(namespace):
            cluster.kubectl("apply", "-f", "-", input=json.dumps(manifest))
        cluster.kubectl("wait", "--for=condition=Ready", f"pod/{NAME}", "-n", namespace, "--timeout=90s")

    def calls(self, path: str) -> list[dict[str, Any]]:
        """The calls to this path, oldest first; `body` is the JSON, `raw` the bytes."""
        found = httpx.get(self._seen + "/", timeout=30).raise_for_status().json()
        return [
            call | {"raw": base64.b64decode(call["body"]), "body": json.loads(base64.b64decode(call["body"]))}
            for call in found
            if call["path"] == path
        ]

    def wait(self, path: str, what: str, **fields: Any) -> dict[str, Any]:
        """The first call to this path whose body has these fields in `data` or at its top."""

        def fits(body: dict[str, Any]) -> bool:
            facts = body | (body.get("data") or {})
            return all(facts.get(key) == value for key, value in fields.items())

        found: dict[str, Any] = until(
            f"{what} at {path}",
            lambda: next((call for call in self.calls(path) if fits(call["body"])), None),
            timeout=60,
            saw=lambda: str([call["body"].get("type") for call in self.calls(path)]),
        )
        return found


def verified(call: dict[str, Any], secret: str) -> bool:
    """Whether Standard Webhooks' own library takes the call for genuine; raises its error when not."""
    Webhook(secret).verify(call["raw"], call["headers"])
    return True
