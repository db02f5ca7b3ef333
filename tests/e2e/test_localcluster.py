"""The local cluster itself: a second one of its own beside the main one, broken in every way we know.

What is left on the machine is looked for with the machine's own tools, never with localcluster's code.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localcluster.debian import BUSYBOX
from localcluster.images import applets_of, busybox_archive

pytestmark = pytest.mark.skipif(
    os.environ.get("CLUSTER", "local") != "local", reason="localcluster is not what CLUSTER names"
)

NAME, PORT = "lctest", "7443"
IMAGE = "localhost/localcluster-test:1"
SECONDS = 90
PARTS = {
    "etcd",
    "node1",
    "kube-apiserver",
    "containerd-node1",
    "kube-controller-manager",
    "kube-scheduler",
    "coredns",
    "local-path-provisioner",
    "kubelet-node1",
    "kube-proxy-node1",
}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {
        "terminationGracePeriodSeconds": 0,
        "containers": [
            {
                "name": "web",
                "image": IMAGE,
                "command": [
                    "sh",
                    "-c",
                    "echo kept >> /data/index.html; echo started; httpd -f -p 8080 -h /data",
                ],
                "ports": [{"name": "http", "containerPort": 8080}],
                "readinessProbe": {"httpGet": {"port": "http", "path": "/index.html"}, "periodSeconds": 1},
                "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                "securityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": 10001,
                    "readOnlyRootFilesystem": True,
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
            }
        ],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
    },
}
CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
}


class Lab:
    """The throw-away cluster, by its command line alone."""

    def __init__(self, state: Path, images: Path) -> None:
        self.state = state
        self.images = images
        self._names = ["--name", NAME, "--state", str(state), "--port", PORT]

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "localcluster", *self._names, *words]

    def run(
        self, *words: str, code: int = 0, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*words),
            capture_output=True,
            text=True,
            timeout=200,
            env={**os.environ, **(env or {})},
        )
        assert done.returncode == code, f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done

    def pids(self) -> dict[str, int]:
        """Part -> pid of every part that `status` says to run."""
        done = subprocess.run(self.command("status"), capture_output=True, text=True, timeout=60)
        rows = [line.split() for line in done.stdout.splitlines()[1:]]
        return {row[0]: int(row[2]) for row in rows if row[0] in PARTS and row[1] == "yes"}

    def kubectl(self, *words: str, input: str | None = None) -> str:
        done = subprocess.run(
            [self.run("bin", "kubectl").stdout.strip(), *words],
            input=input,
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "KUBECONFIG": self.run("kubeconfig").stdout.strip()},
        )
        assert done.returncode == 0, f"kubectl {words}: {done.stderr}"
        return done.stdout

    def page(self) -> str:
        """What the pod serves, through the API server."""
        return self.kubectl(
            "get", "--raw", "/api/v1/namespaces/default/services/http:web:http/proxy/index.html"
        )

    def on_the_machine(self) -> list[str]:
        """All traces outside the state folder, found by name with the machine's own tools."""
        found = [f"mount: {line}" for line in Path("/proc/mounts").read_text().splitlines() if NAME in line]
        for tool in (["ip", "-o", "link"], ["ip", "-4", "route"], ["iptables-save"]):
            text = subprocess.run(tool, capture_output=True, text=True, check=True).stdout
            found += [line for line in text.splitlines() if re.search(f"lc-{NAME}", line, re.IGNORECASE)]
        groups = itertools.chain(Path("/sys/fs/cgroup").glob("lc-*"), Path("/sys/fs/cgroup").glob("*/lc-*"))
        found += [f"cgroup: {group}" for group in groups if group.name == f"lc-{NAME}"]
        return found + [f"process: {pid}" for pid in self.processes()]

    def processes(self) -> list[int]:
        """Every process that names the state folder in its arguments or its environment."""
        needle = str(self.state).encode()
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit() or int(folder.name) == os.getpid():
                continue
            try:
                if needle in (folder / "cmdline").read_bytes() or needle in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
        return found


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    images = tmp_path_factory.mktemp("images") / "test.tar"
    busybox = Path(BUSYBOX).read_bytes()
    images.write_bytes(busybox_archive({IMAGE: ["/bin/sh"]}, busybox, applets_of(BUSYBOX)))
    found = Lab(tmp_path_factory.mktemp("lc") / "s", images)
    assert found.on_the_machine() == []
    yield found
    found.run("down", "--purge")


