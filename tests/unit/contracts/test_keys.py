"""Derived keys."""

from __future__ import annotations

import base64

import pytest

from whatsapp_contracts.keys import derive, webhook_secret


def test_no_key_comes_from_an_empty_master() -> None:
    with pytest.raises(ValueError, match="delete its Secret"):
        derive(b"", "crm", "demo")


def test_the_key_of_a_session_is_always_the_same() -> None:
    """It outlives operators and releases: pods hold it in their Secret."""
    want = "c1acc9a74e2da64f8d654a70a2beb1b68a3f855c0a6805e13c46f515516770d6"
    assert derive(b"m" * 32, "crm", "demo") == want


def test_every_session_and_version_has_its_own_key() -> None:
    keys = {
        derive(b"m" * 32, "crm", "demo"),
        derive(b"n" * 32, "crm", "demo"),
        derive(b"m" * 32, "crm", "demo2"),
        derive(b"m" * 32, "other", "demo"),
        derive(b"m" * 32, "crm", "demo", version=2),
    }
    assert len(keys) == 5
    assert all(len(key) == 64 for key in keys)


def test_a_webhooks_secret_is_its_own_and_stays_the_same() -> None:
    def made(webhook: str = "hub", version: int = 1) -> str:
        return webhook_secret(b"m" * 32, "crm", "demo", webhook, version=version)

    assert made() == made()
    assert len({made(), made("other"), made(version=2), "whsec_" + derive(b"m" * 32, "crm", "demo")}) == 4
    assert made().startswith("whsec_")
    assert len(base64.b64decode(made().removeprefix("whsec_"))) == 32
