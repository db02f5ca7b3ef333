"""A session's folder: the same for the same name, never shared by two."""

from __future__ import annotations

from whatsapp_hub.backend.processes import folder_name
from whatsapp_hub.backend.protocol import Wanted


def name(tenant: str, session_id: str, uid: str = "u") -> str:
    return folder_name(Wanted(uid=uid, tenant=tenant, session_id=session_id, cliente_id=1))


def test_a_session_that_was_made_anew_finds_its_folder() -> None:
    assert name("1", "cliente_51", "first") == name("1", "cliente_51", "second")


def test_names_that_look_alike_in_a_folder_have_two() -> None:
    names = [
        name("1", "a/b"),
        name("1", "a-b"),
        name("1", "../a-b"),
        name("2", "a-b"),
        name("1", "ñ"),
        name("1", "é"),
    ]
    assert len(set(names)) == len(names)
    assert not any("/" in each or each.startswith(".") for each in names)
