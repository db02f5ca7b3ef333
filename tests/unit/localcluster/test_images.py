from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from localcluster.errors import ClusterError
from localcluster.images import OWN, archive_ids, busybox_archive, normalise
from localcluster.plan import HELPER_IMAGE, PAUSE_IMAGE

APPLETS = ["sh", "mkdir"]


def test_a_busybox_that_needs_a_loader_is_refused_with_the_package() -> None:
    with pytest.raises(ClusterError, match="is not the static one") as refused:
        busybox_archive(OWN, b"\x7fELF /lib64/ld-linux-x86-64.so.2", APPLETS)
    assert refused.value.cure == "sudo apt-get install -y busybox-static"


def read(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = {entry.name: tar.extractfile(entry) for entry in tar if entry.isfile()}
        return {name: file.read() for name, file in files.items() if file}


def test_both_images_are_named_and_every_digest_in_the_archive_is_right() -> None:
    files = read(busybox_archive(OWN, b"static", APPLETS))
    manifest = json.loads(files["manifest.json"])
    assert [entry["RepoTags"] for entry in manifest] == [[PAUSE_IMAGE], [HELPER_IMAGE]]
    for entry in manifest:
        config = files[entry["Config"]]
        assert entry["Config"] == f"{hashlib.sha256(config).hexdigest()}.json"
        layers = [f"sha256:{hashlib.sha256(files[layer]).hexdigest()}" for layer in entry["Layers"]]
        assert json.loads(config)["rootfs"]["diff_ids"] == layers


def test_the_image_has_a_shell_for_the_volume_helper() -> None:
    files = read(busybox_archive(OWN, b"static", APPLETS))
    layer = next(name for name in files if name.endswith(".tar"))
    with tarfile.open(fileobj=io.BytesIO(files[layer])) as tar:
        assert tar.getmember("bin/sh").linkname == "/bin/busybox"
        assert tar.getmember("bin/busybox").mode & 0o111


def test_the_same_busybox_gives_the_same_bytes() -> None:
    assert busybox_archive(OWN, b"static", APPLETS) == busybox_archive(OWN, b"static", APPLETS)


NAMES = {
    "busybox": "docker.io/library/busybox:latest",
    "busybox:1.36": "docker.io/library/busybox:1.36",
    "rancher/x": "docker.io/rancher/x:latest",
    "localhost/x:1": "localhost/x:1",
    "localhost:5000/x": "localhost:5000/x:latest",
    "ghcr.io/a/b": "ghcr.io/a/b:latest",
    "ghcr.io/a/b@sha256:0": "ghcr.io/a/b@sha256:0",
}


@pytest.mark.parametrize(("name", "want"), NAMES.items())
def test_a_name_is_what_containerd_keeps_it_under(name: str, want: str) -> None:
    assert normalise(name) == want


def archive(file: Path, manifest: object) -> Path:
    content = json.dumps(manifest).encode()
    with tarfile.open(file, "w") as tar:
        entry = tarfile.TarInfo("manifest.json")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return file


REFUSED = {
    "no tar at all": (b"hello", "is not an archive of `docker save`"),
    "a tar without a manifest": (None, "is not an archive of `docker save`"),
}


@pytest.mark.parametrize(("content", "said"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_is_no_image_archive_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "x.tar"
    if content is None:
        tarfile.open(file, "w").close()
    else:
        file.write_bytes(content)
    with pytest.raises(ClusterError, match=said):
        archive_ids(file)


def test_an_archive_of_an_image_without_a_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="holds no named image") as refused:
        archive_ids(archive(tmp_path / "x.tar", [{"Config": "abc.json", "RepoTags": None}]))
    assert refused.value.cure is not None
    assert "docker save -o" in refused.value.cure


CONFIGS = {"old docker": "abc.json", "docker with an OCI layout": "blobs/sha256/abc"}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_an_archives_image_is_known_by_name_and_configuration(tmp_path: Path, config: str) -> None:
    found = archive_ids(archive(tmp_path / "x.tar", [{"Config": config, "RepoTags": ["localhost/x:1"]}]))
    assert found == {"localhost/x:1": "sha256:abc"}
