"""The parts of a cluster in the order of their start; `down` needs none of it, it finds processes by their
mark.

Why stages: what does not wait for one another starts together, and a stage begins when every part of the one
before has proven itself ready. So a kubelet never meets a containerd without its socket, nor an API server a
missing etcd.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from localcluster import commands, node, probes
from localcluster.plan import Node, Plan
from localcluster.probes import NotYet
from localcluster.processes import Process, environment, main_process, spawn


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process. `program` is its file's name, None for a node's pid 1."""

    name: str
    program: str | None
    start: Callable[[Plan], None]
    ready: Callable[[Plan], NotYet]

    def process(self, found: Sequence[Process]) -> Process | None:
        return main_process(found, self.name, self.program)


def stages(plan: Plan) -> tuple[tuple[Part, ...], ...]:
    """Every part of the cluster, grouped by when it starts."""
    nodes = plan.nodes
    return (
        (_host("etcd", "etcd", commands.etcd, _etcd_ready), *(_node_part(each) for each in nodes)),
        (
            _host(
                "kube-apiserver",
                "kube-apiserver",
                commands.apiserver,
                lambda plan: probes.https(plan, "/readyz"),
            ),
            *(_inside("containerd", each, commands.containerd, probes.containerd) for each in nodes),
        ),
        (
            _control("kube-controller-manager", commands.controller_manager, 10257),
            _control("kube-scheduler", commands.scheduler, 10259),
            _host("coredns", "coredns", commands.coredns, probes.dns),
            _host(
                "local-path-provisioner",
                "local-path-provisioner",
                commands.local_path,
                probes.storage_class,
            ),
            *(_inside("kubelet", each, commands.kubelet, _kubelet_ready) for each in nodes),
            *(_inside("kube-proxy", each, commands.kube_proxy, _proxy_ready) for each in nodes),
        ),
    )


def every(plan: Plan) -> list[Part]:
    return [part for stage in stages(plan) for part in stage]


def part_name(program: str, node: Node) -> str:
    return f"{program}-{node.name}"


def _host(
    name: str, program: str, command: Callable[[Plan], list[str]], ready: Callable[[Plan], NotYet]
) -> Part:
    def start(plan: Plan) -> None:
        spawn(command(plan), environ=environment(plan.state, name), log=plan.log(name))

    return Part(name=name, program=program, start=start, ready=ready)


def _control(name: str, command: Callable[[Plan], list[str]], port: int) -> Part:
    return _host(
        name, name, command, lambda plan: probes.https(plan, f"https://{plan.loopback}:{port}/healthz")
    )


def _node_part(of: Node) -> Part:
    def ready(plan: Plan) -> NotYet:
        return None if node.ready(plan, of) else "its pid 1 is not set yet"

    return Part(name=of.name, program=None, start=lambda plan: node.start(plan, of), ready=ready)


def _inside(
    program: str,
    of: Node,
    command: Callable[[Plan, Node], list[str]],
    ready: Callable[[Plan, Node], NotYet],
) -> Part:
    name = part_name(program, of)

    def start(plan: Plan) -> None:
        init = node.pid1(plan, of)
        assert init is not None, f"{of.name} is proven ready before {name} starts"
        # containerd finds its shim beside itself.
        path = f"{plan.bins['containerd'].parent}:{environment(plan.state, name)['PATH']}"
        environ = environment(plan.state, name, {"PATH": path})
        spawn(node.enter(init.pid, command(plan, of)), environ=environ, log=plan.log(name))

    return Part(name=name, program=program, start=start, ready=lambda plan: ready(plan, of))


def _etcd_ready(plan: Plan) -> NotYet:
    return probes.https(plan, f"https://{plan.loopback}:2379/health")


def _kubelet_ready(plan: Plan, of: Node) -> NotYet:
    return probes.https(plan, f"https://{of.address}:10250/healthz")


def _proxy_ready(plan: Plan, of: Node) -> NotYet:
    return probes.http(f"http://{of.address}:10256/healthz")
