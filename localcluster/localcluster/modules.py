"""The Go modules that a cluster is built from, and the cache key of each.

Why a module each: their requirements conflict, and a changed pin then rebuilds one part alone. Versions stand
in `modules/<name>/go.mod`; the flags here and those files are the whole key, so a cached file is never a
stale one.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from localcluster.errors import ClusterError

MODULES_FOLDER = Path(__file__).resolve().parent.parent / "modules"


@dataclass(frozen=True, kw_only=True)
class Module:
    """`programs`: file name -> Go package. `stamps`: Go variables that get the version of `versioned`."""

    name: str
    programs: dict[str, str]
    versioned: str
    stamps: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    cgo: bool = False
    minutes: float  # measured cold on two cores, to tell a person what to expect


def _kubernetes(*programs: str) -> dict[str, str]:
    return {program: f"k8s.io/kubernetes/cmd/{program}" for program in programs}


_CONTAINERD = "github.com/containerd/containerd/v2"

MODULES = (
    Module(
        name="kubernetes",
        programs={
            "etcd": "go.etcd.io/etcd/server/v3",
            **_kubernetes(
                "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"
            ),
            **_kubernetes("kubectl"),
        },
        versioned="k8s.io/kubernetes",
        stamps=(
            "k8s.io/component-base/version.gitVersion={version}",
            "k8s.io/component-base/version.gitMajor={major}",
            "k8s.io/component-base/version.gitMinor={minor}",
            "k8s.io/client-go/pkg/version.gitVersion={version}",
        ),
        minutes=8,
    ),
    Module(
        name="containerd",
        programs={
            tool: f"{_CONTAINERD}/cmd/{tool}" for tool in ("containerd", "containerd-shim-runc-v2", "ctr")
        },
        versioned=_CONTAINERD,
        stamps=(f"{_CONTAINERD}/version.Version={{version}}",),
        tags=("no_btrfs", "no_zfs", "no_aufs", "no_devmapper"),
        minutes=2,
    ),
    Module(
        name="runc",
        programs={"runc": "github.com/opencontainers/runc"},
        versioned="github.com/opencontainers/runc",
        tags=("seccomp",),
        cgo=True,
        minutes=0.5,
    ),
    Module(
        name="coredns",
        programs={"coredns": "github.com/coredns/coredns"},
        versioned="github.com/coredns/coredns",
        minutes=2,
    ),
    Module(
        name="local-path-provisioner",
        programs={"local-path-provisioner": "github.com/rancher/local-path-provisioner"},
        versioned="github.com/rancher/local-path-provisioner",
        stamps=("main.VERSION={version}",),
        minutes=1,
    ),
    Module(
        name="helm",
        programs={"helm": "helm.sh/helm/v4/cmd/helm"},
        versioned="helm.sh/helm/v4",
        stamps=("helm.sh/helm/v4/internal/version.version={version}",),
        minutes=2,
    ),
)


def version(module: Module, go_mod: str) -> str:
    """The version that `go_mod` (a file's text) requires of the module which gives `module` its version."""
    found = re.search(rf"^\s*(?:require\s+)?{re.escape(module.versioned)}\s+(v\S+)", go_mod, re.MULTILINE)
    if not found:
        raise ClusterError(f"modules/{module.name}/go.mod requires no version of {module.versioned}")
    return found[1]


def linker_flags(module: Module, go_mod: str) -> str:
    """No symbols; and the version, since a build from a module proxy otherwise calls itself v0.0.0."""
    pinned = version(module, go_mod)
    major, minor = pinned.removeprefix("v").split(".")[:2]
    stamps = [f"-X {stamp.format(version=pinned, major=major, minor=minor)}" for stamp in module.stamps]
    return " ".join(["-s", "-w", *stamps])


def build_command(module: Module, go_mod: str, *, go: str, package: str, out: Path) -> list[str]:
    """`-trimpath`: the same bytes in every folder, and one build cache for all of them."""
    tags = [f"-tags={','.join(module.tags)}"] if module.tags else []
    flags = ["-mod=readonly", "-buildvcs=false", "-trimpath", f"-ldflags={linker_flags(module, go_mod)}"]
    return [go, "build", *flags, *tags, "-o", str(out), package]


def cache_key(module: Module, go_mod: bytes, go_sum: bytes) -> str:
    """Changes with every pin and every flag, and with nothing else."""
    command = build_command(module, go_mod.decode(), go="go", package="", out=Path("out"))
    recipe = repr((sorted(module.programs.items()), command, module.cgo)).encode()
    digest = hashlib.sha256()
    for piece in (go_mod, go_sum, recipe):
        digest.update(len(piece).to_bytes(8, "big") + piece)
    return digest.hexdigest()[:16]


def cache_folder(module: Module, cache: Path, folder: Path = MODULES_FOLDER) -> Path:
    """Where this module's programs lie once built. Raises ClusterError where its files are missing."""
    files = [folder / module.name / name for name in ("go.mod", "go.sum")]
    for file in files:
        if not file.is_file():
            raise ClusterError(
                f"{file} is missing: localcluster builds from a checkout of the project",
                cure="git checkout -- localcluster/modules",
            )
    return cache / f"{module.name}-{cache_key(module, *(file.read_bytes() for file in files))}"


def programs(cache: Path, folder: Path = MODULES_FOLDER) -> dict[str, Path]:
    """Program name -> the file in the cache, whether it is built yet or not."""
    return {
        program: cache_folder(module, cache, folder) / program
        for module in MODULES
        for program in module.programs
    }
