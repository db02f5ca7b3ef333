"""The Kubernetes objects that `up` applies: the DNS service, the volume provisioner's settings, the
StorageClass.

Why so few: CoreDNS and the provisioner run as host processes, so that a cluster is whole before its first
image.
"""

from __future__ import annotations

from typing import Any

from localcluster.plan import HELPER_IMAGE, STORAGE_CLASS, Plan

STORAGE_NAMESPACE = "local-path-storage"
# A volume's folder belongs to root and fsGroup does not reach hostPath: every user may write, as on a fresh
# disk.
SETUP = """set -eu
mkdir -p "$VOL_DIR"
chmod 0777 "$VOL_DIR"
"""
TEARDOWN = """set -eu
rm -rf "$VOL_DIR"
"""


def dns(plan: Plan) -> list[dict[str, Any]]:
    """The usual service address for pods, with the bridge's address (CoreDNS on the host) behind it."""
    ports = [
        {"name": "dns", "port": 53, "protocol": "UDP"},
        {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
    ]
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "kube-dns", "namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}},
            "spec": {"clusterIP": plan.dns_service, "ports": ports},
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": "kube-dns-host",
                "namespace": "kube-system",
                "labels": {
                    "kubernetes.io/service-name": "kube-dns",
                    "endpointslice.kubernetes.io/managed-by": "localcluster",
                },
            },
            "addressType": "IPv4",
            "endpoints": [{"addresses": [plan.gateway], "conditions": {"ready": True}}],
            "ports": ports,
        },
    ]


def storage() -> list[dict[str, Any]]:
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": STORAGE_NAMESPACE}},
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "local-path-provisioner-service-account", "namespace": STORAGE_NAMESPACE},
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "local-path-config", "namespace": STORAGE_NAMESPACE},
            "data": {"setup": SETUP, "teardown": TEARDOWN},
        },
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {
                "name": STORAGE_CLASS,
                "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
            },
            "provisioner": "rancher.io/local-path",
            "volumeBindingMode": "WaitForFirstConsumer",
            "reclaimPolicy": "Delete",
        },
    ]


def helper_pod() -> dict[str, Any]:
    """The pod by which the provisioner makes and removes folders. It tolerates every taint, so it is kept off
    fake nodes, where it would never end.
    """
    term = {"matchExpressions": [{"key": "type", "operator": "NotIn", "values": ["kwok"]}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "helper-pod"},
        "spec": {
            "priorityClassName": "system-node-critical",
            "terminationGracePeriodSeconds": 0,
            "affinity": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}
                }
            },
            "containers": [{"name": "helper-pod", "image": HELPER_IMAGE, "imagePullPolicy": "IfNotPresent"}],
        },
    }
