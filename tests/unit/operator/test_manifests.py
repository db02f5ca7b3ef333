"""The objects that the operator makes, against golden files: a release that changes them shows it here.

To accept a change: `UPDATE_GOLDEN=1 pytest tests/unit/operator/test_manifests.py`, and read the difference.
`pod-0.1.0.yaml` is never updated: it is the pod of an earlier release.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from unit.operator.builders import DEFAULTS, NAMES, SPEC, UID
from whatsapp_operator import names as n
from whatsapp_operator.configuration import Configuration
from whatsapp_operator.manifests import Wish, claim, claim_patch, pod, secret, service
from whatsapp_operator.names import names_of
from whatsapp_operator.spec import parse
from whatsapp_operator.tellable import Webhook
from whatsapp_operator.template import Defaults, differences, inputs_of

GOLDEN = Path(__file__).parents[2] / "golden"

FULL_SPEC = {
    "clienteId": 7,
    "sessionId": "ventas/norte 1",
    "image": "registry.example/whatsapp-session:9",
    "resources": {"requests": {"cpu": 1, "memory": "2Gi"}, "limits": {"cpu": "2"}},
    "storage": {
        "size": "10Gi",
        "storageClassName": "fast",
        "accessMode": "ReadWriteOncePod",
        "retainPolicy": "Delete",
    },
}
FULL_DEFAULTS = Defaults(
    image="ignored:1",
    whatsapp_url="http://simulator.test:8080/",
    image_pull_policy="Always",
    image_pull_secrets=("registry",),
    allowed_networks=("10.0.0.0/8", "crm.internal"),
    webhooks=(Webhook(name="hub", url="http://hub.whatsapp.svc:3000"),),
)


def wish(spec: dict[str, Any], defaults: Defaults = DEFAULTS, **more: Any) -> Wish:
    facts: dict[str, Any] = {"namespace": "crm", "name": "demo", "uid": UID, "names": NAMES}
    return Wish(**facts | {"spec": parse(spec), "defaults": defaults} | more)


CONFIGURATION = Configuration(
    revision="r1",
    document={"revision": "r1", "webhooks": [{"name": "crm", "secrets": ["whsec_topsecret"]}]},
    shown={},
)

MANIFESTS = {
    "pod": pod(wish(SPEC)),
    "pod-full": pod(wish(FULL_SPEC, FULL_DEFAULTS, restarted_at="2026-11-21T12:00:00Z")),
    "claim": claim(wish(SPEC)),
    "claim-full": claim(wish(FULL_SPEC, FULL_DEFAULTS)),
    "claim-patch-retain": claim_patch(wish(SPEC), uid="claim-1", size="2Gi"),
    "claim-patch-delete": claim_patch(wish(FULL_SPEC, FULL_DEFAULTS), uid="claim-1", size="10Gi"),
    "secret": secret(wish(SPEC, api_keys=("0123456789abcdef", "old"), configuration=CONFIGURATION)),
    "service": service("crm"),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_is_as_its_golden_file(name: str) -> None:
    file = GOLDEN / f"{name}.yaml"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(yaml.safe_dump(MANIFESTS[name], sort_keys=False, allow_unicode=True))
    assert MANIFESTS[name] == yaml.safe_load(file.read_text())


def test_a_new_operator_finds_no_difference_in_yesterdays_pod() -> None:
    """The file is the pod as release 0.1.0 made it: whatever the builder writes today is no update."""
    yesterday = yaml.safe_load((GOLDEN / "pod-0.1.0.yaml").read_text())
    recorded = yesterday["metadata"]["annotations"][n.ANNOTATION_TEMPLATE]
    assert differences(recorded, inputs_of(parse(SPEC), DEFAULTS)) == []


def test_the_pod_satisfies_the_restricted_pod_security_standard() -> None:
    spec = pod(wish(SPEC))["spec"]
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert spec["automountServiceAccountToken"] is False
    assert not any("hostPath" in volume for volume in spec["volumes"])


def test_the_key_is_in_the_secret_alone() -> None:
    body = secret(wish(SPEC, api_keys=("topsecret",)))
    assert base64.b64decode(body["data"]["api-keys"]) == b"topsecret\n"
    assert "topsecret" not in str(pod(wish(SPEC)))


def test_the_same_wish_gives_the_same_bytes() -> None:
    first, second = (yaml.safe_dump(pod(wish(FULL_SPEC, FULL_DEFAULTS))) for _ in range(2))
    assert first == second


def test_the_sessions_name_is_the_resources_when_none_is_given() -> None:
    def session_id(spec: dict[str, Any]) -> str:
        environment = pod(wish(spec))["spec"]["containers"][0]["env"]
        return str({each["name"]: each["value"] for each in environment}["SESSION_ID"])

    assert session_id(SPEC) == "demo"
    assert session_id(SPEC | {"sessionId": "cliente_001"}) == "cliente_001"


def test_a_setting_reaches_the_process_as_it_was_written() -> None:
    body = pod(wish(SPEC | {"sessionId": "a$(PORT)b$$c"}, restarted_at="$(PORT)"))
    environment = {each["name"]: each["value"] for each in body["spec"]["containers"][0]["env"]}
    assert environment["SESSION_ID"] == "a$$(PORT)b$$$$c"
    assert environment["RESTARTED_AT"] == "$$(PORT)"


def test_a_long_name_still_gives_a_valid_host_name() -> None:
    name = "a" * 200
    body = pod(wish(SPEC, names=names_of(name), name=name))
    assert len(body["spec"]["hostname"]) <= 63
    assert body["metadata"]["name"] == body["spec"]["hostname"]


def test_without_a_retain_policy_of_delete_the_claim_has_no_owner() -> None:
    assert "ownerReferences" not in claim(wish(SPEC))["metadata"]
    assert "ownerReferences" not in claim_patch(wish(SPEC), uid="x", size="2Gi")["metadata"]
    owner = claim_patch(wish(FULL_SPEC), uid="x", size="2Gi")["metadata"]["ownerReferences"]
    assert [each["uid"] for each in owner] == [UID]
