from __future__ import annotations

import base64
import json
import tomllib

from localcluster import render
from localcluster.plan import PAUSE_IMAGE, Plan


def test_a_kubeconfig_carries_its_certificates_inside(one: Plan) -> None:
    text = render.kubeconfig(one, server=one.server, authority=b"ca", certificate=b"crt", key=b"key")
    found = json.loads(text)
    assert found["clusters"][0]["cluster"] == {
        "server": "https://127.0.0.1:6443",
        "certificate-authority-data": base64.b64encode(b"ca").decode(),
    }
    assert found["users"][0]["user"]["client-key-data"] == base64.b64encode(b"key").decode()
    assert found["current-context"] == "localcluster-demo"


def test_containerd_serves_on_the_nodes_socket_and_works_without_cap_sys_resource(one: Plan) -> None:
    found = tomllib.loads(render.containerd(one, one.nodes[0]))
    assert found["grpc"]["address"] == "/state/node1/containerd.sock"
    assert found["plugins"]["io.containerd.cri.v1.images"]["pinned_images"] == {"sandbox": PAUSE_IMAGE}
    runtime = found["plugins"]["io.containerd.cri.v1.runtime"]
    assert runtime["restrict_oom_score_adj"] is True
    assert runtime["cni"]["bin_dirs"] == ["/usr/lib/cni"]
    assert runtime["containerd"]["runtimes"]["runc"]["options"] == {
        "SystemdCgroup": False,
        "BinaryName": "/bins/runc",
    }


def test_a_nodes_pods_get_addresses_of_its_own_range(two: Plan) -> None:
    ranges = [json.loads(render.cni(node, 1450))["plugins"][0]["ipam"]["ranges"] for node in two.nodes]
    assert ranges == [[[{"subnet": "10.7.65.0/24"}]], [[{"subnet": "10.7.66.0/24"}]]]
    assert json.loads(render.cni(two.nodes[0], 1450))["plugins"][0]["mtu"] == 1450


def test_a_kubelet_runs_on_both_cgroup_versions_below_the_nodes_own_group(two: Plan) -> None:
    found = [json.loads(render.kubelet(two, node)) for node in two.nodes]
    assert [config["cgroupRoot"] for config in found] == ["/lc-demo/node1", "/lc-demo/node2"]
    assert {config["cgroupDriver"] for config in found} == {"cgroupfs"}
    assert not any(config["failCgroupV1"] for config in found)


def test_a_kubelet_trusts_only_the_clusters_certificates_and_collects_no_image(one: Plan) -> None:
    found = json.loads(render.kubelet(one, one.nodes[0]))
    assert found["authentication"]["anonymous"] == {"enabled": False}
    assert found["authorization"] == {"mode": "Webhook"}
    assert found["imageGCHighThresholdPercent"] == 100


def test_kube_proxy_leaves_the_machines_connection_limits_alone(one: Plan) -> None:
    found = json.loads(render.kube_proxy(one, one.nodes[0]))
    assert found["conntrack"] == {"maxPerCore": 0}
    assert found["clusterCIDR"] == "10.7.64.0/18"


def test_dns_listens_on_the_bridge_alone(one: Plan) -> None:
    assert render.corefile(one) == (
        ".:53 {\n"
        "  bind 10.7.0.1\n"
        "  errors\n"
        "  kubernetes cluster.local in-addr.arpa {\n"
        "    kubeconfig /state/pki/coredns.kubeconfig\n"
        "  }\n"
        "  forward . /etc/resolv.conf\n"
        "  cache 5\n"
        "}\n"
    )


def test_a_volume_is_in_the_folder_that_every_node_sees(one: Plan) -> None:
    assert json.loads(render.local_path(one))["sharedFileSystemPath"] == "/state/volumes"
