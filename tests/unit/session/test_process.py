from __future__ import annotations

import pytest

from whatsapp_session.process import draws_qr


@pytest.mark.parametrize(
    ("setting", "terminal", "want"),
    [
        ("auto", True, True),
        ("auto", False, False),
        ("always", False, True),
        ("always", True, True),
        ("never", True, False),
    ],
)
def test_the_qr_is_drawn_for_a_person_and_never_into_a_pods_log_unasked(
    setting: str, terminal: bool, want: bool
) -> None:
    assert draws_qr(setting, terminal) is want
