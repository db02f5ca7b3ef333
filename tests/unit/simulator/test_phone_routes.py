"""The control API: bad input is refused in one shape; a phone's life by HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from whatsapp_simulator.pictures import draw_qr

ANA, BEA = "5491100000001", "5491100000002"

BAD = {
    "a number that is none": ("POST", "/phones/ana", None, 400, "invalid_number"),
    "an unknown platform": ("POST", f"/phones/{ANA}", {"platform": "nokia"}, 400, "invalid_request"),
    "a misspelt setting": ("POST", f"/phones/{ANA}", {"autoread": True}, 400, "invalid_request"),
    "an unknown phone": ("GET", f"/phones/{ANA}", None, 404, "unknown_phone"),
    "messages of an unknown phone": ("GET", f"/phones/{ANA}/messages", None, 404, "unknown_phone"),
    "reading on an unknown phone": ("POST", f"/phones/{ANA}/read", {"chat": BEA}, 404, "unknown_phone"),
    "unlinking an unknown phone": ("POST", f"/phones/{ANA}/unlink", None, 404, "unknown_phone"),
    "a scan without a code": ("POST", f"/phones/{ANA}/scan", {"qr": "2@"}, 400, "invalid_request"),
    "a scan of something else": ("POST", f"/phones/{ANA}/scan", {"code": "hello"}, 400, "not_a_whatsapp_qr"),
    "a message to nobody": ("POST", f"/phones/{ANA}/send", {"to": BEA, "text": "x"}, 404, "not_on_whatsapp"),
    "a message without a text": ("POST", f"/phones/{ANA}/send", {"to": BEA}, 400, "invalid_text"),
    "an empty message": ("POST", f"/phones/{ANA}/send", {"to": BEA, "text": ""}, 400, "invalid_text"),
    "a path that is not served": ("GET", "/nothing", None, 404, "not_found"),
    "a method that is not served": ("DELETE", "/phones", None, 405, "method_not_allowed"),
}


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), BAD.values(), ids=BAD)
async def test_bad_input_is_refused_with_a_code_and_a_message(
    http: httpx.AsyncClient, method: str, path: str, body: Any, status: int, code: str
) -> None:
    answer = await http.request(method, path, json=body)
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert set(answer.json()) == {"error", "message"}


async def test_a_picture_without_a_code_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post(f"/phones/{ANA}/scan", content=b"x", headers={"content-type": "image/png"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_picture")


async def test_a_picture_of_a_foreign_code_is_read_and_refused(http: httpx.AsyncClient) -> None:
    picture = draw_qr("https://example.org")
    answer = await http.post(f"/phones/{ANA}/scan", content=picture, headers={"content-type": "image/png"})
    assert answer.json()["error"] == "not_a_whatsapp_qr"


async def test_a_body_that_is_no_utf8_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        f"/phones/{ANA}/scan", content=b"\xff\xfe", headers={"content-type": "application/json"}
    )
    assert answer.json()["error"] == "invalid_request"


async def test_creating_a_phone_again_changes_only_what_is_given(http: httpx.AsyncClient) -> None:
    made = (await http.post(f"/phones/{ANA}", json={"name": "Ana", "platform": "iphone"})).json()
    assert (made["name"], made["platform"], made["autoRead"], made["devices"]) == ("Ana", "iphone", True, [])
    again = (await http.post(f"/phones/+{ANA}", json={"autoRead": False})).json()
    assert again == {**made, "autoRead": False}
    assert (await http.get("/phones")).json() == [again]


async def test_sending_makes_the_sending_phone(http: httpx.AsyncClient) -> None:
    await http.post(f"/phones/{BEA}", json={"autoRead": False})
    sent = (await http.post(f"/phones/{ANA}/send", json={"to": f"+{BEA}", "text": "hello"})).json()
    assert (sent["from"], sent["to"], sent["fromMe"], sent["type"], sent["ack"]) == (
        ANA,
        BEA,
        True,
        "text",
        2,
    )
    (received,) = (await http.get(f"/phones/{BEA}/messages", params={"chat": ANA})).json()
    assert (received["id"], received["fromMe"], received["ack"]) == (sent["id"], False, 2)
    assert (await http.post(f"/phones/{BEA}/read", json={"chat": ANA})).json() == {"read": 1}
    (read,) = (await http.get(f"/phones/{ANA}/messages")).json()
    assert read["ack"] == 3


async def test_every_call_is_in_the_openapi_document_and_says_what_it_does(http: httpx.AsyncClient) -> None:
    paths = (await http.get("/openapi.json")).json()["paths"]
    assert set(paths) >= {
        "/phones", "/phones/{number}", "/phones/{number}/scan", "/phones/{number}/send",
        "/phones/{number}/react", "/phones/{number}/faults", "/groups/{group_id}/members", "/ledger",
        "/network", "/connections", "/healthz",
    }  # fmt: skip
    undescribed = [
        path for path, calls in paths.items() if not all("description" in c for c in calls.values())
    ]
    assert undescribed == []
    assert set(paths["/phones/{number}/scan"]["post"]["requestBody"]["content"]) == {
        "application/json",
        "image/png",
    }


async def test_the_process_is_healthy(http: httpx.AsyncClient) -> None:
    assert (await http.get("/healthz")).json() == {"status": "ok"}
