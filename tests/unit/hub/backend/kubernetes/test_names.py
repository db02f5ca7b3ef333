"""Names of resources: valid, for people, and never shared."""

from __future__ import annotations

import re

import pytest

from whatsapp_hub.backend.kubernetes import names

DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@pytest.mark.parametrize(
    ("session_id", "plain"),
    [
        ("cliente_001", "cliente-001"),
        ("Cliente.001", "cliente-001"),
        ("cliente-001", "cliente-001"),
        ("-_.", "session"),
        ("Ñandú 2", "and-2"),
        ("客户", "session"),
        ("x" * 100, "x" * 41),
        ("x" * 40 + "_y", "x" * 40),
    ],
)
def test_a_name_is_a_label_that_a_person_recognises(session_id: str, plain: str) -> None:
    name = names.resource_name("crm", session_id)
    assert re.fullmatch(re.escape(plain) + "-[0-9a-f]{8}", name)
    assert DNS_LABEL.fullmatch(name)
    assert len(name) <= names.LONGEST


def test_names_that_look_alike_and_tenants_that_share_a_namespace_never_collide() -> None:
    made = {
        names.resource_name(slug, session_id)
        for slug in ("one", "two", "one-a")
        for session_id in ("a.b", "a_b", "a-b", "A-B", "a/b", "b")
    }
    assert len(made) == 18


def test_a_name_is_never_the_session_s_own() -> None:
    name = names.resource_name("crm", "cliente")
    assert names.resource_name("crm", name) != name


@pytest.mark.parametrize("name", ["a", "x" * 243, "x" * 244, "x" * 253])
def test_the_secret_s_name_is_one_for_every_resource(name: str) -> None:
    made = names.receivers(name)
    assert len(made) <= names.LONGEST_NAME
    assert made.endswith("-receivers")
    assert made != names.receivers(name[:-1] + "y")


def test_a_uid_says_namespace_and_name() -> None:
    assert names.parts(names.uid("crm", "a.b")) == ("crm", "a.b")
