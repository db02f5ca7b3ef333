"""The configuration is read whole or refused by the name of its first wrong field."""

from __future__ import annotations

from typing import Any

import pytest

from whatsapp_session.config import (
    HIDDEN,
    Config,
    ConfigError,
    Login,
    Pacing,
    Proxy,
    Webhook,
    read,
    understood,
)

SECRET = "whsec_bm90IGEgc2VjcmV0OiBtYWtlIHlvdXIgb3duIG9uZSE="
WHOLE: dict[str, Any] = {
    "revision": "r3",
    "owner": "uid",
    "generation": 3,
    "operatingMode": "Disconnected",
    "phoneNumber": "5491123456789",
    "login": {"method": "PairingCode", "maxQRRotations": 6},
    "pacing": {"messagesPerMinute": 20, "burst": 5},
    "proxy": {"server": "http://proxy.example:3128", "username": "u", "password": "p"},
    "webhooks": [
        {
            "name": "crm",
            "url": "https://crm.example/hook?token=1",
            "events": ["message.*"],
            "format": "Orchestrator",
            "secrets": [SECRET],
            "headers": {"X-Own": "v"},
        }
    ],
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ([], "the configuration"),
        ({"webhook": []}, "'webhook'"),
        ({"revision": 1}, "revision"),
        ({"generation": -1}, "generation"),
        ({"generation": True}, "generation"),
        ({"operatingMode": "Suspended"}, "operatingMode"),
        ({"phoneNumber": "+5491123456789"}, "phoneNumber"),
        ({"phoneNumber": 5491123456789}, "phoneNumber"),
        ({"login": {"method": "QR code"}}, "login.method"),
        ({"login": {"method": "PairingCode"}}, "needs phoneNumber"),
        ({"login": {"maxQRRotations": 0}}, "login.maxQRRotations"),
        ({"login": []}, None),
        ({"login": ["QR"]}, "login"),
        ({"pacing": {"messagesPerMinute": 0}}, "pacing.messagesPerMinute"),
        ({"pacing": {"burst": "5"}}, "pacing.burst"),
        ({"proxy": {}}, "proxy.server"),
        ({"proxy": {"server": "ftp://proxy"}}, "proxy.server"),
        ({"proxy": {"server": "http://user:word@proxy:1"}}, "proxy.server"),
        ({"proxy": {"server": "http://proxy:99999"}}, "proxy.server"),
        ({"proxy": {"server": "socks5://proxy:1080", "username": "u"}}, "proxy.username"),
        ({"webhooks": {}}, "webhooks"),
        ({"webhooks": ["https://crm.example"]}, r"webhooks\[0\]"),
        ({"webhooks": [{}]}, r"webhooks\[0\].url"),
        ({"webhooks": [{"url": "file:///etc/passwd"}]}, r"webhooks\[0\].url"),
        ({"webhooks": [{"url": "https://[::1"}]}, r"webhooks\[0\].url"),
        ({"webhooks": [{"url": "https://a", "name": "../x"}]}, r"webhooks\[0\].name"),
        ({"webhooks": [{"url": "https://a", "events": ["Message"]}]}, r"webhooks\[0\].events"),
        ({"webhooks": [{"url": "https://a", "events": "message.*"}]}, r"webhooks\[0\].events"),
        ({"webhooks": [{"url": "https://a", "format": "standard"}]}, r"webhooks\[0\].format"),
        ({"webhooks": [{"url": "https://a", "secrets": ["secret"]}]}, r"webhooks\[0\].secrets"),
        ({"webhooks": [{"url": "https://a", "secrets": ["whsec_YQ=="]}]}, r"webhooks\[0\].secrets"),
        ({"webhooks": [{"url": "https://a", "secrets": [SECRET] * 3}]}, "more than two"),
        ({"webhooks": [{"url": "https://a", "headers": {"Webhook-Id": "1"}}]}, "'Webhook-Id'"),
        ({"webhooks": [{"url": "https://a", "headers": {"X-API-Key": "1"}}]}, "'X-API-Key'"),
        ({"webhooks": [{"url": "https://a", "headers": {"X\r\nY": "1"}}]}, "headers"),
        ({"webhooks": [{"url": "https://a", "headers": {"X": "1\r\nY: 2"}}]}, "headers.X"),
        ({"webhooks": [{"url": "https://a", "name": "a"}, {"url": "https://b", "name": "a"}]}, "'a'"),
        ({"webhooks": [{"url": "https://a"}] * 21}, "more than 20"),
    ],
)
def test_the_first_wrong_field_is_named(change: object, said: str | None) -> None:
    if said is None:
        assert read(change) == Config()
        return
    with pytest.raises(ConfigError, match=said):
        read(change)


def test_nothing_is_the_default_without_an_end_of_the_rotations() -> None:
    assert read({}) == Config()
    assert Config().login == Login(method="QR", max_qr_rotations=None)
    assert Config().pacing == Pacing(messages_per_minute=60, burst=20)


def test_everything_is_read_and_written_as_it_was() -> None:
    config = read(WHOLE)
    assert config == Config(
        revision="r3",
        owner="uid",
        generation=3,
        operating_mode="Disconnected",
        phone_number="5491123456789",
        login=Login(method="PairingCode", max_qr_rotations=6),
        pacing=Pacing(messages_per_minute=20, burst=5),
        proxy=Proxy(server="http://proxy.example:3128", username="u", password="p"),
        webhooks=(
            Webhook(
                name="crm",
                url="https://crm.example/hook?token=1",
                events=("message.*",),
                format="Orchestrator",
                secrets=(SECRET,),
                headers=(("X-Own", "v"),),
            ),
        ),
    )
    assert config.to_json() == WHOLE


def test_no_secret_is_shown() -> None:
    shown = read(WHOLE).to_json(hide=True)
    assert shown["proxy"]["password"] == HIDDEN
    assert shown["webhooks"][0]["secrets"] == [HIDDEN]
    assert shown["webhooks"][0]["headers"] == {"X-Own": HIDDEN}


def test_a_webhook_without_a_name_has_one_of_its_place() -> None:
    config = read({"webhooks": [{"url": "https://a"}, {"url": "https://b"}]})
    assert [each.name for each in config.webhooks] == ["webhook-1", "webhook-2"]


def test_of_a_newer_operators_word_what_is_understood_counts() -> None:
    newer = {
        **WHOLE,
        "mood": "good",
        "login": {**WHOLE["login"], "passkey": True},
        "webhooks": [{**WHOLE["webhooks"][0], "retries": 3}],
    }
    with pytest.raises(ConfigError, match="mood"):
        read(newer)
    assert read(understood(newer)) == read(WHOLE)
    assert understood("no object") == "no object"
