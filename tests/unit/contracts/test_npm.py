from __future__ import annotations

import base64
import hashlib
import io
import stat
import tarfile
from pathlib import Path

import pytest

from whatsapp_contracts import npm as registry
from whatsapp_contracts.npm import BundleError, Lock

CONTENT = b"self.file = {}"


def tarball(name: str = "package/dist/file.js", content: bytes = CONTENT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def lock_of(package: bytes) -> Lock:
    return Lock(
        name="@someone/package",
        version="0.0.0",
        integrity="sha512-" + base64.b64encode(hashlib.sha512(package).digest()).decode(),
        file="package/dist/file.js",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
    )


@pytest.fixture
def npm(tmp_path: Path) -> list[str]:
    """A stand-in for npm, which is not under test: `pack` copies what lies beside it."""
    script = tmp_path / "npm"
    script.write_text('#!/bin/sh\ncp "$(dirname "$0")/package" "$5/package.tgz"\n')
    script.chmod(stat.S_IRWXU)
    return [str(script)]


def test_a_package_with_another_integrity_is_refused() -> None:
    with pytest.raises(BundleError, match="not the package that was reviewed"):
        registry.extract(lock_of(tarball()), tarball(content=b"evil"))


def test_a_package_without_the_locked_file_is_refused() -> None:
    package = tarball(name="package/dist/other.js")
    with pytest.raises(BundleError, match="is not the locked file"):
        registry.extract(lock_of(package), package)


def test_a_package_whose_file_is_another_is_refused() -> None:
    package = tarball(content=b"other")
    with pytest.raises(BundleError, match="is not the locked file"):
        registry.extract(lock_of(package), package)


def test_a_failing_npm_is_an_error_that_repeats_what_it_says(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"exit 7.*no such registry.*npm ping"):
        registry.pack(lock_of(b""), tmp_path, ["/bin/sh", "-c", "echo no such registry >&2; exit 7"])


def test_without_npm_and_its_wheel_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BundleError, match="apt-get install npm"):
        registry.npm_command()


def test_the_locked_file_is_put_in_its_place_and_not_fetched_again(
    tmp_path: Path, npm: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "package").write_bytes(tarball())
    target = tmp_path / "assets" / "file.js"
    monkeypatch.setattr(registry, "npm_command", lambda: npm)
    assert registry.fetch(lock_of(tarball()), target)
    assert target.read_bytes() == CONTENT
    Path(npm[0]).unlink()  # npm would fail now
    assert not registry.fetch(lock_of(tarball()), target)


def test_a_damaged_file_is_fetched_again(
    tmp_path: Path, npm: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "package").write_bytes(tarball())
    target = tmp_path / "file.js"
    target.write_bytes(b"half")
    monkeypatch.setattr(registry, "npm_command", lambda: npm)
    assert registry.fetch(lock_of(tarball()), target)
    assert target.read_bytes() == CONTENT
