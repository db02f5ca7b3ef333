"""Secrets that resources refer to: who may use them, what is usable, and the cure for what is not."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from whatsapp_operator.references import Missing, Reference, credentials, signing

LABEL = "whatsapp.leadmaster.dev/session"
SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
OTHER = "whsec_" + base64.b64encode(b"o" * 24).decode()


def encoded(**entries: str) -> dict[str, str]:
    return {key: base64.b64encode(text.encode()).decode() for key, text in entries.items()}


def reference(**more: Any) -> Reference:
    facts: dict[str, Any] = {"namespace": "crm", "name": "hook", "labels": {LABEL: "demo"}}
    return Reference(**facts | {"data": encoded(secret=SECRET)} | more)


REFUSED: dict[str, tuple[Reference | None, str, str]] = {
    "none was read": (None, "SecretMissing", "there is no Secret hook: make it"),
    "there is none": (reference(problem="NotFound"), "SecretMissing", "make it"),
    "it may not be read": (reference(problem="Forbidden"), "SecretUnreadable", "the verb get on secrets"),
    "no label": (
        reference(labels={}),
        "SecretNotAllowed",
        "kubectl -n crm label secret hook whatsapp.leadmaster.dev/session=demo",
    ),
    "another session's label": (reference(labels={LABEL: "other"}), "SecretNotAllowed", "label secret hook"),
    "a star is no label": (reference(labels={LABEL: "*"}), "SecretNotAllowed", "label secret hook"),
    "other sessions in the annotation": (
        reference(labels={}, annotations={LABEL: "demo2, other"}),
        "SecretNotAllowed",
        "label secret hook",
    ),
    "a Secret of the operator's own": (
        reference(labels={LABEL: "demo", "app.kubernetes.io/managed-by": "whatsapp-operator"}),
        "SecretNotAllowed",
        "label secret hook",
    ),
    "another entry": (
        reference(data=encoded(token="x")),
        "SecretEntryMissing",
        "no entry secret (it has: token): add it",
    ),
    "no entries": (reference(data={}), "SecretEntryMissing", "it has: none"),
    "an empty entry": (reference(data=encoded(secret="")), "SecretInvalid", "openssl rand"),
    "a password": (reference(data=encoded(secret="hunter2!")), "SecretInvalid", "openssl rand"),
    "too short": (reference(data=encoded(secret="whsec_c2hvcnQ=")), "SecretInvalid", "openssl rand"),
    "three": (
        reference(data=encoded(secret=f"{SECRET}\n{OTHER}\n{SECRET}")),
        "SecretInvalid",
        "nor two of them",
    ),
    "bytes that are no text": (
        reference(data={"secret": base64.b64encode(b"\xff\xfe").decode()}),
        "SecretInvalid",
        "openssl rand",
    ),
}


@pytest.mark.parametrize(("found", "reason", "cure"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_used_is_named_with_the_cure(found: Reference | None, reason: str, cure: str) -> None:
    got = signing("webhook crm", "hook", "secret", found, "demo")
    assert isinstance(got, Missing)
    assert got.reason == reason
    assert got.message.startswith("webhook crm: ")
    assert cure in got.message
    assert "hunter2" not in got.message


ALLOWED = {
    "the label with the name": reference(),
    "the annotation with a star": reference(labels={}, annotations={LABEL: "*"}),
    "the annotation with a list": reference(labels={}, annotations={LABEL: "other, demo"}),
}


@pytest.mark.parametrize("found", ALLOWED.values(), ids=ALLOWED)
def test_a_secret_that_allows_the_session_is_used(found: Reference) -> None:
    assert signing("webhook crm", "hook", "secret", found, "demo") == (SECRET,)


def test_a_long_name_is_allowed_by_its_shortened_label() -> None:
    name = "n" * 90
    assert reference(labels={}, annotations={LABEL: name}).allows(name)
    assert not reference(labels={LABEL: "n" * 63}).allows(name)


def test_two_lines_are_the_new_secret_and_the_old_one() -> None:
    found = reference(data=encoded(secret=f"{OTHER}\n{SECRET}\n"))
    assert signing("webhook crm", "hook", "secret", found, "demo") == (OTHER, SECRET)


def test_a_secret_without_its_prefix_gets_it() -> None:
    found = reference(data=encoded(secret=SECRET.removeprefix("whsec_")))
    assert signing("webhook crm", "hook", "secret", found, "demo") == (SECRET,)


def test_a_proxys_credentials_are_two_entries() -> None:
    found = reference(data=encoded(username="ana", password="p w"))
    assert credentials("proxy", "hook", found, "demo") == ("ana", "p w")
    for lacking in ("username", "password"):
        data = {key: value for key, value in found.data.items() if key != lacking}
        got = credentials("proxy", "hook", reference(data=data), "demo")
        assert isinstance(got, Missing)
        assert f"no entry {lacking}" in got.message


def test_what_becomes_of_it_is_said() -> None:
    missing = Missing(what="webhook crm", reason="SecretMissing", message="webhook crm: none: make it")
    assert missing.told(kept=False).message.endswith("left out.")
    assert missing.told(kept=True).message.endswith("stays in force.")
    proxy = Missing(what="proxy", reason="SecretMissing", message="proxy: none: make it")
    assert "nothing goes beside it" in proxy.told(kept=False).message


def test_no_secret_shows_when_a_reference_is_printed() -> None:
    assert SECRET not in repr(reference())
    assert reference().data["secret"] not in repr(reference())
