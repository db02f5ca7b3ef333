"""What a real API server refuses, by the sentences that the schema promises."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from whatsapp_contracts import kubernetes
from whatsapp_tools.cluster import Cluster
from whatsapp_tools.terminal import ToolError

HOOK = {"name": "crm", "url": "https://crm.example/hooks"}


def webhook(**more: Any) -> dict[str, Any]:
    """A spec with one webhook; None leaves a field out."""
    fields = {key: value for key, value in (HOOK | more).items() if value is not None}
    return {"clienteId": 1, "webhooks": [fields]}


# spec → what is said; each names the field, and what to do
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no clienteId": ({}, "spec.clienteId: Required value"),
    "a clienteId of 0": (
        {"clienteId": 0},
        "clienteId must be a whole number from 1: set the client's number.",
    ),
    "a clienteId below 0": ({"clienteId": -7}, "clienteId must be a whole number from 1"),
    "a clienteId that no session takes": (
        {"clienteId": 2147483648},
        "clienteId must be a whole number up to 2147483647: set the client's number.",
    ),
    "a clienteId that is a text": ({"clienteId": "51"}, "spec.clienteId: Invalid value"),
    "an unknown field": ({"clienteId": 1, "colour": "green"}, 'unknown field "spec.colour"'),
    "an unknown field of storage": (
        {"clienteId": 1, "storage": {"sise": "2Gi"}},
        'unknown field "spec.storage.sise"',
    ),
    "a field of a later release": (
        {"clienteId": 1, "disruption": "Protect"},
        'unknown field "spec.disruption"',
    ),
    "a mode that is none": (
        {"clienteId": 1, "operatingMode": "Running"},
        'spec.operatingMode: Unsupported value: "Running": supported values: "Connected", "Disconnected",'
        ' "Suspended"',
    ),
    "a number with a plus": (
        {"clienteId": 1, "phoneNumber": "+54 9 11"},
        "phoneNumber must be 7 to 15 digits, country code first, without +, spaces or hyphens: write 549112",
    ),
    "a pairing code without a number": (
        {"clienteId": 1, "login": {"method": "PairingCode"}},
        "login.method PairingCode needs phoneNumber, the phone that the code is made for: set phoneNumber,",
    ),
    "a login that is none": (
        {"clienteId": 1, "login": {"method": "SMS"}},
        'spec.login.method: Unsupported value: "SMS": supported values: "QR", "PairingCode"',
    ),
    "no rotation at all": (
        {"clienteId": 1, "login": {"maxQRRotations": 0}},
        "spec.login.maxQRRotations in body should be greater than or equal to 1",
    ),
    "a pace of nothing": (
        {"clienteId": 1, "pacing": {"burst": 0}},
        "spec.pacing.burst in body should be greater than or equal to 1",
    ),
    "a proxy with credentials in it": (
        {"clienteId": 1, "proxy": {"server": "http://u:p@proxy.example:3128"}},
        "proxy.server must be scheme, host and port alone: write http://proxy.example:3128",
    ),
    "a proxy at a port that is none": (
        {"clienteId": 1, "proxy": {"server": "http://proxy.example:70000"}},
        "proxy.server must be scheme, host and port alone",
    ),
    "credentials for a SOCKS proxy": (
        {"clienteId": 1, "proxy": {"server": "socks5://p:1080", "secretRef": {"name": "exit"}}},
        "use an http:// or https:// proxy, or leave secretRef out.",
    ),
    "no keyVersion": (
        {"clienteId": 1, "keyVersion": 0},
        "keyVersion must be a whole number from 1 to 1000000: raise it by one to rotate the key.",
    ),
    "a webhook without a name": (webhook(name=None), "spec.webhooks[0].name: Required value"),
    "a webhook with a name that is none": (
        webhook(name="A B"),
        "webhooks[].name must be lower-case letters, digits and hyphens: write crm.",
    ),
    "a webhook that is called as the hub's": (
        webhook(name="hub"),
        "webhooks[].name hub is the hub's own, which is told beside these: write another name.",
    ),
    "a name for people that is a text": (
        {"clienteId": 1, "displayName": "x" * 201},
        "spec.displayName: Too long",
    ),
    "two webhooks of one name": (
        {"clienteId": 1, "webhooks": [HOOK, HOOK | {"url": "https://other.example/"}]},
        'spec.webhooks[1]: Duplicate value: {"name":"crm"}',
    ),
    "eleven webhooks": (
        {"clienteId": 1, "webhooks": [HOOK | {"name": f"n{number}"} for number in range(11)]},
        "spec.webhooks: Too many: 11: must have at most 10 items",
    ),
    "a webhook to a file": (
        webhook(url="file:///etc/passwd"),
        "webhooks[].url must begin with http:// or https:// and name a host, in plain ASCII: write https://crm",
    ),
    "a webhook to nowhere": (webhook(url="https://"), "and name a host"),
    "a webhook to a port that is none": (webhook(url="https://crm.example:70000/"), "and name a host"),
    "a webhook with a password in its url": (
        webhook(url="https://u:p@crm.example/"),
        "webhooks[].url has a user name or a fragment: leave them out; sign with secretRef or add a header",
    ),
    "a misspelt event": (
        webhook(events=["mesage.*"]),
        "events[] must be * or begin with session., message., group., call. or presence.: write message.*",
    ),
    "a webhook that hears nothing": (webhook(events=[]), "events in body should have at least 1 items"),
    "a webhook with another host": (
        webhook(headers={"Host": "x"}),
        "webhooks[].headers has a header that cannot be chosen: leave out Host,",
    ),
    "a webhook with the pod's key": (webhook(headers={"x-api-key": "x"}), "leave out Host,"),
    "a header of two lines": (
        webhook(headers={"X-A": "a\r\nX-B: b"}),
        "webhooks[].headers has a name or a value that no HTTP header can have",
    ),
    "a Secret with a name that is none": (
        webhook(secretRef={"name": "../x"}),
        "secretRef.name is no Secret's name: write one like crm.",
    ),
    "an empty sessionId": ({"clienteId": 1, "sessionId": ""}, "spec.sessionId: Invalid value"),
    "a sessionId of 101 characters": (
        {"clienteId": 1, "sessionId": "x" * 101},
        "spec.sessionId: Too long: may not be more than 100",
    ),
    "a sessionId that does not print": (
        {"clienteId": 1, "sessionId": "ventas\tnorte"},
        "sessionId has characters that do not print, or a space at an end: write a name such as cliente_51.",
    ),
    "a sessionId of a space": ({"clienteId": 1, "sessionId": " "}, "sessionId has characters that do not"),
    "a size without a unit": (
        {"clienteId": 1, "storage": {"size": "2"}},
        "storage.size must be a whole number with Mi, Gi or Ti, for example 2Gi.",
    ),
    "a size of nothing": (
        {"clienteId": 1, "storage": {"size": "0Gi"}},
        "storage.size must be a whole number",
    ),
    "an access mode for many": (
        {"clienteId": 1, "storage": {"accessMode": "ReadWriteMany"}},
        'spec.storage.accessMode: Unsupported value: "ReadWriteMany"',
    ),
    "a retain policy that is none": (
        {"clienteId": 1, "storage": {"retainPolicy": "Keep"}},
        'spec.storage.retainPolicy: Unsupported value: "Keep": supported values: "Retain", "Delete"',
    ),
    "an image with a space": (
        {"clienteId": 1, "image": "whatsapp session"},
        "image has a space: write a reference such as registry.example/whatsapp-session:0.1.0.",
    ),
    "an amount that is none": (
        {"clienteId": 1, "resources": {"requests": {"memory": "much"}}},
        "write a number with or without a unit, for example 500m, 1, 400Mi or 1Gi.",
    ),
    "a request above its limit": (
        {"clienteId": 1, "resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}}},
        "resources.requests.memory is above resources.limits.memory: lower the request or raise the limit.",
    ),
    "a CPU request above its limit": (
        {"clienteId": 1, "resources": {"requests": {"cpu": 2}, "limits": {"cpu": "1500m"}}},
        "resources.requests.cpu is above resources.limits.cpu: lower the request or raise the limit.",
    ),
    "two replicas": ({"clienteId": 1, "immutableReplicas": 2}, "spec.immutableReplicas: Invalid value: 2"),
}

# change of the session below → what is said
IMMUTABLE: dict[str, tuple[dict[str, Any], str]] = {
    "another client": (
        {"clienteId": 52},
        "clienteId cannot be changed: the login is kept under it. Make a new WhatsAppSession for another",
    ),
    "another sessionId": (
        {"sessionId": "other"},
        "sessionId cannot be changed, set later or removed: the CRM knows the session by it.",
    ),
    "no sessionId any more": ({"sessionId": None}, "sessionId cannot be changed, set later or removed"),
    "an older key": (
        {"keyVersion": 2},
        "keyVersion can only grow, so that an old key never works again: raise it by one.",
    ),
    "a smaller volume": (
        {"storage": {"size": "1Gi"}},
        "storage.size can only grow: Kubernetes cannot shrink a volume. Set the old size or a larger one.",
    ),
    "a volume that is smaller in another unit": (
        {"storage": {"size": "2047Mi"}},
        "storage.size can only grow",
    ),
    "another storage class": (
        {"storage": {"storageClassName": "fast"}},
        "storage.storageClassName cannot be changed: the volume exists already.",
    ),
    "another access mode": (
        {"storage": {"accessMode": "ReadWriteOncePod"}},
        "storage.accessMode cannot be changed: the volume exists already.",
    ),
}

ACCEPTED: dict[str, dict[str, Any]] = {
    "the least": {"clienteId": 1},
    "everything": {
        "clienteId": 2147483647,
        "sessionId": "ventas/norte ñ $(PORT)",
        "operatingMode": "Suspended",
        "storage": {
            "size": "500Mi",
            "storageClassName": "fast",
            "accessMode": "ReadWriteOncePod",
            "retainPolicy": "Delete",
        },
        "image": "registry.example:5000/whatsapp-session@sha256:abc",
        "resources": {"requests": {"cpu": 1, "memory": "400Mi"}, "limits": {"cpu": "1.5", "memory": "1Gi"}},
        "immutableReplicas": 1,
        "phoneNumber": "5491123456789",
        "login": {"method": "PairingCode", "maxQRRotations": 100},
        "pacing": {"messagesPerMinute": 1000, "burst": 1},
        "proxy": {"server": "https://[fd00::1]:3128", "secretRef": {"name": "exit"}},
        "webhooks": [
            HOOK,
            {
                "name": "orchestrator-1",
                "url": "http://10.0.0.1:8080/base?a=b",
                "events": ["*", "message.*", "session.state"],
                "format": "Orchestrator",
                "secretRef": {"name": "hook", "key": "signing.key"},
                "headers": {"X-Tenant": "crm", "Authorization": "Bearer x"},
            },
        ],
        "keyVersion": 1000000,
    },
    "no webhooks at all": {"clienteId": 1, "webhooks": []},
}


def manifest(spec: dict[str, Any], namespace: str, name: str = "validated") -> str:
    """A resource as JSON."""
    return json.dumps(
        {
            "apiVersion": f"{kubernetes.GROUP}/{kubernetes.VERSION}",
            "kind": kubernetes.KIND,
            "metadata": {"name": name, "namespace": namespace},
            "spec": spec,
        }
    )


def told(refused: pytest.ExceptionInfo[ToolError]) -> str:
    """kubectl's words on one line."""
    return " ".join(str(refused.value).split())


