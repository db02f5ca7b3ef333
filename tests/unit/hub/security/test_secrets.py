"""One master key, many secrets: apart from each other, the same in every replica."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from whatsapp_hub.security.secrets import MasterKeyError, Secrets, open_master_key


def test_every_use_has_its_own_secret() -> None:
    secrets = Secrets(b"m" * 32)
    derived = [secrets.token_key.hex(), secrets.callback("a"), secrets.callback("b"), secrets.pod_key("a")]
    assert len(set(derived)) == len(derived)
    assert len(base64.b64decode(secrets.callback("a").removeprefix("whsec_"))) == 32


def test_a_master_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "master.key"
    first, second = open_master_key(path), open_master_key(path)
    assert first.token_key == second.token_key
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["master.key"]


def test_a_short_master_key_is_refused_with_the_cure(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_text("short\n")
    with pytest.raises(MasterKeyError, match="openssl rand"):
        open_master_key(path)


def test_a_master_key_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyError, match=str(tmp_path)):
        open_master_key(tmp_path)
