from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.api import app
from whatsapp_session.api.gate import MAX_BODY, mismatch
from whatsapp_session.keys import Keys
from whatsapp_session.session import Session

ROUTES = [
    ("GET", "/status"),
    ("GET", "/qr-code"),
    ("POST", "/send"),
    ("POST", "/disconnect"),
    ("GET", "/account-info"),
    ("GET", "/session-manager/state"),
    ("GET", "/session-manager/qr"),
    ("GET", "/session-manager/status"),
    ("POST", "/session-manager/login"),
    ("POST", "/session-manager/logout"),
    ("GET", "/events"),
    ("GET", "/openapi.json"),
    ("GET", "/no-such-route"),
]
OPEN = ["/health", "/healthz", "/readyz"]


@pytest.fixture
async def guarded(session: Session, tmp_path: Path) -> httpx.AsyncClient:
    """The API with a key, called without one."""
    file = tmp_path / "api-keys"
    file.write_text("the-key\n")
    transport = httpx.ASGITransport(app.build(session, keys=Keys(file), cliente_id=51))
    return httpx.AsyncClient(transport=transport, base_url="http://session")


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "wrong"}, {"Authorization": "Bearer wrong"}], ids=str)
async def test_no_route_passes_without_the_key(
    guarded: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = await guarded.request(method, path, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["ok"] is False
    assert answer.json()["error"] == "unauthorized"
    assert "X-API-Key" in answer.json()["message"]


async def test_every_route_of_the_application_is_in_the_table_above(http: httpx.AsyncClient) -> None:
    paths = (await http.get("/openapi.json")).json()["paths"]
    have = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert have - {("GET", path) for path in OPEN} == set(ROUTES) - {
        ("GET", "/openapi.json"), ("GET", "/no-such-route"),
    }  # fmt: skip


@pytest.mark.parametrize("path", OPEN)
async def test_probes_need_no_key(guarded: httpx.AsyncClient, path: str) -> None:
    assert (await guarded.get(path)).status_code == 200


@pytest.mark.parametrize("headers", [{"X-API-Key": "the-key"}, {"Authorization": "Bearer the-key"}], ids=str)
async def test_the_key_passes_in_either_header(guarded: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert (await guarded.get("/status", headers=headers)).status_code == 200


@pytest.mark.parametrize(("method", "path"), [*ROUTES, *(("GET", path) for path in OPEN)])
async def test_another_clients_call_is_refused_on_every_route(
    http: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await http.request(method, path, params={"cliente_id": "52"})
    assert answer.status_code == 400
    assert answer.json() == {
        "ok": False,
        "error": "cliente_id_mismatch",
        "message": "This is the session of client 51, not of 52. Call that client's session.",
    }


@pytest.mark.parametrize(
    ("query", "want"),
    [
        ("", None),
        ("cliente_id=51", None),
        ("cliente_id=051", None),
        ("other=52", None),
        ("cliente_id=52", ErrorCode.CLIENTE_ID_MISMATCH),
        ("cliente_id=51&cliente_id=52", ErrorCode.CLIENTE_ID_MISMATCH),
        ("cliente_id=", ErrorCode.INVALID_REQUEST),
        ("cliente_id=abc", ErrorCode.INVALID_REQUEST),
        ("cliente_id=-51", ErrorCode.INVALID_REQUEST),
        ("cliente_id=" + "9" * 9999, ErrorCode.INVALID_REQUEST),
        ("cliente_id=%D9%A5%D9%A1", ErrorCode.INVALID_REQUEST),
    ],
)
def test_which_queries_are_for_client_51(query: str, want: ErrorCode | None) -> None:
    found = mismatch(query, 51)
    assert (found[0] if found else None) == want


async def test_a_body_beyond_the_bound_is_refused_and_not_kept(http: httpx.AsyncClient) -> None:
    answer = await http.post("/send", content=b"x" * (MAX_BODY + 1))
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert f"larger than {MAX_BODY} bytes" in answer.json()["message"]
