"""Is a part ready? Each probe asks the part itself and answers None, or says why not yet.

Why not "its process runs": a part that waits for another, or loops on an error, runs as well.
"""

from __future__ import annotations

import datetime
import os
import socket
import struct
import subprocess
import urllib.request
from collections.abc import Mapping
from typing import Any

from localcluster.api import Api, ApiError
from localcluster.machine import PATH
from localcluster.plan import DNS_DOMAIN, STORAGE_CLASS, Node, Plan

NotYet = str | None


def https(plan: Plan, url: str) -> NotYet:
    """`url`: a path of the API server, or a whole https URL of a part under the cluster's authority."""
    try:
        Api.of(plan).get(url, timeout=2)
    except ApiError as error:
        return f"{url}: {error}"
    return None


def http(url: str) -> NotYet:
    """For the one part that serves its health in the clear (kube-proxy, inside its node's network)."""
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310  (our own URL)
            return None
    except OSError as error:
        return f"{url}: {error}"


def containerd(plan: Plan, node: Node) -> NotYet:
    """Asks for its version through the socket: the socket alone is there a moment before the service."""
    if not node.socket.exists():
        return f"{node.socket} is not there"
    try:
        done = subprocess.run(
            [str(plan.bins["ctr"]), "-a", str(node.socket), "version"],
            capture_output=True,
            text=True,
            timeout=5,
            env={"PATH": PATH},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"ctr version: {error}"
    return None if done.returncode == 0 else f"ctr version: {done.stderr.strip()}"


def dns(plan: Plan) -> NotYet:
    """Asks CoreDNS for the API server's service name and compares the address."""
    name = f"kubernetes.default.svc.{DNS_DOMAIN}"
    number = int.from_bytes(os.urandom(2), "big")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(1)
        try:
            udp.connect((plan.gateway, 53))
            udp.send(dns_question(name, number))
            answer = udp.recv(512)
        except OSError as error:
            return f"{plan.gateway}:53: {error}"
    if answer[:2] != number.to_bytes(2, "big") or socket.inet_aton(plan.api_service) not in answer[12:]:
        return f"it does not know {name} yet"
    return None


def dns_question(name: str, number: int) -> bytes:
    """One A question, recursion desired (RFC 1035, section 4)."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)


def node_ready(plan: Plan, node: Node, since: datetime.datetime | None = None) -> NotYet:
    """Ready, with a heartbeat not older than `since`: after a restart the old Ready still stands there."""
    try:
        found = Api.of(plan).get_object(f"/api/v1/nodes/{node.name}")
    except ApiError as error:
        return str(error)
    for condition in found.get("status", {}).get("conditions", []):
        if condition["type"] == "Ready":
            beat = _time(condition["lastHeartbeatTime"])
            if since is not None and beat < since.replace(microsecond=0):
                return f"its last heartbeat is of {beat:%H:%M:%S}, before this start"
            return None if condition["status"] == "True" else str(condition["message"])
    return "it has not reported yet"


def pods_fresh(plan: Plan, node: Node, since: datetime.datetime) -> NotYet:
    """No pod of the node still shows itself ready from before `since`, when the node had no power."""
    try:
        found = Api.of(plan).get_object(f"/api/v1/pods?fieldSelector=spec.nodeName={node.name}")
    except ApiError as error:
        return str(error)
    stale = [pod["metadata"]["name"] for pod in found["items"] if is_stale(pod, since)]
    return f"these pods show what they were before: {', '.join(stale)}" if stale else None


def is_stale(pod: Mapping[str, Any], since: datetime.datetime) -> bool:
    """Its status says ready, by containers that started before `since`."""
    status = pod["status"]
    ready = any(item["type"] == "Ready" and item["status"] == "True" for item in status.get("conditions", []))
    running = [item["state"].get("running") for item in status.get("containerStatuses", [])]
    return ready and any(_time(item["startedAt"]) < since.replace(microsecond=0) for item in running if item)


def _time(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def storage_class(plan: Plan) -> NotYet:
    """The default StorageClass is there, for which the provisioner is started."""
    return https(plan, f"/apis/storage.k8s.io/v1/storageclasses/{STORAGE_CLASS}")
