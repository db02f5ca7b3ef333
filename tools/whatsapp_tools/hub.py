"""The hub on a cluster, as a CRM meets it: installed beside the operator, reached on loopback, called.

Why shared: the demo shows and the end-to-end tests prove the same steps by the same calls.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from whatsapp_tools import images
from whatsapp_tools.cluster import Cluster
from whatsapp_tools.phones import read_qr
from whatsapp_tools.product import RELEASE, SYSTEM, install_operator, until, why_not
from whatsapp_tools.terminal import ToolError

NAME = f"{RELEASE}-hub"
SERVICE = f"svc/{NAME}"
PORT = 3000
ADMIN_SECRET = "whatsapp-hub-admin"
TENANT = "demo"
EMAIL = "admin@demo.example"


@dataclass(frozen=True, kw_only=True)
class Account:
    """The first administrator, and the organization's first API key."""

    email: str
    password: str = field(repr=False)
    key: str = field(repr=False)


def install(cluster: Cluster, *values: str) -> Account:
    """The operator with the hub, and wait until both serve; who may log in, as before where that is known."""
    account = administrator(cluster)
    install_operator(cluster, *values_of_hub(), *values)
    try:
        cluster.kubectl("-n", SYSTEM, "rollout", "status", f"deployment/{NAME}", "--timeout=120s")
    except ToolError as error:
        raise ToolError(f"{error}\n{why_not(cluster, SYSTEM)}") from None
    return account


def values_of_hub() -> tuple[str, ...]:
    """The chart's values with which the hub of this checkout is installed."""
    return (
        "hub.enabled=true",
        f"hub.image.repository={images.image_name('hub').rsplit(':', 1)[0]}",
        f"hub.podAnnotations.image-id=i{images.built_id(images.image_name('hub'))}",
        f"hub.admin.existingSecret={ADMIN_SECRET}",
    )


def postgresql_repository() -> str:
    """The image for the chart's `hub.postgresql`."""
    return images.image_name("postgresql").rsplit(":", 1)[0]


def administrator(cluster: Cluster) -> Account:
    """Read the Secret that the first administrator is made from; make it when it is missing."""
    found = cluster.kubectl("get", "secret", ADMIN_SECRET, "-n", SYSTEM, "-o", "json", "--ignore-not-found")
    if found.strip():
        data = {name: base64.b64decode(text).decode() for name, text in json.loads(found)["data"].items()}
    else:
        data = {
            "tenant": TENANT,
            "email": EMAIL,
            "password": secrets.token_urlsafe(12),
            "api-key": f"was_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}",
        }
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": ADMIN_SECRET}, "stringData": data}
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}}
        cluster.kubectl("apply", "--server-side", "-f", "-", input=json.dumps(namespace))
        cluster.kubectl("create", "-n", SYSTEM, "-f", "-", input=json.dumps(body))
    return Account(email=data["email"], password=data["password"], key=data["api-key"])


@contextmanager
def reached(cluster: Cluster, account: Account) -> Iterator[Hub]:
    """The hub on loopback, for as long as the pod runs that answers now."""
    with cluster.forward(SYSTEM, SERVICE, PORT) as url:
        hub = Hub(url, account)
        try:
            yield hub
        finally:
            hub.close()


class Hub:
    """Contract B by its calls; every refusal is a ToolError with the hub's own words."""

    def __init__(self, url: str, account: Account) -> None:
        self.url = url
        self.account = account
        self._http = httpx.Client(base_url=url, timeout=60)
        self.headers: dict[str, str] = {"X-API-Key": account.key}

    def close(self) -> None:
        self._http.close()

    def log_in(self) -> None:
        """From now on calls carry a token beside the key."""
        body = {"identifier": self.account.email, "password": self.account.password}
        token = self.call("POST", "/api/auth/login", body)["accessToken"]
        self.headers["Authorization"] = f"Bearer {token}"

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """One call; the answer whatever its code."""
        try:
            return self._http.request(method, path, json=body, headers=self.headers)
        except httpx.HTTPError as error:
            raise ToolError(f"The hub does not answer {method} {path}: {error!r}") from None

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call; the answer's `data`."""
        answer = self.ask(method, path, body)
        if not answer.is_success:
            raise ToolError(f"The hub answered {method} {path} with {answer.status_code}: {answer.text}")
        return answer.json()["data"]

    def create(self, session_id: str, **fields: Any) -> dict[str, Any]:
        """A new session; its login starts at once."""
        return self.call("POST", "/api/sessions", {"sessionId": session_id, **fields})  # type: ignore[no-any-return]

    def sessions(self) -> list[dict[str, Any]]:
        """Every session of the organization."""
        return self.call("GET", "/api/sessions")["sessions"]  # type: ignore[no-any-return]

    def status(self, session_id: str | int) -> dict[str, Any]:
        """A session's status."""
        return self.call("GET", f"/api/sessions/{session_id}/status")  # type: ignore[no-any-return]

    def wait_picture(self, session_id: str | int, *, timeout: float = 180) -> str:
        """What a phone's camera reads from the QR that the hub shows, as soon as it shows one."""
        return str(
            until(
                f"a QR of {session_id} in the hub",
                lambda: self._picture(session_id),
                timeout=timeout,
                every=0.5,
            )
        )

    def _picture(self, session_id: str | int) -> str | None:
        qr = self.call("GET", f"/api/sessions/{session_id}/qr")
        return read_qr(base64.b64decode(qr["qrCode"])) if qr["qrCode"] else None

    def wait_status(self, session_id: str | int, status: str, *, timeout: float = 120) -> dict[str, Any]:
        """Wait until the hub says so; its answer then."""
        return self.wait(
            f"{session_id} {status}", session_id, lambda now: now["status"] == status, timeout=timeout
        )

    def wait(
        self,
        what: str,
        session_id: str | int,
        holds: Callable[[dict[str, Any]], Any],
        *,
        timeout: float = 120,
    ) -> dict[str, Any]:
        """Wait until `holds(status)`; the status then."""
        seen: dict[str, Any] = {}

        def look() -> bool:
            seen.clear()
            seen.update(self.status(session_id))
            return bool(holds(seen))

        until(f"the hub: {what}", look, timeout=timeout, saw=lambda: json.dumps(seen))
        return seen

    def send(self, session_id: str | int, to: str, text: str) -> dict[str, Any]:
        """Send a text."""
        return self.call("POST", f"/api/sessions/{session_id}/messages", {"to": to, "text": text})  # type: ignore[no-any-return]

    def messages_from(self, phone: str) -> list[dict[str, Any]]:
        """What a person wrote, as the hub has stored it by contract D."""
        contacts = self.call("GET", f"/api/contacts?phone={phone}")["contacts"]
        return [
            message
            for contact in contacts
            for message in self.call("GET", f"/api/contacts/{contact['id']}/messages")["messages"]
        ]