@pytest.fixture
def up(lab: Lab) -> Lab:
    """The cluster is up, with the pod `web` on a volume, ready."""
    lab.run("up")
    lab.run("load", str(lab.images))
    for manifest in (CLAIM, SERVICE, POD):
        lab.kubectl("apply", "-f", "-", input=json.dumps(manifest))
    lab.kubectl("wait", "--for=condition=Ready", "pod/web", f"--timeout={SECONDS}s")
    return lab


def until(look: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not look():
        assert time.monotonic() < deadline, what
        os.sched_yield()


def test_a_taken_port_is_refused_with_another_and_nothing_is_left(lab: Lab) -> None:
    taken = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import socket; s = socket.create_server(('', {PORT})); print(1, flush=True); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with taken:
        assert taken.stdout
        assert taken.stdout.readline() == b"1\n"
        said = lab.run("up", code=1).stderr
        taken.kill()
    assert f"port {PORT} is taken" in said
    assert "cure: LOCALCLUSTER_PORT=" in said
    assert lab.on_the_machine() == []


def test_every_part_is_proven_ready_and_a_second_up_changes_nothing(lab: Lab) -> None:
    said = lab.run("up").stderr
    assert all(f"{part} is ready" in said for part in PARTS)
    assert "node1 is Ready" in said
    before = lab.pids()
    assert set(before) == PARTS
    lab.run("status")
    again = lab.run("up").stderr
    assert "is up already" in again
    assert len(again.splitlines()) == 1
    assert lab.pids() == before


def test_another_port_for_a_running_cluster_is_refused(up: Lab) -> None:
    before = up.pids()
    done = subprocess.run(up.command("--port", "7444", "up"), capture_output=True, text=True)
    assert done.returncode == 2
    assert "runs on port 7443" in done.stderr
    assert up.pids() == before


def test_a_restricted_pod_writes_to_its_volume_and_is_reached_in_every_way(up: Lab) -> None:
    assert up.kubectl("logs", "web").startswith("started\n")
    assert up.kubectl("exec", "web", "--", "id", "-u") == "10001\n"
    assert "kept" in up.page()
    by_pod = up.kubectl("get", "--raw", "/api/v1/namespaces/default/pods/http:web:8080/proxy/index.html")
    assert "kept" in by_pod
    service = json.loads(up.kubectl("get", "service", "web", "-o", "json"))["spec"]["clusterIP"]
    pod = json.loads(up.kubectl("get", "pod", "web", "-o", "json"))["status"]["podIP"]
    for address in (service, f"{pod}:8080"):  # from the host
        with urllib.request.urlopen(f"http://{address}/index.html", timeout=10) as answer:
            assert b"kept" in answer.read()
    fqdn = "web.default.svc.cluster.local"
    assert "kept" in up.kubectl("exec", "web", "--", "wget", "-qO-", f"http://{fqdn}/index.html")


def test_a_port_is_forwarded_to_a_pod(up: Lab) -> None:
    kubectl = up.run("bin", "kubectl").stdout.strip()
    forward = subprocess.Popen(
        [kubectl, "port-forward", "--kubeconfig", up.run("kubeconfig").stdout.strip(), "pod/web", ":8080"],
        stdout=subprocess.PIPE,
        text=True,
    )
    with forward:
        try:
            assert forward.stdout
            match = re.search(r"127\.0\.0\.1:(\d+)", forward.stdout.readline())
            assert match
            with urllib.request.urlopen(f"http://127.0.0.1:{match[1]}/index.html", timeout=10) as answer:
                assert b"kept" in answer.read()
        finally:
            forward.kill()


def test_an_image_is_loaded_once_also_by_a_name_that_docker_knows(up: Lab, tmp_path: Path) -> None:
    assert "node1 has it already" in up.run("load", str(up.images)).stderr
    named = "localhost/localcluster-named:1"
    archive = tmp_path / "named.tar"
    archive.write_bytes(busybox_archive({named: ["/bin/true"]}, Path(BUSYBOX).read_bytes(), ["true"]))
    manifest = subprocess.run(
        ["tar", "-xOf", archive, "manifest.json"], capture_output=True, check=True
    ).stdout
    image_id = "sha256:" + json.loads(manifest)[0]["Config"].removesuffix(".json")
    docker = tmp_path / "bin/docker"  # in the place of a docker engine, which a machine may not have
    docker.parent.mkdir()
    docker.write_text(
        f'#!/bin/sh\ncase "$*" in *{named}*) ;; *) echo no such image >&2; exit 1;; esac\n'
        f'case "$1" in image) echo {image_id};; save) cat {archive};; esac\n'
    )
    docker.chmod(0o755)
    env = {"PATH": f"{docker.parent}:{os.environ['PATH']}"}
    assert "loaded into node1" in up.run("load", named, env=env).stderr
    assert "node1 has it already" in up.run("load", named, env=env).stderr
    assert "no such image" in up.run("load", "localhost/other:1", code=1, env=env).stderr


@pytest.mark.parametrize("part", ["etcd", "kube-apiserver", "containerd-node1", "node1"])
def test_after_a_part_was_killed_down_leaves_nothing_and_up_brings_the_data_back(up: Lab, part: str) -> None:
    lines = up.page().count("kept")
    pid = up.pids()[part]
    os.kill(pid, signal.SIGKILL)
    until(lambda: part not in up.pids(), f"{part} is still seen")
    up.run("status", code=1)
    up.run("down")
    assert up.on_the_machine() == []
    up.run("up")
    up.run("status")
    up.kubectl("wait", "--for=condition=Ready", "pod/web", f"--timeout={SECONDS}s")
    assert up.page().count("kept") == lines + 1  # the same volume, written to by a new container


def test_up_repairs_a_cluster_that_is_partly_dead(up: Lab) -> None:
    os.kill(up.pids()["kubelet-node1"], signal.SIGKILL)
    said = up.run("up").stderr
    assert "cleared what an earlier cluster had left" in said
    up.run("status")


def test_up_clears_what_a_cluster_left_whose_every_process_was_killed(up: Lab) -> None:
    while found := up.processes():
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
    assert any(f"lc-{NAME}:" in line for line in up.on_the_machine()), "the bridge should still be there"
    assert "cleared what an earlier cluster had left" in up.run("up").stderr
    up.kubectl("wait", "--for=condition=Ready", "pod/web", f"--timeout={SECONDS}s")


MOMENTS = {
    "certificates": signal.SIGKILL,
    "network": signal.SIGTERM,
    "etcd is ready": signal.SIGINT,
    "kube-apiserver is ready": signal.SIGKILL,
    "kubelet-node1 is ready": signal.SIGTERM,
}


@pytest.mark.parametrize(("moment", "number"), MOMENTS.items(), ids=MOMENTS)
def test_an_interrupted_start_is_cleared_by_down(lab: Lab, moment: str, number: signal.Signals) -> None:
    lab.run("down")
    start = subprocess.Popen(
        lab.command("up"),
        stderr=subprocess.PIPE,
        text=True,
        # A test run that was started in the background was told to ignore Ctrl-C; this start was not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    with start:
        assert start.stderr
        for line in start.stderr:
            if moment in line:
                break
        start.send_signal(number)
        rest = start.stderr.read()
    assert start.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 130), rest
    lab.run("down")
    assert lab.on_the_machine() == []


def test_two_starts_at_once_make_one_cluster(lab: Lab) -> None:
    lab.run("down")
    starts = [subprocess.Popen(lab.command("up"), stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [start.communicate(timeout=200)[1] for start in starts]
    assert [start.returncode for start in starts] == [0, 0], said
    assert sorted("is up already" in text for text in said) == [False, True]
    assert set(lab.pids()) == PARTS


def test_a_part_that_cannot_start_is_named_with_its_last_words(lab: Lab) -> None:
    lab.run("up")
    lab.run("down")
    data = lab.state / "etcd/member"
    data.rename(lab.state / "etcd/kept")
    data.write_text("no folder")
    said = lab.run("up", code=1).stderr
    data.unlink()
    (lab.state / "etcd/kept").rename(data)
    assert "localcluster: etcd ended right after its start" in said
    assert "not a directory" in said
    assert "cure: localcluster logs etcd" in said
    lab.run("up")


def test_purging_ends_the_cluster_and_removes_its_data(up: Lab) -> None:
    up.run("down", "--purge")
    assert up.on_the_machine() == []
    assert not up.state.exists()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"https://127.0.0.1:{PORT}/", timeout=5)
