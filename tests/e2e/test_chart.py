"""The chart: lint, every rendering on a real API server, what it allows, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from whatsapp_tools.cluster import ROOT, Cluster
from whatsapp_tools.product import CHART
from whatsapp_tools.terminal import ToolError

RELEASE = "chart-test"

RENDERINGS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "no CRD": {"crds": {"install": False}},
    "two namespaces": {"watchNamespaces": ["default", "kube-public"]},
    "nothing of its own": {"rbac": {"create": False}, "serviceAccount": {"create": False, "name": "default"}},
    "the hub": {"hub": {"enabled": True}},
    "the hub in two namespaces, by an address": {
        "watchNamespaces": ["default", "kube-public"],
        "hub": {
            "enabled": True,
            "replicas": 2,
            "namespace": "kube-public",
            "database": {"url": "postgresql://hub:pw@db.example/hub"},
            "ingress": {"enabled": True, "host": "hub.example", "tlsSecret": "hub-tls", "className": "nginx"},
        },
    },
    "the hub with PostgreSQL and all else": {
        "hub": {
            "enabled": True,
            "image": {"repository": "registry.example/whatsapp-hub", "tag": "1", "pullPolicy": "Always"},
            "replicas": 3,
            "namespaces": ["default"],
            "masterSecret": {"name": "my-hub-master"},
            "admin": {"existingSecret": "first-admin"},
            "postgresql": {"enabled": True, "size": "20Gi", "storageClassName": "fast"},
            "messagesKeepDays": 90,
            "trustedProxies": ["10.0.0.0/8", "*"],
            "metricsPort": 0,
            "service": {"type": "LoadBalancer", "port": 80, "annotations": {"example.com/lb": "internal"}},
            "serviceAccount": {"name": "hub", "annotations": {"example.com/role": "x"}},
            "resources": {"limits": {"memory": "2Gi"}},
            "podLabels": {"team": "crm"},
            "podAnnotations": {"example.com/scrape": "true"},
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "tolerations": [{"key": "crm", "operator": "Exists"}],
        }
    },
    "the hub without accounts of its own": {
        "rbac": {"create": False},
        "hub": {
            "enabled": True,
            "serviceAccount": {"create": False},
            "database": {"existingSecret": "hub-database"},
        },
    },
    "everything": {
        "image": {
            "repository": "registry.example:5000/team/whatsapp-operator",
            "tag": "1",
            "pullPolicy": "Always",
        },
        "imagePullSecrets": [{"name": "registry"}],
        "replicas": 2,
        "session": {
            "image": {"repository": "registry.example/whatsapp-session", "tag": "1"},
            "imagePullPolicy": "Always",
            "imagePullSecrets": ["registry"],
            "whatsappUrl": "http://simulator.test:8080/",
            "allowedNetworks": ["10.0.0.0/8", "fd00::/8", "crm.internal"],
            "webhooks": [
                {"name": "hub", "url": "http://hub.whatsapp.svc:3000"},
                {
                    "name": "crm",
                    "url": "https://crm.example/hooks?a=b",
                    "events": ["message.*", "*"],
                    "format": "Orchestrator",
                    "headers": {"X-Tenant": "1"},
                },
            ],
            "pacing": {"messagesPerMinute": 30, "burst": 5},
            "storageClassName": "fast",
            "resources": {"requests": {"cpu": 1, "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "2Gi"}},
        },
        "serviceAccount": {"annotations": {"example.com/role": "x"}},
        "masterSecret": {"name": "my-master"},
        "logLevel": "debug",
        "logFormat": "text",
        "service": {"port": 9090},
        "podLabels": {"team": "crm"},
        "podAnnotations": {"example.com/scrape": "true"},
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"key": "crm", "operator": "Exists"}],
        "affinity": {
            "nodeAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {
                        "weight": 1,
                        "preference": {"matchExpressions": [{"key": "crm", "operator": "Exists"}]},
                    }
                ]
            }
        },
    },
}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown value": ({"replicaCount": 2}, "replicaCount"),
    "an unknown value of the session": ({"session": {"url": "http://x/"}}, "url"),
    "a URL that is none": ({"session": {"whatsappUrl": "web.whatsapp.com"}}, "whatsappUrl"),
    "a pull policy that is none": ({"image": {"pullPolicy": "Maybe"}}, "pullPolicy"),
    "a namespace that is none": ({"watchNamespaces": ["A B"]}, "watchNamespaces"),
    "an amount that is none": ({"session": {"resources": {"limits": {"memory": "much"}}}}, "memory"),
    "a tag in the repository": ({"session": {"image": {"repository": "x/y:1"}}}, "repository"),
    "a network that is none": ({"session": {"allowedNetworks": ["10.0.0.0/8 and more"]}}, "allowedNetworks"),
    "a webhook without a url": ({"session": {"webhooks": [{"name": "hub"}]}}, "url"),
    "a webhook with another url": (
        {"session": {"webhooks": [{"name": "hub", "url": "hub:3000"}]}},
        "url",
    ),
    "a webhook with a Secret": (
        {"session": {"webhooks": [{"name": "hub", "url": "http://hub/", "secretRef": {"name": "x"}}]}},
        "secretRef",
    ),
    "a webhook with an event that is none": (
        {"session": {"webhooks": [{"name": "hub", "url": "http://hub/", "events": ["mesage.*"]}]}},
        "events",
    ),
    "a pace of nothing": ({"session": {"pacing": {"messagesPerMinute": 0}}}, "messagesPerMinute"),
    "a log level that is none": ({"logLevel": "loud"}, "logLevel"),
    "an unknown value of the hub": ({"hub": {"url": "http://x/"}}, "url"),
    "two places for the hub's rows": (
        {
            "hub": {
                "enabled": True,
                "database": {"url": "postgresql://a:b@c/d"},
                "postgresql": {"enabled": True},
            }
        },
        "keep one",
    ),
    "a database of another kind": ({"hub": {"database": {"url": "mysql://a:b@c/d"}}}, "url"),
    "two replicas on one file": ({"hub": {"enabled": True, "replicas": 2}}, "needs PostgreSQL"),
    "a namespace that the hub does not serve": (
        {"hub": {"enabled": True, "namespaces": ["a"], "namespace": "b"}},
        "add it to hub.namespaces",
    ),
    "an Ingress without a host": ({"hub": {"ingress": {"enabled": True}}}, "host"),
}


def rendered(cluster: Cluster, values: dict[str, Any], folder: Path) -> str:
    """`helm template` with these values."""
    file = folder / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    return cluster.helm("template", RELEASE, str(CHART), "--namespace", "default", "--values", str(file))


def objects(text: str) -> list[dict[str, Any]]:
    """What was rendered, as dicts."""
    return [found for found in yaml.safe_load_all(text) if found]


def rules(found: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Every RBAC rule with the kind that holds it."""
    return [
        (each["kind"], rule)
        for each in found
        if each["kind"] in ("Role", "ClusterRole")
        for rule in each["rules"]
    ]


