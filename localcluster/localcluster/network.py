"""The host's side of a cluster's network: a bridge, three chains, a route; all found again by the cluster's
name.

Why so little: pods and nodes talk on the bridge and by plain routes. Only the way out (masquerade), a host
firewall (accept, first in line, since dockerd may drop by default) and the way in to Service addresses need
the host.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from localcluster.errors import ClusterError
from localcluster.machine import run
from localcluster.plan import Node, Plan

# Built-in chain (with its table) that each chain of ours hangs in.
HOOKS = {"POST": ("nat", "POSTROUTING"), "FWD": ("filter", "FORWARD"), "IN": ("filter", "INPUT")}


def rules(plan: Plan) -> dict[str, list[str]]:
    """Purpose -> the rules of its chain, in order."""
    network, bridge = str(plan.network), plan.bridge
    port = f"-p tcp --dport {plan.port}"
    return {
        "POST": [f"-s {network} ! -d {network} ! -o {bridge} -j MASQUERADE"],
        "FWD": [f"-i {bridge} -j ACCEPT", f"-o {bridge} -j ACCEPT"],
        # The API server answers this machine and its own nodes and pods, nobody else.
        "IN": [f"-i {bridge} -j ACCEPT", f"-i lo {port} -j ACCEPT", f"{port} -j DROP"],
    }


def up(plan: Plan) -> None:
    """Makes bridge, chains and route. Raises ClusterError when the network is already in use here."""
    routes = json.loads(run(["ip", "-j", "-4", "route"]))
    taken = conflict(routes, plan.network, own=(plan.bridge,))
    if taken:
        raise ClusterError(
            f"this machine already routes {taken}, which lies in the cluster's network {plan.network}",
            cure="LOCALCLUSTER_NETWORK=10.<another number>.0.0/16 localcluster up",
        )
    mtu = _uplink_mtu(routes)
    run(["ip", "link", "add", plan.bridge, "type", "bridge"])
    run(["ip", "link", "set", plan.bridge, "mtu", str(mtu), "alias", str(plan.state)])
    run(["ip", "addr", "add", f"{plan.gateway}/{plan.node_network.prefixlen}", "dev", plan.bridge])
    run(["ip", "link", "set", plan.bridge, "up"])
    run(["iptables-restore", "-w", "--noflush"], stdin=restore_text(plan))
    for purpose, (table, hook) in HOOKS.items():
        run(["iptables", "-w", "-t", table, "-I", hook, "-j", plan.chains[purpose]])


def restore_text(plan: Plan) -> str:
    """What `iptables-restore --noflush` takes: our chains, declared (which empties them) and filled."""
    lines = []
    for table in ("nat", "filter"):
        purposes = [purpose for purpose, hook in HOOKS.items() if hook[0] == table]
        lines.append(f"*{table}")
        lines += [f":{plan.chains[purpose]} - [0:0]" for purpose in purposes]
        lines += [
            f"-A {plan.chains[purpose]} {rule}" for purpose in purposes for rule in rules(plan)[purpose]
        ]
        lines.append("COMMIT")
    return "\n".join(lines) + "\n"


def conflict(routes: Iterable[Mapping[str, Any]], network: IPv4Network, own: tuple[str, ...]) -> str | None:
    """The first route of the machine, not ours and not the default one, that overlaps `network`."""
    for route in routes:
        if route["dst"] == "default" or route.get("dev") in own:
            continue
        if IPv4Network(route["dst"]).overlaps(network):
            return f"{route['dst']} through {route.get('dev', 'a gateway')}"
    return None


def plug(plan: Plan, node: Node, pid: int) -> None:
    """A cable from the bridge into the node whose init has `pid`, and the host's routes through it."""
    mtu = (Path("/sys/class/net") / plan.bridge / "mtu").read_text().strip()
    peer = ["type", "veth", "peer", "name", "eth0", "netns", str(pid), "mtu", mtu]
    run(["ip", "link", "add", node.link, "mtu", mtu, *peer])
    run(["ip", "link", "set", node.link, "master", plan.bridge, "up"])
    run(["nsenter", "-t", str(pid), "-n", "ip", "-batch", "-"], stdin=node_batch(plan, node))
    run(["ip", "route", "replace", str(node.pods), "via", node.address])
    if node.index == 1:  # the host reaches Service addresses through this node's kube-proxy
        run(["ip", "route", "replace", str(plan.service_network), "via", node.address])


def node_batch(plan: Plan, node: Node) -> str:
    """`ip -batch` lines: a node's address, and its ways to the host and to the other nodes' pods."""
    lines = [
        "link set lo up",
        f"addr add {node.address}/{plan.node_network.prefixlen} dev eth0",
        "link set eth0 up",
        f"route add default via {plan.gateway}",
    ]
    lines += [f"route add {other.pods} via {other.address}" for other in plan.nodes if other != node]
    return "\n".join(lines) + "\n"


def down(plan: Plan) -> None:
    """Takes away everything that `up` and `plug` made, whatever part of it is there."""
    for link in sorted(links(plan), reverse=True):  # the bridge last; its routes go with it
        try:
            run(["ip", "link", "del", link])
        except ClusterError:
            if link in links(plan):  # else the kernel took it away with a dying node's network
                raise
    for purpose, (table, hook) in HOOKS.items():
        chain = plan.chains[purpose]
        saved = chain_lines(plan)
        for line in saved:
            if line == f"-A {hook} -j {chain}":
                run(["iptables", "-w", "-t", table, "-D", hook, "-j", chain])
        if f":{chain}" in {line.split()[0] for line in saved}:
            run(["iptables", "-w", "-t", table, "-F", chain])
            run(["iptables", "-w", "-t", table, "-X", chain])


def owner(plan: Plan) -> Path | None:
    """The state folder of the cluster whose bridge has this name: the bridge carries it as its alias."""
    for link in json.loads(run(["ip", "-j", "link"])):
        if link["ifname"] == plan.bridge and "ifalias" in link:
            return Path(link["ifalias"])
    return None


def links(plan: Plan) -> list[str]:
    """The cluster's network devices that exist: the bridge and the cables in it."""
    found = [link["ifname"] for link in json.loads(run(["ip", "-j", "link"]))]
    return [name for name in found if name == plan.bridge or name.startswith(f"{plan.bridge}-n")]


def chain_lines(plan: Plan) -> list[str]:
    """The lines of iptables-save that name a chain of ours; `:CHAIN` declarations included."""
    names = set(plan.chains.values())
    text = "".join(run(["iptables-save", "-t", table]) for table in ("nat", "filter"))
    return [line for line in text.splitlines() if names & set(line.removeprefix(":").split())]


def routes(plan: Plan) -> list[str]:
    """The machine's routes that lie in the cluster's network."""
    found = json.loads(run(["ip", "-j", "-4", "route"]))
    return [
        route["dst"]
        for route in found
        if route["dst"] != "default" and IPv4Network(route["dst"]).subnet_of(plan.network)
    ]


def _uplink_mtu(found: Iterable[Mapping[str, Any]]) -> int:
    for route in found:
        if route["dst"] == "default" and "dev" in route:
            return int((Path("/sys/class/net") / route["dev"] / "mtu").read_text())
    return 1500
