"""The cluster that `CLUSTER` names, and how to talk to it: `python -m whatsapp_tools.cluster up|down`.

Why one door: the demo and the end-to-end tests must run unchanged on a Kubernetes made here
(`local`), on kind (`kind`), and on somebody's own cluster (`current`, only when asked by name).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from whatsapp_tools.terminal import ToolError, fail, run, step

ROOT = Path(__file__).parents[2]
KIND_NAME = "whatsapp"
FORWARD_SECONDS = 30.0
CHOICES = ("local", "kind", "current")


def _localcluster(*args: str) -> list[str]:
    return [sys.executable, "-m", "localcluster", *args]


class Cluster:
    """Commands against one cluster; every failure is a ToolError that shows what was said."""

    def __init__(self, kind: str, *, kubeconfig: Path, kubectl: str, helm: str) -> None:
        self.kind = kind
        self.kubeconfig = kubeconfig
        self._kubectl = kubectl
        self._helm = helm
        self.env = {**os.environ, "KUBECONFIG": str(kubeconfig)}

    @property
    def environment(self) -> str:
        """What a person exports to talk to this cluster: the kubeconfig, and kubectl where PATH has none."""
        path = "" if shutil.which("kubectl") else f" PATH={Path(self._kubectl).parent}:$PATH"
        return f"export KUBECONFIG={self.kubeconfig}{path}"

    def kubectl(self, *args: str, input: str | None = None) -> str:
        """Run kubectl and return what it printed."""
        return self._run([self._kubectl, *args], input)

    def helm(self, *args: str) -> str:
        """Run helm and return what it printed."""
        return self._run([self._helm, *args], None)

    def get(self, kind: str, name: str = "", namespace: str = "default", *args: str) -> dict[str, Any]:
        """One object, or a List where no name is given, as kubectl's JSON."""
        found = self.kubectl("get", kind, *([name] if name else []), "-n", namespace, "-o", "json", *args)
        return json.loads(found)  # type: ignore[no-any-return]

    def load(self, archives: list[Path]) -> None:
        """Bring image archives into every node; an image that is there already costs nothing.

        A cluster of your own (`current`) pulls them: `make images` has pushed them to `IMAGE_PREFIX`.
        """
        names = [str(path) for path in archives]
        if self.kind == "local":
            run(_localcluster("load", *names))
        elif self.kind == "kind":
            for name in names:
                run(["kind", "load", "image-archive", "--name", KIND_NAME, name])

    def _run(self, command: list[str], input: str | None) -> str:
        done = subprocess.run(command, input=input, capture_output=True, text=True, env=self.env)
        if done.returncode != 0:
            raise ToolError(f"{' '.join(command[:8])} … ended with {done.returncode}:\n{done.stderr.strip()}")
        return done.stdout

    @contextmanager
    def api(self) -> Iterator[str]:
        """The API server on loopback for as long as the block runs, authenticated as the kubeconfig says.

        Why: pods and Services are reached through it (`service_url`) on every kind of cluster alike.
        """
        command = [
            self._kubectl,
            "proxy",
            "--port=0",
            "--keepalive=10s",
            "--accept-paths=.*",
            "--reject-paths=^$",
        ]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.env
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if "Starting to serve on " not in line:
                raise ToolError(f"kubectl proxy did not start: {line.strip()}")
            yield "http://" + line.split("Starting to serve on ")[1].strip()
        finally:
            process.terminate()
            process.wait(10)
            assert process.stdout is not None
            process.stdout.close()

    @contextmanager
    def forward(self, namespace: str, target: str, port: int) -> Iterator[str]:
        """A Service (`svc/NAME`) or a pod on loopback for as long as the block runs, and as its pod does.

        Why beside `api`: the API server's proxy takes a call's `Authorization` for itself.
        """
        command = [self._kubectl, "-n", namespace, "port-forward", target, f":{port}"]
        with tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env=self.env)
            try:
                until = time.monotonic() + FORWARD_SECONDS
                while not (found := re.search(r"Forwarding from (127\.0\.0\.1:\d+)", _text(said))):
                    if process.poll() is not None or time.monotonic() > until:
                        raise ToolError(f"kubectl port-forward {target} did not start: {_text(said)}")
                    time.sleep(0.05)
                yield f"http://{found[1]}"
            finally:
                process.terminate()
                process.wait(10)


