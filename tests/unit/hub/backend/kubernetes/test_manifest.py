"""What the hub writes, field by field, and what it leaves to others."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from whatsapp_hub.backend.kubernetes import manifest
from whatsapp_hub.backend.protocol import Receiver, Wanted


def wanted(**fields: Any) -> Wanted:
    given: dict[str, Any] = {
        "uid": "crm/cliente-1-abc",
        "tenant": "acme",
        "session_id": "cliente_1",
        "cliente_id": 7,
    }
    return Wanted(**(given | fields))


def test_a_session_without_anything_set_says_who_and_what_only() -> None:
    assert manifest.resource(wanted()) == {
        "apiVersion": "whatsapp.leadmaster.dev/v1alpha1",
        "kind": "WhatsAppSession",
        "metadata": {
            "name": "cliente-1-abc",
            "namespace": "crm",
            "labels": {
                "app.kubernetes.io/managed-by": "whatsapp-hub",
                "whatsapp.leadmaster.dev/tenant": "acme",
            },
        },
        "spec": {"clienteId": 7, "sessionId": "cliente_1", "operatingMode": "Connected"},
    }


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({"name": "Ana"}, "displayName", "Ana"),
        ({"name": ""}, "displayName", None),
        ({"name": "x" * 300}, "displayName", "x" * 200),
        ({"description": "d" * 3000}, "description", "d" * 2000),
        ({"phone_number": "5491123456789"}, "phoneNumber", "5491123456789"),
        ({"phone_number": None}, "phoneNumber", None),
        ({"operating_mode": "Suspended"}, "operatingMode", "Suspended"),
        ({"retain": False}, "storage", {"retainPolicy": "Delete"}),
        ({"retain": True}, "storage", None),
        ({"session_id": "cliente-1-abc"}, "sessionId", None),
    ],
)
def test_each_field_of_the_spec(given: dict[str, Any], field: str, value: Any) -> None:
    assert manifest.resource(wanted(**given))["spec"].get(field) == value


RECEIVER = Receiver(
    name="crm", url="https://crm.example", secret="whsec_new", previous="whsec_old",
    events=("message.*",), version=3, headers={"X-Gate": "1"},
)  # fmt: skip


def test_a_receiver_is_a_webhook_that_is_signed_by_a_secret_of_the_hub_s() -> None:
    with_it = wanted(receivers=(RECEIVER,))
    assert manifest.resource(with_it)["spec"]["webhooks"] == [
        {
            "name": "crm",
            "url": "https://crm.example",
            "events": ["message.*"],
            "headers": {"X-Gate": "1"},
            "secretRef": {"name": "cliente-1-abc-receivers", "key": "crm.3"},
        }
    ]
    secret = manifest.secret(with_it, "uid-1")
    assert secret
    assert base64.b64decode(secret["data"]["crm.3"]).decode() == "whsec_new\nwhsec_old"
    assert secret["metadata"]["name"] == "cliente-1-abc-receivers"
    assert secret["metadata"]["labels"]["whatsapp.leadmaster.dev/session"] == "cliente-1-abc"
    assert secret["metadata"]["ownerReferences"][0]["uid"] == "uid-1"


def test_a_secret_for_a_resource_whose_name_is_no_label_allows_it_by_annotation() -> None:
    name = "x" * 100
    secret = manifest.secret(wanted(uid=f"crm/{name}", receivers=(RECEIVER,)), "uid-1")
    assert secret
    assert secret["metadata"]["annotations"] == {"whatsapp.leadmaster.dev/session": name}
    assert "whatsapp.leadmaster.dev/session" not in secret["metadata"]["labels"]


FOREIGN = Receiver(name="audit", url="https://audit.example", secret="", version=0)


def test_a_receiver_that_others_wrote_is_not_written_while_it_is_as_they_wrote_it() -> None:
    assert "webhooks" not in manifest.resource(wanted(receivers=(FOREIGN,)), [FOREIGN])["spec"]
    assert manifest.secret(wanted(receivers=(FOREIGN,)), "uid-1") is None


def test_a_receiver_of_others_that_was_changed_here_is_written_and_its_secret_let_be() -> None:
    before = Receiver(name="audit", url="https://old.example", secret="", version=0)
    written = manifest.resource(wanted(receivers=(FOREIGN,)), [before])["spec"]["webhooks"]
    assert written == [{"name": "audit", "url": "https://audit.example"}]


def test_no_secret_is_in_the_resource() -> None:
    assert "whsec" not in str(manifest.resource(wanted(receivers=(RECEIVER,))))
