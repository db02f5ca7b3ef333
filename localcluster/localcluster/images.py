"""Images: the two tiny ones of the cluster itself, and `load` for a person's own.

Why made here: no registry is reachable, and no Docker is needed for a file system of one static busybox. The
archive is Docker's `save` format, which containerd imports; the same busybox gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from localcluster.debian import BUSYBOX
from localcluster.errors import ClusterError
from localcluster.machine import PATH, run
from localcluster.plan import HELPER_IMAGE, PAUSE_IMAGE, Node, Plan
from localcluster.progress import Progress

# Holds a pod's network open; ends at once when told, and collects what other containers of its pod orphan.
PAUSE = ["/bin/busybox", "sh", "-c", "trap 'exit 0' TERM INT; while :; do sleep 86400 & wait $!; done"]


OWN = {PAUSE_IMAGE: PAUSE, HELPER_IMAGE: ["/bin/sh"]}


def busybox_archive(images: Mapping[str, list[str]], busybox: bytes, applets: Iterable[str]) -> bytes:
    """A tar of images (name -> command) that hold a static busybox under every applet's name, and no more."""
    if b"/ld-linux" in busybox or b"/ld-musl" in busybox:
        raise ClusterError(
            f"{BUSYBOX} is not the static one, which alone runs in an empty image",
            cure="sudo apt-get install -y busybox-static",
        )
    layer = _tar(
        {"bin/busybox": busybox}, links={f"bin/{name}": "/bin/busybox" for name in applets}, tmp=True
    )
    layer_id = hashlib.sha256(layer).hexdigest()
    files = {f"{layer_id}.tar": layer}
    manifest = []
    for name, command in images.items():
        config = json.dumps(
            {
                "architecture": _architecture(),
                "os": "linux",
                "config": {"Env": ["PATH=/bin"], "Cmd": command},
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_id}"]},
            }
        ).encode()
        config_id = hashlib.sha256(config).hexdigest()
        files[f"{config_id}.json"] = config
        manifest.append({"Config": f"{config_id}.json", "RepoTags": [name], "Layers": [f"{layer_id}.tar"]})
    files["manifest.json"] = json.dumps(manifest).encode()
    return _tar(files)


def _tar(files: dict[str, bytes], *, links: dict[str, str] | None = None, tmp: bool = False) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        if tmp:
            folder = tarfile.TarInfo("tmp")
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
            tar.addfile(folder)
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            tar.addfile(entry, io.BytesIO(content))
        for name, target in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
    return out.getvalue()


def _architecture() -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)


def applets_of(busybox: str) -> list[str]:
    return [name for name in run([busybox, "--list"]).split() if name != "busybox"]


def import_own(plan: Plan, node: Node) -> bool:
    """Brings the cluster's own images into a node that lacks one; says whether it had to."""
    if set(OWN) <= set(_names(plan, node)):
        return False
    archive = plan.config / "own-images.tar"
    archive.write_bytes(busybox_archive(OWN, Path(BUSYBOX).read_bytes(), applets_of(BUSYBOX)))
    _import(plan, node, ["cat", str(archive)])
    return True


def load(plan: Plan, image: str, progress: Progress) -> None:
    """Brings one image (a name known to Docker, or an archive of `docker save`) into every node that lacks
    it.

    Raises ClusterError where there is no such image.
    """
    path = Path(image)
    if path.is_file():
        source, wanted = ["cat", str(path.resolve())], archive_ids(path)
    else:
        source, wanted = ["docker", "save", image], {normalise(image): _docker_id(image)}
    for node in plan.nodes:
        if all(wanted_id in _ids(plan, node, name) for name, wanted_id in wanted.items()):
            progress.say(f"{image}: {node.name} has it already")
            continue
        with progress.step(f"{image}: loaded into {node.name}"):
            _import(plan, node, source)


def archive_ids(archive: Path) -> dict[str, str]:
    """Name -> id of the images in a `docker save` archive. The id is its configuration's digest."""
    try:
        with tarfile.open(archive) as tar:
            file = tar.extractfile("manifest.json")
            manifest = json.load(file) if file else []
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise ClusterError(
            f"{archive} is not an archive of `docker save`: {error}",
            cure=f"docker save -o {archive} <image>",
        ) from error
    ids = {
        normalise(name): f"sha256:{Path(entry['Config']).stem}"
        for entry in manifest
        for name in entry.get("RepoTags") or []
    }
    if not ids:
        raise ClusterError(
            f"{archive} holds no named image",
            cure=f"save it by its name: docker save -o {archive} <name:tag>",
        )
    return ids


def normalise(name: str) -> str:
    """The name under which containerd keeps an image: with its registry and tag."""
    first, slash, _rest = name.partition("/")
    if not slash:
        name = f"docker.io/library/{name}"
    elif not ("." in first or ":" in first or first == "localhost"):
        name = f"docker.io/{name}"
    return name if ":" in name.rpartition("/")[2] or "@" in name else f"{name}:latest"


def _docker_id(image: str) -> str:
    try:
        done = subprocess.run(
            ["docker", "image", "inspect", "--format", "{{.Id}}", image],
            capture_output=True,
            text=True,
            timeout=60,
        )
    except FileNotFoundError:
        raise ClusterError(
            f"{image} is no file, and there is no docker command to ask for an image of that name",
            cure="sudo apt-get install -y docker.io",
        ) from None
    except subprocess.TimeoutExpired:
        raise ClusterError("docker does not answer", cure="docker info") from None
    if done.returncode != 0:
        raise ClusterError(
            f"{image} is neither a file nor an image that docker knows: {done.stderr.strip()}",
            cure="docker image ls   (is DOCKER_HOST right?)",
        )
    return done.stdout.strip()


def _ctr(plan: Plan, node: Node) -> list[str]:
    return [str(plan.bins["ctr"]), "-a", str(node.socket), "-n", "k8s.io"]


def _names(plan: Plan, node: Node) -> list[str]:
    return run([*_ctr(plan, node), "images", "ls", "-q"]).split()


def _ids(plan: Plan, node: Node, name: str) -> set[str]:
    """What the node's image `name` may be known by: the digests of its manifest and its configuration."""
    rows = [
        line.split() for line in run([*_ctr(plan, node), "images", "ls", f"name=={name}"]).splitlines()[1:]
    ]
    digests = {row[2] for row in rows if row and row[0] == name}
    configs = set()
    for digest in digests:
        manifest: dict[str, Any] = json.loads(run([*_ctr(plan, node), "content", "get", digest]))
        configs.add(manifest.get("config", {}).get("digest", ""))
    return digests | configs


def _import(plan: Plan, node: Node, source: list[str]) -> None:
    """Pipes what `source` writes into the node: no copy on the disk."""
    give = subprocess.Popen(source, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with give:
        take = subprocess.run(
            [*_ctr(plan, node), "images", "import", "-"],
            stdin=give.stdout,
            capture_output=True,
            text=True,
            env={"PATH": PATH},
        )
        assert give.stdout
        assert give.stderr
        give.stdout.close()
        said = give.stderr.read().decode(errors="replace").strip()
    if give.returncode != 0 or take.returncode != 0:
        raise ClusterError(
            f"`{' '.join(source)} | ctr images import` failed: {said} {take.stderr.strip()}",
            cure="localcluster status",
        )
