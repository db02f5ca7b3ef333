"""The hub as a process beside a stand-in for an API server: away for a day, API server away, two replicas."""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from integration.hub.hub_process import HubProcess
from integration.session.processes import eventually
from unit.hub.backend.kubernetes.api_server import ApiServer, session

pytestmark = pytest.mark.integration

NO_WHATSAPP = "http://127.0.0.1:9"


@pytest.fixture
async def server() -> AsyncIterator[ApiServer]:
    async with ApiServer().running() as running:
        yield running


class Hubs:
    """Replicas of one hub: one master key, one kubeconfig."""

    def __init__(self, folder: Path, server: ApiServer, **settings: str) -> None:
        self._folder = folder
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(json.dumps(_kubeconfig(server.url)))
        (folder / "master-key").write_text("m" * 48)
        self._settings = {
            "HUB_BACKEND": "kubernetes",
            "HUB_NAMESPACE": "crm",
            "KUBECONFIG": str(kubeconfig),
            "MASTER_KEY_FILE": str(folder / "master-key"),
            **settings,
        }
        self._made: list[HubProcess] = []

    async def one(self, name: str = "a") -> HubProcess:
        """A replica that serves; the first one makes the administrator."""
        hub = HubProcess(self._folder / name, NO_WHATSAPP, **self._settings)
        if self._made:
            hub.key = self._made[0].key
        else:
            await hub.create_admin()
        self._made.append(hub)
        await hub.start()
        return hub

    async def end(self) -> None:
        for hub in self._made:
            await hub.end()
            await hub.http.aclose()


@contextlib.asynccontextmanager
async def hubs(folder: Path, server: ApiServer, **settings: str) -> AsyncIterator[Hubs]:
    made = Hubs(folder, server, **settings)
    try:
        yield made
    finally:
        await made.end()


async def sessions(hub: HubProcess) -> dict[str, dict[str, Any]]:
    listed = (await hub.data("GET", "/api/sessions"))["sessions"]
    return {each["sessionId"]: each for each in listed}


async def shows(hub: HubProcess, session_id: str, **fields: Any) -> None:
    """Waits until the API shows the session so."""

    async def so() -> bool:
        found = (await sessions(hub)).get(session_id, {})
        return all(found.get(name) == value for name, value in fields.items()) and bool(found)

    await eventually(so, f"{session_id} with {fields}")


async def test_without_its_master_key_it_does_not_start_and_makes_none(
    tmp_path: Path, server: ApiServer
) -> None:
    hub = HubProcess(
        tmp_path, NO_WHATSAPP, HUB_BACKEND="kubernetes", HUB_NAMESPACE="crm",
        MASTER_KEY_FILE=str(tmp_path / "none"),
    )  # fmt: skip
    with pytest.raises(AssertionError, match="whatsapp-hub-master"):
        await hub.start()
    assert await hub.end() == 2
    assert not (tmp_path / "none").exists()
    await hub.http.aclose()


async def test_what_kubectl_and_the_hub_write_is_seen_by_both(tmp_path: Path, server: ApiServer) -> None:
    async with hubs(tmp_path, server) as made:
        hub = await made.one()
        await server.put(session("hand-made", clienteId=51, displayName="Caja"))
        await shows(hub, "hand-made", name="Caja", clienteId=51, status="pending")
        await hub.data("POST", "/api/sessions", {"sessionId": "cliente_7", "name": "Ana"}, 201)
        (written,) = (each for (_, _, name), each in server.objects.items() if name.startswith("cliente-7-"))
        assert (written["spec"]["sessionId"], written["spec"]["displayName"]) == ("cliente_7", "Ana")
        assert written["metadata"]["labels"]["whatsapp.leadmaster.dev/tenant"] == "crm"
        name = written["metadata"]["name"]
        await server.status("crm", name, state="READY", phone="5491100000001")
        await shows(hub, "cliente_7", status="connected", phoneNumber="5491100000001")
        await server.delete("crm", name)
        await shows(hub, "cliente_7", status="disconnected", phoneNumber=None)