@pytest.fixture(scope="module")
def suspended(product: Cluster, namespace: str) -> Iterator[str]:
    """A session without a pod, to be changed."""
    name = f"v{uuid.uuid4().hex[:6]}"
    spec = {"clienteId": 51, "sessionId": "cliente_51", "operatingMode": "Suspended", "keyVersion": 3}
    product.kubectl("apply", "-f", "-", input=manifest(spec, namespace, name))
    yield name
    product.kubectl("delete", "was", name, "-n", namespace, "--wait=false")


@pytest.mark.parametrize(("spec", "sentence"), REFUSED.values(), ids=REFUSED)
def test_an_invalid_resource_is_refused_with_what_to_do(
    product: Cluster, namespace: str, spec: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ToolError) as refused:
        product.kubectl("apply", "--dry-run=server", "-f", "-", input=manifest(spec, namespace))
    assert sentence in told(refused)


@pytest.mark.parametrize(("change", "sentence"), IMMUTABLE.values(), ids=IMMUTABLE)
def test_a_change_that_cannot_be_made_is_refused_with_what_to_do(
    product: Cluster, namespace: str, suspended: str, change: dict[str, Any], sentence: str
) -> None:
    patch = json.dumps({"spec": change})
    with pytest.raises(ToolError) as refused:
        product.kubectl(
            "patch", "was", suspended, "-n", namespace, "--type=merge", "--dry-run=server", "-p", patch
        )
    assert sentence in told(refused)


