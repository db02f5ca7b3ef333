"""The product on a cluster, as its users meet it: install it, apply a session, talk to its pod.

Why shared: the demo shows and the end-to-end tests prove the same steps by the same calls.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml
from httpx_sse import EventSource, connect_sse

from whatsapp_contracts import kubernetes
from whatsapp_tools import images
from whatsapp_tools.cluster import ROOT, Cluster, pod_url
from whatsapp_tools.phones import read_qr
from whatsapp_tools.terminal import ToolError

SYSTEM = "whatsapp-system"
RELEASE = "whatsapp-operator"
SIMULATOR = "whatsapp-simulator"
SIMULATOR_URL = f"http://{SIMULATOR}.{SIMULATOR}.svc:8080/"
CHART = ROOT / "charts" / "whatsapp-operator"
API_PORT = 3001

Status = dict[str, Any]


class TimedOut(ToolError):
    """What was waited for did not come; the text says what was seen last."""


def until(
    what: str, look: Callable[[], Any], *, timeout: float, every: float = 0.2, saw: Callable[[], str] = str
) -> Any:
    """Call `look` until it gives something true, and return that; after `timeout` seconds raise TimedOut."""
    end = time.monotonic() + timeout
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise TimedOut(f"Waited {timeout:.0f} s for {what}. Seen last: {saw() or found!r}")
        time.sleep(every)


def install_simulator(cluster: Cluster, **env: str) -> None:
    """Apply the simulator with these variables, and wait until it serves."""
    objects = list(yaml.safe_load_all((ROOT / "examples" / "simulator.yaml").read_text()))
    (deployment,) = (found for found in objects if found["kind"] == "Deployment")
    template = deployment["spec"]["template"]
    (container,) = template["spec"]["containers"]
    container["image"] = images.image_name("simulator")
    container["env"] += [{"name": name, "value": value} for name, value in env.items()]
    template["metadata"]["annotations"] = {"image-id": images.built_id(container["image"])}
    cluster.kubectl("apply", "-f", "-", input=yaml.safe_dump_all(objects))
    try:
        cluster.kubectl("-n", SIMULATOR, "rollout", "status", f"deployment/{SIMULATOR}", "--timeout=120s")
    except ToolError as error:
        raise ToolError(f"{error}\n{why_not(cluster, SIMULATOR)}") from None


def why_not(cluster: Cluster, namespace: str) -> str:
    """The pods of a namespace and what the newest said last, for the text of a failure."""
    pods = cluster.kubectl("get", "pods", "-n", namespace, "--sort-by=.metadata.creationTimestamp")
    names = [line.split()[0] for line in pods.splitlines()[1:]]
    try:
        said = cluster.kubectl("logs", "-n", namespace, names[-1], "--tail=15") if names else ""
    except ToolError as error:
        said = str(error)
    return f"{pods}\n{said}"


def install_operator(cluster: Cluster, *values: str, chart: Path = CHART) -> None:
    """`helm upgrade --install` with `--set` values, and wait until the new operator leads."""
    image_id = images.built_id(images.image_name("operator"))
    sets = [
        f"session.whatsappUrl={SIMULATOR_URL}",
        f"image.repository={images.image_name('operator').rsplit(':', 1)[0]}",
        f"session.image.repository={images.image_name('session').rsplit(':', 1)[0]}",
        f"podAnnotations.image-id=i{image_id}",
        *values,
    ]
    try:
        cluster.helm(
            *("upgrade", "--install", RELEASE, str(chart), "--namespace", SYSTEM, "--create-namespace"),
            *("--reset-values", "--force-conflicts", "--wait", "--timeout=120s"),
            *(word for value in sets for word in ("--set", value)),
        )
    except ToolError as error:
        raise ToolError(f"{error}\n{why_not(cluster, SYSTEM)}") from None
    cluster.kubectl("wait", "--for=condition=Established", f"crd/{kubernetes.PLURAL}.{kubernetes.GROUP}")


class Session:
    """One WhatsAppSession on the cluster: its resource, its status, its pod's API."""

    def __init__(self, cluster: Cluster, api: str, name: str, namespace: str = "default") -> None:
        self.cluster = cluster
        self.api = api
        self.name = name
        self.namespace = namespace
        self._http = httpx.Client(timeout=60)
        self._key = ""

    def close(self) -> None:
        self._http.close()

    @property
    def pod_name(self) -> str:
        return f"whatsapp-{self.name}"

    def apply(self, **spec: Any) -> None:
        """Apply the resource with this spec; `clienteId` is 51 unless given."""
        body = {
            "apiVersion": f"{kubernetes.GROUP}/{kubernetes.VERSION}",
            "kind": kubernetes.KIND,
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": {"clienteId": 51, **spec},
        }
        self.cluster.kubectl("apply", "-f", "-", input=json.dumps(body))

    def delete(self, *, claim: bool = False, wait: bool = True) -> None:
        """Delete the resource, with `claim` its retained volume too."""
        where = ("-n", self.namespace, "--ignore-not-found", f"--wait={str(wait).lower()}")
        self.cluster.kubectl("delete", kubernetes.SHORT_NAME, self.name, *where)
        self.cluster.kubectl("delete", "pod", self.pod_name, *where)
        if claim:
            self.cluster.kubectl("delete", "pvc", self.pod_name, *where)

    def resource(self) -> dict[str, Any]:
        return self.cluster.get(kubernetes.SHORT_NAME, self.name, self.namespace)

    def status(self) -> Status:
        """`status`, or an empty dict before the operator has written one."""
        return self.resource().get("status") or {}

    def condition(self, kind: str) -> dict[str, Any]:
        """One condition, or an empty dict."""
        return next((c for c in self.status().get("conditions", []) if c["type"] == kind), {})

    def wait_status(self, what: str, holds: Callable[[Status], Any], *, timeout: float = 120) -> Any:
        """Wait until `holds(status)` is true; returns what it gave."""

        def brief() -> str:
            status = self.status()
            return json.dumps({k: status.get(k) for k in ("state", "reason", "message")}, ensure_ascii=False)

        return until(f"{self.name}: {what}", lambda: holds(self.status()), timeout=timeout, saw=brief)

    def wait_qr(self, *, timeout: float = 120) -> dict[str, Any]:
        """Wait for `status.qr` and return it."""
        return self.wait_status("a QR in status.qr", lambda s: s.get("qr"), timeout=timeout)  # type: ignore[no-any-return]

    def wait_ready(self, *, timeout: int = 120) -> None:
        """`kubectl wait --for=condition=Ready`, as a user would."""
        where = ("-n", self.namespace, f"--timeout={timeout}s")
        self.cluster.kubectl("wait", "--for=condition=Ready", f"{kubernetes.SHORT_NAME}/{self.name}", *where)

    def pod(self) -> dict[str, Any]:
        """The session's pod object."""
        return self.cluster.get("pod", self.pod_name, self.namespace)

    def identity(self) -> tuple[str, str, int]:
        """What must not change when nothing of the session changed: pod uid, container id, restart count."""
        pod = self.pod()
        container = pod["status"]["containerStatuses"][0]
        return pod["metadata"]["uid"], container["containerID"], container["restartCount"]

    def key(self) -> str:
        """The pod's API key, from its Secret."""
        if not self._key:
            secret = self.cluster.get("secret", self.pod_name, self.namespace)
            self._key = base64.b64decode(secret["data"]["api-keys"]).decode().split()[0]
        return self._key

    def call(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """One call of contract A on the pod, with its key; the answer is returned whatever its code."""
        url = pod_url(self.api, self.namespace, self.pod_name, API_PORT) + path
        try:
            return self._http.request(method, url, headers={"X-API-Key": self.key()}, **kwargs)
        except httpx.HTTPError as error:
            raise ToolError(f"The pod {self.pod_name} does not answer {method} {path}: {error!r}") from None

    def picture_code(self) -> str:
        """What a phone's camera reads from the QR picture that the pod shows now."""
        answer = self.call("GET", "/session-manager/qr")
        if answer.status_code != 200:
            raise ToolError(f"GET /session-manager/qr answered {answer.status_code}: {answer.text}")
        return read_qr(answer.content)

    def _events(self, source: EventSource) -> Iterator[dict[str, Any]]:
        try:
            for event in source.iter_sse():
                if event.data:
                    yield json.loads(event.data)
        except httpx.HTTPError as error:
            raise ToolError(f"The event stream of {self.pod_name} broke: {error!r}") from None
        raise ToolError(f"The event stream of {self.pod_name} ended before what was waited for.")

    @contextmanager
    def events(self, types: str = "", after: int | None = None) -> Iterator[Iterator[dict[str, Any]]]:
        """Follow `GET /events`; iterating waits for the next event, 60 s at most."""
        url = pod_url(self.api, self.namespace, self.pod_name, API_PORT) + "/events"
        query = {"types": types} | ({"after": str(after)} if after is not None else {})
        with (
            httpx.Client(timeout=60) as http,
            connect_sse(http, "GET", url, params=query, headers={"X-API-Key": self.key()}) as source,
        ):
            yield self._events(source)
