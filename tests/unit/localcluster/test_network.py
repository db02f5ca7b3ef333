from __future__ import annotations

import dataclasses
from ipaddress import IPv4Network
from typing import Any

import pytest

from localcluster import network
from localcluster.errors import ClusterError
from localcluster.plan import Plan

DEFAULT = {"dst": "default", "gateway": "192.0.2.1", "dev": "eth0"}
MINE = IPv4Network("10.7.0.0/16")

CONFLICTS: dict[str, tuple[list[dict[str, Any]], str | None]] = {
    "the default route is none": ([DEFAULT], None),
    "a neighbour's network is none": ([{"dst": "10.8.0.0/16", "dev": "eth1"}], None),
    "what the bridge itself brings is none": ([{"dst": "10.7.0.0/24", "dev": "lc-demo"}], None),
    "a network around ours": ([DEFAULT, {"dst": "10.0.0.0/8", "dev": "tun0"}], "10.0.0.0/8 through tun0"),
    "a network within ours": ([{"dst": "10.7.9.0/24", "dev": "docker0"}], "10.7.9.0/24 through docker0"),
    "a single address of ours": ([{"dst": "10.7.9.1", "dev": "eth1"}], "10.7.9.1 through eth1"),
    "a route that leads nowhere": (
        [{"type": "blackhole", "dst": "10.7.0.0/16"}],
        "10.7.0.0/16 through a gateway",
    ),
}


@pytest.mark.parametrize(("routes", "want"), CONFLICTS.values(), ids=CONFLICTS)
def test_a_network_that_the_machine_routes_already_is_a_conflict(
    routes: list[dict[str, Any]], want: str | None
) -> None:
    assert network.conflict(routes, MINE, own=("lc-demo",)) == want


def test_a_conflict_stops_the_start_before_anything_is_made(
    one: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = []

    def run(command: list[str], **_: object) -> str:
        ran.append(command)
        return '[{"dst": "10.7.3.0/24", "dev": "tun0"}]'

    monkeypatch.setattr(network, "run", run)
    with pytest.raises(ClusterError, match=r"already routes 10\.7\.3\.0/24 through tun0") as refused:
        network.up(one)
    assert refused.value.cure is not None
    assert refused.value.cure.startswith("LOCALCLUSTER_NETWORK=")
    assert ran == [["ip", "-j", "-4", "route"]]


def test_the_api_server_answers_this_machine_and_its_pods_and_nobody_else(one: Plan) -> None:
    assert network.rules(one)["IN"] == [
        "-i lc-demo -j ACCEPT",
        "-i lo -p tcp --dport 6443 -j ACCEPT",
        "-p tcp --dport 6443 -j DROP",
    ]


def test_the_chains_are_declared_and_filled_in_their_own_tables(one: Plan) -> None:
    assert network.restore_text(one) == (
        "*nat\n"
        ":LC-DEMO-POST - [0:0]\n"
        "-A LC-DEMO-POST -s 10.7.0.0/16 ! -d 10.7.0.0/16 ! -o lc-demo -j MASQUERADE\n"
        "COMMIT\n"
        "*filter\n"
        ":LC-DEMO-FWD - [0:0]\n"
        ":LC-DEMO-IN - [0:0]\n"
        "-A LC-DEMO-FWD -i lc-demo -j ACCEPT\n"
        "-A LC-DEMO-FWD -o lc-demo -j ACCEPT\n"
        "-A LC-DEMO-IN -i lc-demo -j ACCEPT\n"
        "-A LC-DEMO-IN -i lo -p tcp --dport 6443 -j ACCEPT\n"
        "-A LC-DEMO-IN -p tcp --dport 6443 -j DROP\n"
        "COMMIT\n"
    )


def test_a_node_knows_the_way_to_the_other_nodes_pods(two: Plan) -> None:
    assert network.node_batch(two, two.nodes[0]) == (
        "link set lo up\n"
        "addr add 10.7.0.11/24 dev eth0\n"
        "link set eth0 up\n"
        "route add default via 10.7.0.1\n"
        "route add 10.7.66.0/24 via 10.7.0.12\n"
    )


SAVED = """*nat
:POSTROUTING ACCEPT [0:0]
:LC-DEMO-POST - [0:0]
:LC-DEMO2-POST - [0:0]
-A POSTROUTING -j LC-DEMO-POST
-A POSTROUTING -j LC-DEMO2-POST
-A LC-DEMO-POST -s 10.7.0.0/16 -j MASQUERADE
COMMIT
"""


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A machine with the rules of SAVED and three devices; gives what was run on it."""
    ran: list[list[str]] = []

    def run(command: list[str], **_: object) -> str:
        ran.append(command)
        if command[:3] == ["ip", "-j", "link"]:
            names = ("lo", "lc-demo", "lc-demo-n1", "lc-demo2", "lc-demo2-n1")
            return "[" + ",".join(f'{{"ifname": "{name}"}}' for name in names) + "]"
        return SAVED if command == ["iptables-save", "-t", "nat"] else ""

    monkeypatch.setattr(network, "run", run)
    return ran


def test_going_down_touches_only_what_carries_the_clusters_own_name(
    one: Plan, machine: list[list[str]]
) -> None:
    network.down(one)
    changes = [" ".join(words) for words in machine if words[0] != "iptables-save" and "-j" not in words[:2]]
    assert changes == [
        "ip link del lc-demo-n1",
        "ip link del lc-demo",
        "iptables -w -t nat -D POSTROUTING -j LC-DEMO-POST",
        "iptables -w -t nat -F LC-DEMO-POST",
        "iptables -w -t nat -X LC-DEMO-POST",
    ]


def test_going_down_where_nothing_is_changes_nothing(one: Plan, machine: list[list[str]]) -> None:
    network.down(dataclasses.replace(one, name="other"))
    assert all(command[0] == "iptables-save" or "-j" in command for command in machine)


def test_a_cable_that_the_kernel_takes_away_first_is_no_failure(
    one: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ["lc-demo", "lc-demo-n1"]
    monkeypatch.setattr(network, "links", lambda plan: list(found))
    monkeypatch.setattr(network, "chain_lines", lambda plan: [])

    def run(command: list[str], **_: object) -> str:
        found.remove(command[-1])
        if command[-1] == "lc-demo-n1":
            raise ClusterError("Cannot find device")
        return ""

    monkeypatch.setattr(network, "run", run)
    network.down(one)
    assert found == []


def test_a_device_that_stays_is_a_failure(one: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "links", lambda plan: ["lc-demo"])

    def run(command: list[str], **_: object) -> str:
        raise ClusterError("Operation not permitted")

    monkeypatch.setattr(network, "run", run)
    with pytest.raises(ClusterError, match="Operation not permitted"):
        network.down(one)
