"""Names: the same every time, valid where they are used, never shared."""

from __future__ import annotations

import re

import pytest

from whatsapp_operator.names import child_name, endpoint, label_value, names_of

HOST = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")

NAMES = [
    "demo",
    "a",
    "a" * 54,
    "a" * 55,
    "a" * 63,
    "a" * 64,
    "a" * 253,
    "ventas.norte",
    "a.b",
    "a-b",
    f"{'x.' * 60}y",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_childs_name_is_a_valid_host_name(name: str) -> None:
    assert HOST.fullmatch(child_name(name))
    assert len(label_value(name)) <= 63


def test_short_names_are_readable() -> None:
    assert child_name("demo") == "whatsapp-demo"
    assert label_value("ventas.norte") == "ventas.norte"


def test_two_sessions_never_share_a_name() -> None:
    assert len({child_name(name) for name in NAMES}) == len(NAMES)
    assert len({label_value(name) for name in NAMES}) == len(NAMES)


def test_names_never_change_between_releases() -> None:
    """A claim is found by its name: another naming rule would detach every login."""
    assert child_name("ventas.norte") == "whatsapp-ventas-norte-8d6a70ae"
    assert child_name("a" * 64) == f"whatsapp-{'a' * 45}-ffe054fe"


def test_a_claim_that_status_remembers_wins() -> None:
    names = names_of("demo", claim="of-an-older-rule")
    assert names.claim == "of-an-older-rule"
    assert names.pod == "whatsapp-demo"


def test_the_endpoint_is_a_name_that_outlives_the_pod() -> None:
    assert endpoint(names_of("demo"), "crm") == "http://whatsapp-demo.whatsapp-sessions.crm.svc:3001"
