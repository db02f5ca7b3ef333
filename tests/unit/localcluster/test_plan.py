from __future__ import annotations

from itertools import combinations

from localcluster.plan import Plan, plan
from localcluster.settings import settings


def test_hosts_pods_and_services_share_no_address(two: Plan) -> None:
    networks = [two.node_network, two.pod_network, two.service_network]
    assert not any(one.overlaps(other) for one, other in combinations(networks, 2))
    assert all(network.subnet_of(two.network) for network in networks)
    first, second = two.nodes
    assert first.pods.subnet_of(two.pod_network)
    assert not first.pods.overlaps(second.pods)


def test_the_names_that_the_kernel_limits_fit_for_the_longest_cluster_name() -> None:
    longest = plan(settings({}, name="abcdefghi", state="/state"), {}, nodes=9)
    devices = [longest.bridge, *(node.link for node in longest.nodes)]
    assert max(len(device) for device in devices) <= 15
    assert max(len(chain) for chain in longest.chains.values()) <= 28
    assert len(set(devices)) == 10


def test_two_clusters_share_no_name_and_no_address(one: Plan) -> None:
    other = plan(settings({}, name="other", state="/other"), {})
    for mine, theirs in (
        ({one.bridge, one.nodes[0].link}, {other.bridge, other.nodes[0].link}),
        (set(one.chains.values()), set(other.chains.values())),
        (
            {one.loopback, one.gateway, one.nodes[0].address},
            {other.loopback, other.gateway, other.nodes[0].address},
        ),
        ({one.cgroup, one.nodes[0].cgroup}, {other.cgroup, other.nodes[0].cgroup}),
    ):
        assert not mine & theirs


def test_a_kubeconfig_for_people_speaks_to_loopback(one: Plan) -> None:
    assert one.server == "https://127.0.0.1:6443"