def test_a_name_that_is_no_session_id_asks_for_one(product: Cluster, namespace: str) -> None:
    name = "n" * 101
    with pytest.raises(ToolError) as refused:
        product.kubectl(
            "apply", "--dry-run=server", "-f", "-", input=manifest({"clienteId": 1}, namespace, name)
        )
    assert "set spec.sessionId or choose a shorter name." in told(refused)
    spec = {"clienteId": 1, "sessionId": "short"}
    answer = product.kubectl("apply", "--dry-run=server", "-f", "-", input=manifest(spec, namespace, name))
    assert "created (server dry run)" in answer


def test_a_second_replica_cannot_be_scaled_up(product: Cluster, namespace: str, suspended: str) -> None:
    with pytest.raises(ToolError) as refused:
        product.kubectl("scale", "was", suspended, "-n", namespace, "--replicas=2")
    assert "spec.immutableReplicas" in told(refused)


@pytest.mark.parametrize("spec", ACCEPTED.values(), ids=ACCEPTED)
def test_a_valid_resource_is_accepted(product: Cluster, namespace: str, spec: dict[str, Any]) -> None:
    answer = product.kubectl("apply", "--dry-run=server", "-f", "-", input=manifest(spec, namespace))
    assert "created (server dry run)" in answer


def test_a_volume_may_grow_and_everything_else_may_change(
    product: Cluster, namespace: str, suspended: str
) -> None:
    change = {
        "operatingMode": "Disconnected",
        "phoneNumber": "5491123456789",
        "login": {"method": "PairingCode"},
        "webhooks": [HOOK],
        "keyVersion": 4,
        "image": "localhost/other:1",
        "resources": {"limits": {"memory": "2Gi"}},
        "storage": {"size": "2049Mi", "retainPolicy": "Delete"},
    }
    patch = json.dumps({"spec": change})
    product.kubectl(
        "patch", "was", suspended, "-n", namespace, "--type=merge", "--dry-run=server", "-p", patch
    )
