"""What the API server refused, as the caller reads it."""

from __future__ import annotations

import pytest

from whatsapp_hub.backend.kubernetes.client import ApiError
from whatsapp_hub.backend.kubernetes.refusals import refusal
from whatsapp_hub.backend.protocol import Refused


@pytest.mark.parametrize(
    ("status", "says", "for_good"),
    [
        (0, "does not answer now, and nothing was changed. Try again", False),
        (401, "does not know the hub", False),
        (403, "may not patch whatsappsessions in the namespace crm. Give its role that right", False),
        (404, "no namespace crm", False),
        (400, "refused the session: phoneNumber must be", True),
        (409, "refused the session: phoneNumber must be", False),
        (422, "refused the session: phoneNumber must be", True),
        (429, "Try again in a moment", False),
        (500, "Try again in a moment", False),
    ],
)
def test_each_refusal_names_what_to_do(status: int, says: str, for_good: bool) -> None:
    error = refusal(ApiError(status, "phoneNumber must be 7 to 15 digits"), "patch whatsappsessions", "crm")
    assert says in str(error)
    assert isinstance(error, Refused) is for_good


def test_a_very_long_refusal_is_cut() -> None:
    assert len(str(refusal(ApiError(422, "x" * 100_000), "patch whatsappsessions", "crm"))) < 1000
