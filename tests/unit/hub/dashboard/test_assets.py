from __future__ import annotations

from pathlib import Path

import pytest

from whatsapp_contracts.npm import BundleError
from whatsapp_hub.dashboard import assets


def test_a_file_that_was_changed_is_missing(tmp_path: Path) -> None:
    (tmp_path / "htmx.min.js").write_text("alert(1)")
    assert assets.missing(tmp_path) == ["htmx.min.js", "sse.min.js"]


def test_a_registry_that_does_not_answer_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def away(lock: object, target: Path) -> bool:
        raise BundleError("npm pack did not end. Check the network.")

    monkeypatch.setattr(assets, "fetch", away)
    assert assets.main() == 1
    assert capsys.readouterr().err == "whatsapp-hub: npm pack did not end. Check the network.\n"


def test_the_lock_pins_the_scripts_by_npms_own_hash() -> None:
    locks = assets.read_lock()
    assert {name: (lock.name, lock.version) for name, lock in locks.items()} == {
        "htmx.min.js": ("htmx.org", "2.0.11"),
        "sse.min.js": ("htmx-ext-sse", "2.2.4"),
    }
    assert all(lock.integrity.startswith("sha512-") for lock in locks.values())
