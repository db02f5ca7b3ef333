"""Every name, address and path of one cluster, worked out of its settings: no I/O.

Why in one place: `up` makes these, `status` looks at them and `down` takes them away; three spellings of one
chain's name would leave a chain behind. Two clusters of different names share nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from localcluster.settings import Settings

# The marks in a process's environment by which it is found again: see `processes`.
STATE_MARK = "LC_STATE"
PART_MARK = "LC_PART"

HELPER_IMAGE = "localhost/localcluster-busybox:1"
PAUSE_IMAGE = "localhost/localcluster-pause:1"
DNS_DOMAIN = "cluster.local"
STORAGE_CLASS = "local-path"


@dataclass(frozen=True, kw_only=True)
class Node:
    """One node: a pid namespace with its own network, mounts and folder. `index` counts from 1."""

    index: int
    name: str
    address: str
    pods: IPv4Network
    folder: Path
    cgroup: str  # below the root of every hierarchy, with a leading slash
    link: str  # the host's end of its network cable

    @property
    def socket(self) -> Path:
        return self.folder / "containerd.sock"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One cluster. Its /16: .0.0/24 host and nodes, .64.0/18 pods (a /24 a node), .128.0/20 services."""

    name: str
    state: Path
    port: int
    network: IPv4Network
    bins: Mapping[str, Path]  # program name -> built file
    nodes: tuple[Node, ...]

    @property
    def bridge(self) -> str:
        return f"lc-{self.name}"

    @property
    def cgroup(self) -> str:
        return f"lc-{self.name}"

    @property
    def chains(self) -> dict[str, str]:
        """Purpose -> chain name, each hooked first into the built-in chain that `network` pairs it with."""
        return {purpose: f"LC-{self.name.upper()}-{purpose}" for purpose in ("POST", "FWD", "IN")}

    @property
    def node_network(self) -> IPv4Network:
        return IPv4Network((self.network.network_address, 24))

    @property
    def pod_network(self) -> IPv4Network:
        return IPv4Network((self.network.network_address + 64 * 256, 18))

    @property
    def service_network(self) -> IPv4Network:
        return IPv4Network((self.network.network_address + 128 * 256, 20))

    @property
    def gateway(self) -> str:
        """The host as nodes and pods see it: the bridge's address."""
        return str(self.node_network[1])

    @property
    def loopback(self) -> str:
        """A loopback address of this cluster's own, so that two clusters' etcd never want the same port."""
        return f"127.{str(self.network.network_address).split('.')[1]}.0.1"

    @property
    def dns_service(self) -> str:
        return str(self.service_network[10])

    @property
    def api_service(self) -> str:
        return str(self.service_network[1])

    @property
    def server(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def pki(self) -> Path:
        return self.state / "pki"

    @property
    def config(self) -> Path:
        return self.state / "config"

    @property
    def kubeconfig(self) -> Path:
        return self.state / "kubeconfig"

    @property
    def volumes(self) -> Path:
        return self.state / "volumes"

    def log(self, part: str) -> Path:
        return self.state / "log" / f"{part}.log"


def plan(settings: Settings, bins: Mapping[str, Path], *, nodes: int = 1) -> Plan:
    """`bins` may be empty for commands that start nothing (`down`, `status`)."""
    return Plan(
        name=settings.name,
        state=settings.state,
        port=settings.port,
        network=settings.network,
        bins=bins,
        nodes=tuple(_node(settings, index) for index in range(1, nodes + 1)),
    )


def _node(settings: Settings, index: int) -> Node:
    base = settings.network.network_address
    return Node(
        index=index,
        name=f"node{index}",
        address=str(base + 10 + index),
        pods=IPv4Network((base + (64 + index) * 256, 24)),
        folder=settings.state / f"node{index}",
        cgroup=f"/lc-{settings.name}/node{index}",
        link=f"lc-{settings.name}-n{index}",
    )
