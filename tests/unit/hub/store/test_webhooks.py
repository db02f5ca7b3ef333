"""Which receivers can be set, and how they are kept: the rules of the resource and of contract A in one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from whatsapp_hub import followed
from whatsapp_hub.backend.pod_config import receiver_config
from whatsapp_hub.backend.protocol import Receiver
from whatsapp_hub.database.models import Session
from whatsapp_hub.security.secrets import Secrets
from whatsapp_hub.store.webhooks import (
    HIDDEN,
    MOST_EVENTS,
    MOST_HEADERS,
    Hook,
    HookError,
    first_version,
    hooks,
    read,
    receivers,
)
from whatsapp_session import config

GOOD: dict[str, Any] = {"name": "crm", "url": "https://crm.example/hooks", "events": [], "headers": {}}
SECRETS = Secrets(b"m" * 32)

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("the hub's own name", {"name": "hub"}, "name 'hub'"),
    ("capital letters", {"name": "CRM"}, "name 'CRM'"),
    ("a slash", {"name": "a/b"}, "name"),
    ("a hyphen first", {"name": "-a"}, "name"),
    ("a name too long", {"name": "a" * 41}, "name"),
    ("no name", {"name": ""}, "name"),
    ("another scheme", {"url": "ftp://crm.example"}, "url"),
    ("no host", {"url": "https://"}, "url"),
    ("a user", {"url": "https://me:secret@crm.example"}, "url"),
    ("a fragment", {"url": "https://crm.example/#x"}, "url"),
    ("a port that is none", {"url": "https://crm.example:99999"}, "url"),
    ("a URL too long", {"url": "https://crm.example/" + "x" * 2048}, "url"),
    ("letters that are not ASCII", {"url": "https://crm.example/ñ"}, "url"),
    ("a line break", {"url": "https://crm.example/\n"}, "url"),
    ("a type that is none", {"events": ["mesage.received"]}, "events: 'mesage.received'"),
    ("a glob that selects nothing", {"events": ["message.x*"]}, "events"),
    ("what is never stored", {"events": ["session.snapshot"]}, "events"),
    ("too many events", {"events": ["message.*"] * (MOST_EVENTS + 1)}, "events"),
    ("a signature header", {"headers": {"webhook-id": "1"}}, "'webhook-id'"),
    ("the key's header", {"headers": {"X-API-Key": "1"}}, "'X-API-Key'"),
    ("a header's name that is none", {"headers": {"a b": "1"}}, "'a b'"),
    ("a header twice", {"headers": {"X-A": "1", "x-a": "2"}}, "twice"),
    ("a line break in a value", {"headers": {"X-A": "1\r\nHost: x"}}, "headers.X-A"),
    ("a value too long", {"headers": {"X-A": "x" * 1025}}, "headers.X-A"),
    ("nothing to keep", {"headers": {"X-A": HIDDEN}}, "headers.X-A"),
    ("too many headers", {"headers": {f"X-{n}": "1" for n in range(MOST_HEADERS + 1)}}, "headers"),
]


@pytest.mark.parametrize(("change", "names"), [each[1:] for each in WRONG], ids=[each[0] for each in WRONG])
def test_what_cannot_be_is_refused_and_named(change: dict[str, Any], names: str) -> None:
    with pytest.raises(HookError) as refused:
        read(**(GOOD | change))
    assert names in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"events": ["*"]},
        {"events": ["message.*", "session.state", "call.receive?"]},
        {"url": "http://127.0.0.1:8080/x?y=1"},
        {"headers": {"X-Gateway": "a b", "Authorization": "Bearer x"}},
    ],
)
def test_what_is_taken_here_is_taken_by_the_session(change: dict[str, Any]) -> None:
    hook = read(**(GOOD | change))
    row = Session(uid="u", webhooks=[hook.kept()])
    (receiver,) = receivers(row, SECRETS)
    (taken,) = config.read({"webhooks": [receiver_config(receiver)]}).webhooks
    assert (taken.name, taken.url, taken.events) == (hook.name, hook.url, hook.events)
    assert (dict(taken.headers), taken.format) == (dict(hook.headers), "Standard")
    assert taken.secrets == (SECRETS.receiver("u", "crm", 1),)


def test_a_row_keeps_all_of_it() -> None:
    hook = Hook(name="crm", url="https://x", events=("*",), headers={"X-A": "1"}, version=4)
    assert hooks(Session(uid="u", webhooks=[hook.kept()])) == [hook]


def test_a_value_that_was_hidden_stays_as_it_was() -> None:
    old = read(**(GOOD | {"headers": {"X-A": "1", "X-B": "2"}}))
    new = read(**(GOOD | {"headers": {"X-A": HIDDEN, "X-C": "3"}}), old=old)
    assert new.headers == {"X-A": "1", "X-C": "3"}


def test_while_a_secret_is_rotated_the_one_before_signs_too() -> None:
    first = Hook(name="crm", url="https://x", version=first_version(7))
    for version, signing in [(8000, [8000]), (8001, [8001, 8000]), (8002, [8002, 8001])]:
        hook = replace(first, version=version)
        (receiver,) = receivers(Session(uid="u", webhooks=[hook.kept()]), SECRETS)
        assert receiver_config(receiver)["secrets"] == [SECRETS.receiver("u", "crm", n) for n in signing]


def test_a_row_is_as_what_is_read_of_a_resource() -> None:
    """Whoever compares the two must not see a difference where nothing was changed."""
    hook = Hook(name="crm", url="https://x", events=("message.*",), headers={"X-A": "1"}, version=2001)
    seen = Receiver(
        name="crm", url="https://x", secret="", events=("message.*",), headers={"X-A": "1"}, version=2001
    )
    assert hook.kept() == followed._hook(seen)


def test_a_secret_that_is_not_the_hubs_is_made_up_by_nobody() -> None:
    hook = Hook(name="crm", url="https://x", version=0)
    (receiver,) = receivers(Session(uid="u", webhooks=[hook.kept()]), SECRETS)
    assert (receiver.secret, receiver.previous, receiver.version) == ("", None, 0)
    taken_over = replace(hook, version=1)
    (receiver,) = receivers(Session(uid="u", webhooks=[taken_over.kept()]), SECRETS)
    assert (receiver.secret, receiver.previous) == (SECRETS.receiver("u", "crm", 1), None)


def test_no_two_receivers_share_a_secret_and_none_is_in_a_repr() -> None:
    names = [("u", "crm", 1), ("u", "crm", 2), ("v", "crm", 1), ("u", "erp", 1), ("u/a", "crm", 1)]
    assert len({SECRETS.receiver(*each) for each in names}) == len(names)
    hook = Hook(name="crm", url="https://x", headers={"X-A": "hidden-value"})
    (receiver,) = receivers(Session(uid="u", webhooks=[hook.kept()]), SECRETS)
    assert receiver.secret not in repr(receiver)
    assert "hidden-value" not in repr(hook) + repr(receiver)