def _text(file: IO[str]) -> str:
    """What a process has written so far; where it goes on writing is left as it is."""
    return os.pread(file.fileno(), 2**16, 0).decode(errors="replace")


def service_url(api: str, namespace: str, service: str, port: int | str) -> str:
    """A Service's address through the API server's proxy."""
    return f"{api}/api/v1/namespaces/{namespace}/services/http:{service}:{port}/proxy"


def pod_url(api: str, namespace: str, pod: str, port: int) -> str:
    """A pod's address through the API server's proxy."""
    return f"{api}/api/v1/namespaces/{namespace}/pods/http:{pod}:{port}/proxy"


def wanted() -> str:
    """What `CLUSTER` asks for; an unknown word is refused by name."""
    kind = os.environ.get("CLUSTER", "local")
    if kind not in CHOICES:
        raise ToolError(f"CLUSTER={kind} is unknown.\nSet CLUSTER to one of: {', '.join(CHOICES)}.")
    return kind


def program(name: str) -> str:
    """A program of PATH, else the one that localcluster builds."""
    return shutil.which(name) or run(_localcluster("bin", name)).strip()


def find() -> Cluster:
    """The running cluster; raises ToolError when there is none."""
    kind = wanted()
    if kind == "local":
        path = Path(run(_localcluster("kubeconfig"), cure="Run: make cluster-up").strip())
        kubectl, helm = (run(_localcluster("bin", name)).strip() for name in ("kubectl", "helm"))
        return Cluster(kind, kubeconfig=path, kubectl=kubectl, helm=helm)
    if kind == "kind":
        path = ROOT / "build" / "kind.kubeconfig"
    else:
        path = Path(os.environ.get("KUBECONFIG", str(Path.home() / ".kube" / "config")))
    if not path.exists():
        cure = (
            "Set KUBECONFIG to your cluster's." if kind == "current" else "Run: CLUSTER=kind make cluster-up"
        )
        raise ToolError(f"There is no kubeconfig at {path}.\n{cure}")
    return Cluster(kind, kubeconfig=path, kubectl=program("kubectl"), helm=program("helm"))


def up() -> Cluster:
    """Start the cluster, or find it running; shows the progress of its parts."""
    kind = wanted()
    if kind == "local":
        if subprocess.run(_localcluster("up")).returncode != 0:
            raise ToolError("The local cluster did not start; what it said stands above.")
    elif kind == "kind":
        if shutil.which("kind") is None:
            raise ToolError("CLUSTER=kind needs the program kind.\nInstall it, or run without CLUSTER.")
        known = run(["kind", "get", "clusters"]).split()
        config = ROOT / "build" / "kind.kubeconfig"
        config.parent.mkdir(exist_ok=True)
        if KIND_NAME not in known:
            with step("kind cluster"):
                run(
                    [
                        "kind",
                        "create",
                        "cluster",
                        "--name",
                        KIND_NAME,
                        "--kubeconfig",
                        str(config),
                        "--config",
                        str(ROOT / "tests" / "kind.yaml"),
                        "--wait",
                        "120s",
                    ]
                )
        else:
            run(["kind", "export", "kubeconfig", "--name", KIND_NAME, "--kubeconfig", str(config)])
    return find()


def down() -> None:
    """Stop the cluster and leave nothing of it behind; a cluster of yours (`current`) is left alone."""
    kind = wanted()
    if kind == "local":
        if subprocess.run(_localcluster("down")).returncode != 0:
            raise ToolError("The local cluster did not stop cleanly; what it said stands above.")
    elif kind == "kind":
        run(["kind", "delete", "cluster", "--name", KIND_NAME])
    else:
        print("CLUSTER=current: your cluster stays as it is.")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m whatsapp_tools.cluster")
    parser.add_argument("what", choices=("up", "down"))
    what = parser.parse_args().what
    try:
        if what == "up":
            cluster = up()
            print(cluster.environment)
        else:
            down()
    except ToolError as error:
        return fail(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