async def test_after_a_day_away_rows_are_as_the_resources_are_and_nothing_is_written(
    tmp_path: Path, server: ApiServer
) -> None:
    for name in ("kept", "changed", "deleted"):
        await server.put(session(name))
    async with hubs(tmp_path, server) as made:
        hub = await made.one()
        for name in ("kept", "changed", "deleted"):
            await shows(hub, name, status="pending")
        await hub.end()
        await server.delete("crm", "deleted")
        await server.put(session("changed", displayName="Otra", operatingMode="Suspended"))
        await server.put(session("new"))
        await server.status("crm", "kept", state="READY", phone="5491100000001")
        await hub.start()
        await shows(hub, "deleted", status="disconnected")
        await shows(hub, "changed", status="disconnected", name="Otra", operatingMode="Suspended")
        await shows(hub, "new", status="pending")
        await shows(hub, "kept", status="connected")
        assert {server.called(verb) for verb in ("apply", "patch", "delete")} == {0}


async def test_while_the_api_server_is_away_reading_works_and_writing_says_so(
    tmp_path: Path, server: ApiServer
) -> None:
    async with hubs(tmp_path, server) as made:
        hub = await made.one()
        await server.put(session("a", status={"state": "READY"}))
        await shows(hub, "a", status="connected")
        for verb in ("get", "list", "watch", "apply", "delete"):
            server.refuse[verb, "whatsappsessions"] = (503, "away")
        await server.drop()
        assert (await hub.data("GET", "/api/sessions/a/status"))["status"] == "connected"
        for method, path, body in (
            ("POST", "/api/sessions", {"sessionId": "b"}),
            ("POST", "/api/sessions/a/disconnect", None),
            ("DELETE", "/api/whatsapp_sessions/a", None),
        ):
            answer = await hub.call(method, path, body)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            assert "Kubernetes does not answer now, and nothing was changed" in answer.json()["message"]
        assert list(await sessions(hub)) == ["a"]
        server.refuse.clear()
        await hub.data("POST", "/api/sessions", {"sessionId": "b"}, 201)
        await server.status("crm", "a", state="DISCONNECTED", reason="Banned")
        await shows(hub, "a", status="error")


async def test_a_right_that_the_hub_lacks_is_named_to_whoever_asks(tmp_path: Path, server: ApiServer) -> None:
    async with hubs(tmp_path, server) as made:
        hub = await made.one()
        server.refuse["apply", "whatsappsessions"] = (403, "forbidden")
        answer = await hub.call("POST", "/api/sessions", {"sessionId": "b"})
        assert answer.status_code == 503
        assert "may not patch whatsappsessions in the namespace crm" in answer.json()["message"]


async def test_what_the_schema_refuses_is_the_caller_s_to_mend(tmp_path: Path, server: ApiServer) -> None:
    async with hubs(tmp_path, server) as made:
        hub = await made.one()
        server.refuse["apply", "whatsappsessions"] = (422, "spec.description: too long")
        answer = await hub.call("POST", "/api/sessions", {"sessionId": "b"})
        assert (answer.status_code, answer.json()["message"]) == (
            400, "Kubernetes refused the session: spec.description: too long",
        )  # fmt: skip
        assert await sessions(hub) == {}


async def test_of_two_replicas_both_serve_and_one_takes_over_when_the_other_is_killed(
    tmp_path: Path, server: ApiServer, database_url: str
) -> None:
    async with hubs(tmp_path, server, DATABASE_URL=database_url) as made:
        first = await made.one("a")
        await eventually(lambda: _said(first, "this replica leads"), "the first leads")
        second = await made.one("b")
        await server.put(session("seen-by-the-first"))
        for hub in (first, second):
            await shows(hub, "seen-by-the-first", status="pending")
        await second.data("POST", "/api/sessions", {"sessionId": "made-by-the-second"}, 201)
        await shows(first, "made-by-the-second", status="pending")
        assert not await _said(second, "this replica leads")
        await first.end(signal.SIGKILL)
        await server.put(session("seen-by-the-second"))
        await server.delete("crm", "seen-by-the-first")
        await shows(second, "seen-by-the-second", status="pending")
        await shows(second, "seen-by-the-first", status="disconnected")


async def _said(hub: HubProcess, text: str) -> bool:
    return any(text in line for line in hub.log)


def _kubeconfig(url: str) -> dict[str, Any]:
    named = {"name": "test"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [named | {"cluster": {"server": url}}],
        "users": [named | {"user": {"token": "t"}}],
        "contexts": [named | {"context": {"cluster": "test", "user": "test"}}],
    }
