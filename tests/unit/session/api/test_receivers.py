from __future__ import annotations

import httpx
import pytest

from unit.session.api.doubles import FakeWebhooks

CALLS = [
    ("GET", "/dead-letters"),
    ("POST", "/dead-letters/retry"),
    ("POST", "/dead-letters/7/retry"),
    ("DELETE", "/dead-letters"),
    ("DELETE", "/dead-letters/7"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
async def test_an_unknown_webhook_is_404(http: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await http.request(method, f"/webhooks/other{path}")
    assert (answer.status_code, answer.json()["error"]) == (404, "webhook_not_found")


@pytest.mark.parametrize(("method", "path"), [("POST", "/8/retry"), ("DELETE", "/8")])
async def test_an_unknown_dead_letter_is_404(http: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await http.request(method, f"/webhooks/crm/dead-letters{path}")
    assert (answer.status_code, answer.json()["error"]) == (404, "dead_letter_not_found")


async def test_webhooks_are_listed(http: httpx.AsyncClient, webhooks: FakeWebhooks) -> None:
    assert (await http.get("/webhooks")).json() == {"ok": True, "webhooks": await webhooks.status()}


async def test_dead_letters_are_listed_in_pages(http: httpx.AsyncClient) -> None:
    first = (await http.get("/webhooks/crm/dead-letters?limit=1")).json()
    assert ([letter["seq"] for letter in first["deadLetters"]], first["next"]) == ([7], "7")
    second = (await http.get("/webhooks/crm/dead-letters?limit=1&after=7")).json()
    assert second == {"ok": True, "deadLetters": [], "next": None}


async def test_one_or_all_are_sent_again_or_discarded(
    http: httpx.AsyncClient, webhooks: FakeWebhooks
) -> None:
    base = "/webhooks/crm/dead-letters"
    assert (await http.post(f"{base}/7/retry")).json() == {"ok": True, "retried": 1}
    assert (await http.post(f"{base}/retry")).json() == {"ok": True, "retried": 1}
    assert (await http.delete(f"{base}/7")).json() == {"ok": True, "discarded": 1}
    assert (await http.delete(base)).json() == {"ok": True, "discarded": 1}
    assert webhooks.did == [
        ("retry", "crm", 7), ("retry", "crm", None), ("discard", "crm", 7), ("discard", "crm", None),
    ]  # fmt: skip
