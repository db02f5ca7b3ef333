"""Brings a cluster up: from nothing, from old data, or from whatever a crash left.

Why "down, then up" instead of repairs in place: there is one way in and it is the tested one. A cluster that
is whole is left alone.
"""

from __future__ import annotations

import datetime
import json
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from localcluster import images, manifests, network, pki, probes, render, status
from localcluster.api import Api, ApiError
from localcluster.down import down, leftovers
from localcluster.errors import ClusterError
from localcluster.parts import Part, part_name, stages
from localcluster.plan import Plan
from localcluster.processes import scan
from localcluster.progress import Progress, last_lines

READY_SECONDS = 120.0
LOG_LINES = 12


def is_whole(plan: Plan) -> bool:
    """Every part runs and is ready."""
    return bool(scan(plan.state)) and status.all_up(status.look(plan))


def up(plan: Plan, progress: Progress) -> None:
    """Comes back when the node is Ready, DNS answers and volumes can be claimed; raises ClusterError saying
    which part failed, with its last log lines. What it started then stays for a look; `down` or the next `up`
    clears it.
    """
    if leftovers(plan):
        down(plan)
        progress.say("cleared what an earlier cluster had left")
    _port_is_free(plan)
    with progress.step("certificates and configuration"):
        _write_files(plan)
    with progress.step(f"network {plan.network} on bridge {plan.bridge}"):
        network.up(plan)
        _write_cni(plan)
    began = datetime.datetime.now(datetime.UTC)
    for stage in stages(plan):
        for part in stage:
            part.start(plan)
        for part in stage:
            with progress.step(f"{part.name} is ready"):
                _until_ready(plan, part)
        _after(plan, {part.program for part in stage}, progress)
    for node in plan.nodes:
        log = plan.log(part_name("kubelet", node))
        with progress.step(f"{node.name} is Ready"):
            _wait(partial(probes.node_ready, plan, node, began), f"{node.name} did not become Ready", log)
        with progress.step(f"{node.name} has looked at its pods"):
            _wait(partial(probes.pods_fresh, plan, node, began), f"{node.name} reported no pods", log)


def _after(plan: Plan, programs: set[str | None], progress: Progress) -> None:
    """What lies between the stages."""
    if "containerd" in programs:
        for node in plan.nodes:
            if images.import_own(plan, node):
                progress.say(f"{node.name} has the cluster's own images")
    if "kube-apiserver" in programs:
        wanted = [*manifests.dns(plan), *manifests.storage()]

        def apply() -> str | None:
            try:
                for manifest in wanted:
                    Api.of(plan).apply(manifest)
            except ApiError as error:  # kube-system is there a moment after the server says ready
                return str(error)
            return None

        with progress.step("DNS service and StorageClass"):
            _wait(apply, "the API server refused the cluster's own objects", plan.log("kube-apiserver"))


def _until_ready(plan: Plan, part: Part) -> None:
    def look() -> str | None:
        found = scan(plan.state)
        if not any(process.part == part.name for process in found):
            raise ClusterError(
                f"{part.name} ended right after its start",
                detail=last_lines(plan.log(part.name), LOG_LINES),
                cure=f"localcluster logs {part.name}",
            )
        return part.ready(plan) if part.process(found) else "it is being started"

    _wait(look, f"{part.name} did not become ready", plan.log(part.name))


def _wait(look: Callable[[], str | None], failure: str, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while (not_yet := look()) is not None:
        if time.monotonic() > deadline:
            raise ClusterError(
                f"{failure} within {READY_SECONDS:g} s: {not_yet}",
                detail=last_lines(log, LOG_LINES),
                cure=f"localcluster logs {log.stem}",
            )
        time.sleep(0.05)


def _port_is_free(plan: Plan) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", plan.port))
        except OSError as error:
            raise ClusterError(
                f"the API server's port {plan.port} is taken: {error}",
                cure="LOCALCLUSTER_PORT=7443 localcluster up",
            ) from None


def _write_files(plan: Plan) -> None:
    for log in (plan.state / "log").glob("*.log"):
        log.rename(log.with_suffix(".log.before"))
    for folder in (plan.config, plan.volumes, plan.state / "etcd"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    plan.volumes.chmod(0o711)  # pods reach their own folder, and list no others
    plan.state.chmod(0o711)
    subjects = pki.subjects(plan)
    pki.ensure(plan.pki, subjects, datetime.datetime.now(datetime.UTC))
    for name, subject in subjects.items():
        # Parts on a node reach the server through the bridge, those of the host by loopback.
        inside = name.startswith("kubelet-") or name == "kube-proxy"
        server = f"https://{plan.gateway}:{plan.port}" if inside else plan.server
        if not subject.hosts or inside:
            _write_kubeconfig(plan, name, server, plan.pki / f"{name}.kubeconfig")
    _write_kubeconfig(plan, "admin", plan.server, plan.kubeconfig)
    (plan.config / "Corefile").write_text(render.corefile(plan))
    (plan.config / "local-path.json").write_text(render.local_path(plan))
    (plan.config / "helper-pod.json").write_text(json.dumps(manifests.helper_pod(), indent=1))
    for node in plan.nodes:
        node.folder.mkdir(parents=True, exist_ok=True)
        node.socket.unlink(missing_ok=True)
        (node.folder / "containerd.toml").write_text(render.containerd(plan, node))
        (node.folder / "kubelet.json").write_text(render.kubelet(plan, node))
        (node.folder / "kube-proxy.json").write_text(render.kube_proxy(plan, node))


def _write_kubeconfig(plan: Plan, name: str, server: str, file: Path) -> None:
    text = render.kubeconfig(
        plan,
        server=server,
        authority=(plan.pki / "ca.crt").read_bytes(),
        certificate=(plan.pki / f"{name}.crt").read_bytes(),
        key=(plan.pki / f"{name}.key").read_bytes(),
    )
    file.touch(mode=0o600)
    file.write_text(text)


def _write_cni(plan: Plan) -> None:
    mtu = int((Path("/sys/class/net") / plan.bridge / "mtu").read_text())
    for node in plan.nodes:
        folder = node.folder / "fs/etc/cni/net.d"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "10-bridge.conflist").write_text(render.cni(node, mtu))
