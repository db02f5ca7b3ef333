"""What the repository promises about itself: locks with hashes, one version everywhere, no foreign files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from whatsapp_contracts import __version__

ROOT = Path(__file__).parents[3]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_has_a_hash_for_every_version_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    entries = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert entries
    for entry in entries:
        assert "==" in entry
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_the_chart_the_examples_and_the_code_are_of_one_version() -> None:
    chart = yaml.safe_load((ROOT / "charts/whatsapp-operator/Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)
    images = re.findall(r"image: (\S+)", (ROOT / "examples/simulator.yaml").read_text())
    assert images == [f"localhost/whatsapp-simulator:{__version__}"]
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_make_help_lists_every_target_that_the_readme_and_contributing_name() -> None:
    listed = set(re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"`(?:sudo )?make ([a-z0-9-]+)", (ROOT / name).read_text()))
        assert named <= listed, f"{name} names targets that make help does not"
        assert named


def test_nothing_of_others_is_committed() -> None:
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "wppconnect-wa.js" not in files
    assert "uv.lock" not in files.split()