@pytest.mark.parametrize(("values", "word"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_value_is_refused_by_name(
    cluster: Cluster, tmp_path: Path, values: dict[str, Any], word: str
) -> None:
    with pytest.raises(ToolError) as refused:
        rendered(cluster, values, tmp_path)
    assert word in str(refused.value)


def test_the_chart_has_no_lint(cluster: Cluster) -> None:
    assert "0 chart(s) failed" in cluster.helm("lint", "--strict", str(CHART))


@pytest.mark.parametrize("values", RENDERINGS.values(), ids=RENDERINGS)
def test_every_rendering_is_accepted_by_a_real_api_server(
    cluster: Cluster, tmp_path: Path, values: dict[str, Any]
) -> None:
    text = rendered(cluster, values, tmp_path)
    said = cluster.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", input=text)
    assert len(said.splitlines()) == len(objects(text))


def test_every_pod_of_the_chart_satisfies_the_restricted_pod_security_standard(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    """`namespace` enforces it."""
    values = RENDERINGS["the hub with PostgreSQL and all else"]
    workloads = [
        each
        for each in objects(rendered(cluster, values, tmp_path))
        if each["kind"] in ("Deployment", "StatefulSet")
    ]
    assert len(workloads) == 3
    for each in workloads:
        spec = each["spec"]["template"]["spec"] | {"serviceAccountName": "default"}
        mounted = {
            mount["name"] for container in spec["containers"] for mount in container.get("volumeMounts", ())
        }
        claimed = mounted - {volume["name"] for volume in spec.get("volumes", ())}
        spec["volumes"] = [*spec.get("volumes", ()), *({"name": name, "emptyDir": {}} for name in claimed)]
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": spec}
        said = cluster.kubectl(
            "create", "--dry-run=server", "-n", namespace, "-f", "-", input=json.dumps(pod)
        )
        assert "pod/one created" in said


def test_a_wildcard_right_is_never_given(cluster: Cluster, tmp_path: Path) -> None:
    for _, rule in rules(objects(rendered(cluster, {}, tmp_path))):
        for field in ("apiGroups", "resources", "verbs"):
            assert "*" not in rule[field]


def test_no_secret_can_be_listed_and_what_may_be_read_is_what_the_values_say(
    cluster: Cluster, tmp_path: Path
) -> None:
    for allowed in (True, False):
        found = objects(rendered(cluster, {"rbac": {"readSecrets": allowed}}, tmp_path))
        secrets = [(kind, rule) for kind, rule in rules(found) if "secrets" in rule["resources"]]
        for _, rule in secrets:
            assert not {"list", "watch", "delete", "update"} & set(rule["verbs"])
        readable = [(kind, rule.get("resourceNames")) for kind, rule in secrets if "get" in rule["verbs"]]
        by_name = [("ClusterRole", None)] if allowed else []
        assert readable == [*by_name, ("Role", ["whatsapp-operator-master"])]


def test_the_hub_may_write_secrets_only_in_namespaces_that_are_named_and_touch_no_pod(
    cluster: Cluster, tmp_path: Path
) -> None:
    """Who may patch a Secret reads it in the answer, the master keys of the release's namespace too."""
    for namespaces, spaces in (([], ["crm"]), (["crm-a", "crm-b"], ["crm-a", "crm-b"])):
        hub = {"enabled": True, "namespace": spaces[0], "namespaces": namespaces}
        found = objects(rendered(cluster, {"hub": hub}, tmp_path))
        own = [each for each in found if each["metadata"]["name"].endswith(("-hub", "-hub-sessions"))]
        held = rules(own)
        assert {name for _, rule in held for name in rule["resources"]} == {"whatsappsessions", "secrets"}
        secrets = [rule["verbs"] for _, rule in held if "secrets" in rule["resources"]]
        assert secrets == [["create", "patch", "delete"]] * len(spaces)
        writers = [
            (each["kind"], each["metadata"].get("namespace"))
            for each in own
            if any("secrets" in rule["resources"] for rule in each.get("rules", ()))
        ]
        assert writers == [("Role", space) for space in spaces]


def test_without_the_hub_nothing_of_it_is_there(cluster: Cluster, tmp_path: Path) -> None:
    text = rendered(cluster, {}, tmp_path)
    assert "HUB" not in text
    assert "whatsapp-hub" not in text


def test_with_namespaces_named_no_right_reaches_beyond_them(cluster: Cluster, tmp_path: Path) -> None:
    found = objects(rendered(cluster, {"watchNamespaces": ["crm-a", "crm-b"]}, tmp_path))
    assert not [each for each in found if each["kind"].startswith("ClusterRole")]
    roles = {each["metadata"]["namespace"] for each in found if each["kind"] == "Role"}
    assert roles == {"default", "crm-a", "crm-b"}


def test_nothing_of_the_chart_waits_at_uninstall(cluster: Cluster, tmp_path: Path) -> None:
    found = objects(rendered(cluster, {}, tmp_path))
    for each in found:
        metadata = each["metadata"]
        assert "finalizers" not in metadata
        assert "helm.sh/hook" not in (metadata.get("annotations") or {})
    (definition,) = (each for each in found if each["kind"] == "CustomResourceDefinition")
    assert definition["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_the_definition_can_be_left_to_others(cluster: Cluster, tmp_path: Path) -> None:
    found = objects(rendered(cluster, {"crds": {"install": False}}, tmp_path))
    assert "CustomResourceDefinition" not in {each["kind"] for each in found}


def test_the_definition_in_the_chart_is_the_one_under_crds(cluster: Cluster, tmp_path: Path) -> None:
    (definition,) = (
        found
        for found in objects(rendered(cluster, {}, tmp_path))
        if found["kind"] == "CustomResourceDefinition"
    )
    assert definition["spec"] == yaml.safe_load((ROOT / "crds" / "whatsappsessions.yaml").read_text())["spec"]
