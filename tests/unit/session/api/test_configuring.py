from __future__ import annotations

from typing import Any

import httpx
import pytest

from unit.session.api.doubles import FakeConfiguration
from whatsapp_session import config
from whatsapp_session.outbox.errors import StorageFull

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
HOOK = {"name": "crm", "url": "https://crm.example.com/h", "secrets": [SECRET], "headers": {"X-Own": "mine"}}
WHOLE: dict[str, Any] = {
    "revision": "7",
    "owner": "uid",
    "generation": 3,
    "phoneNumber": "5491100000001",
    "login": {"method": "PairingCode", "maxQRRotations": 6},
    "pacing": {"messagesPerMinute": 30, "burst": 5},
    "proxy": {"server": "http://proxy:3128", "username": "ana", "password": "hidden"},
    "webhooks": [HOOK],
}


async def test_a_configuration_is_put_whole_and_its_secrets_are_never_shown(
    http: httpx.AsyncClient, configuration: FakeConfiguration
) -> None:
    answer = await http.put("/config", json=WHOLE)
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "revision": "7"})
    assert configuration.current == config.read(WHOLE)
    shown = await http.get("/config")
    for secret in (SECRET, "hidden", "mine"):
        assert secret not in shown.text
    assert shown.json()["config"]["webhooks"][0]["secrets"] == ["***"]


REFUSED: dict[str, tuple[Any, str]] = {
    "a misspelt key": ({"webhook": []}, "unknown key 'webhook'"),
    "a wrong mode": ({"operatingMode": "Off"}, "operatingMode is unknown"),
    "a pairing code without a number": ({"login": {"method": "PairingCode"}}, "needs phoneNumber"),
    "a webhook without a url": ({"webhooks": [{}]}, "webhooks[0].url"),
    "what hides a password": (
        {"proxy": {"server": "http://proxy:3128", "password": "***"}}, "proxy.password is ***",
    ),
    "what hides a header": (
        {"webhooks": [HOOK | {"headers": {"X-Own": "***"}}]}, "webhooks[0].headers.X-Own is ***",
    ),
    "what hides a secret": ({"webhooks": [HOOK | {"secrets": ["***"]}]}, "webhooks[0].secrets"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "says"), REFUSED.values(), ids=REFUSED)
async def test_a_wrong_configuration_changes_nothing_and_names_the_field(
    http: httpx.AsyncClient, configuration: FakeConfiguration, body: Any, says: str
) -> None:
    answer = await http.put("/config", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert says in answer.json()["message"]
    assert configuration.current == config.Config()


async def test_a_newer_operators_word_counts_as_far_as_it_is_understood(
    http: httpx.AsyncClient, configuration: FakeConfiguration
) -> None:
    newer = WHOLE | {"novelty": 1, "webhooks": [HOOK | {"novelty": 1}]}
    assert (await http.put("/config", json=newer)).status_code == 400
    assert (await http.put("/config?unknown=maybe", json=newer)).status_code == 400
    assert (await http.put("/config?unknown=ignore", json=newer)).status_code == 200
    assert configuration.current == config.read(WHOLE)


async def test_a_full_volume_is_507(http: httpx.AsyncClient, configuration: FakeConfiguration) -> None:
    configuration.fails = StorageFull("The configuration cannot be kept")
    answer = await http.put("/config", json=WHOLE)
    assert (answer.status_code, answer.json()["error"]) == (507, "storage_full")
