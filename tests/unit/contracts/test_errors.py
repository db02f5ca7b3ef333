"""The error codes and their HTTP codes, as `docs/contracts.md` lists them."""

from __future__ import annotations

from pathlib import Path

import pytest

from whatsapp_contracts.errors import HTTP_STATUS, ErrorCode, envelope

DOCUMENT = (Path(__file__).parents[3] / "docs" / "contracts.md").read_text()


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_has_an_http_code_and_stands_in_the_document(code: ErrorCode) -> None:
    assert 400 <= HTTP_STATUS[code] < 600
    assert f"`{code.value}`" in DOCUMENT


def test_the_envelope_is_the_contracts() -> None:
    assert envelope(ErrorCode.SESSION_NOT_READY, "scan the QR first") == {
        "ok": False,
        "error": "session_not_ready",
        "message": "scan the QR first",
    }
