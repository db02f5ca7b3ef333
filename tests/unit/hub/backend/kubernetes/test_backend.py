"""The backend against an API server and a pod: what it writes, hears and answers, also when they are away."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web

from unit.hub.backend.kubernetes.api_server import ApiServer, session
from whatsapp_contracts import keys
from whatsapp_hub.backend.kubernetes import watch
from whatsapp_hub.backend.kubernetes.backend import Kubernetes
from whatsapp_hub.backend.protocol import BackendError, Call, Owner, Receiver, Refused, Seen, Wanted

MASTER = b"m" * 40
UID = "crm/cliente-1-abc"


class Pod:
    """A session's API: takes some keys, remembers what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[str] = []
        self.keys: set[str] = set()
        self.status = 200

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Pod]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield self
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        self.calls.append(f"{request.method} {request.path}")
        if request.headers.get("X-API-Key") not in self.keys:
            return web.json_response({"ok": False}, status=401)
        return web.json_response({"ok": True}, status=self.status)


class Follower:
    """Whoever follows the backend: the newest of every session."""

    def __init__(self, backend: Kubernetes) -> None:
        self.newest: dict[str, Seen] = {}
        self._changed = asyncio.Condition()
        self._backend = backend

    async def run(self) -> None:
        async for seen in self._backend.seen():
            async with self._changed:
                self.newest[seen.uid] = seen
                self._changed.notify_all()

    async def until(self, uid: str, is_so: Callable[[Seen], Any]) -> Seen:
        def found() -> bool:
            return uid in self.newest and bool(is_so(self.newest[uid]))

        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(found)
        return self.newest[uid]


def wanted(**fields: Any) -> Wanted:
    given: dict[str, Any] = {"uid": UID, "tenant": "acme", "session_id": "cliente_1", "cliente_id": 7}
    return Wanted(**(given | fields))


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(watch, "LONGEST_PAUSE", 0.05)


@pytest.fixture
async def server() -> AsyncIterator[ApiServer]:
    async with ApiServer().running() as running:
        yield running


@pytest.fixture
async def pod() -> AsyncIterator[Pod]:
    async with Pod().running() as running:
        yield running


@pytest.fixture
async def backend(server: ApiServer) -> AsyncIterator[Kubernetes]:
    made = Kubernetes(namespace="crm", namespaces=["crm"], master=MASTER, connect=server.client)
    yield made
    await made.stop()


@pytest.fixture
async def follower(backend: Kubernetes) -> AsyncIterator[Follower]:
    made = Follower(backend)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


REFUSALS = [(403, BackendError, "may not"), (422, Refused, "phoneNumber"), (500, BackendError, "Try again")]


@pytest.mark.parametrize(("status", "kind", "says"), REFUSALS)
async def test_what_the_api_server_refuses_is_said(
    server: ApiServer, backend: Kubernetes, status: int, kind: type[BackendError], says: str
) -> None:
    await backend.start([])
    for verb in ("apply", "delete", "get"):
        server.refuse[verb, "whatsappsessions"] = (status, "phoneNumber must be 7 to 15 digits")
    for asked in (backend.put(wanted()), backend.delete(wanted()), backend.look(UID)):
        with pytest.raises(kind, match=says):
            await asked


async def test_a_missing_right_for_secrets_is_named(server: ApiServer, backend: Kubernetes) -> None:
    await backend.start([])
    server.refuse["apply", "secrets"] = (403, "forbidden")
    receiver = Receiver(name="crm", url="https://crm.example", secret="whsec_x")
    with pytest.raises(BackendError, match="patch secrets in the namespace crm"):
        await backend.put(wanted(receivers=(receiver,)))


async def test_an_api_server_that_is_away_is_said_and_nothing_waits_for_ever(backend: Kubernetes) -> None:
    async with ApiServer().running() as gone:
        backend._connect = gone.client
    await backend.start([])
    for asked in (backend.put(wanted()), backend.delete(wanted()), backend.look(UID)):
        with pytest.raises(BackendError, match="nothing was changed"):
            await asked


async def test_nothing_is_asked_before_the_start(backend: Kubernetes) -> None:
    for asked in (
        backend.put(wanted()),
        backend.delete(wanted()),
        backend.call(UID, Call(method="GET", path="/")),
    ):
        with pytest.raises(BackendError):
            await asked


def test_a_tenant_whose_namespace_is_not_watched_gets_no_session(backend: Kubernetes) -> None:
    with pytest.raises(BackendError, match="HUB_NAMESPACES"):
        backend.uid(Owner(slug="acme", namespace="elsewhere"), "cliente_1")


def test_a_uid_is_in_the_tenant_s_namespace_else_in_the_hub_s_own(backend: Kubernetes) -> None:
    everywhere = Kubernetes(namespace="hub", namespaces=["*"], master=MASTER)
    assert everywhere.uid(Owner(slug="acme", namespace="acme-ns"), "a").startswith("acme-ns/a-")
    assert everywhere.uid(Owner(slug="acme"), "a").startswith("hub/a-")


def test_callbacks_are_believed_under_the_present_key_and_the_one_before(backend: Kubernetes) -> None:
    def secret(version: int) -> str:
        return keys.webhook_secret(MASTER, "crm", "cliente-1-abc", "hub", version=version)

    assert backend.callback_secrets(UID, 3) == (secret(3), secret(2))
    assert backend.callback_secrets(UID, 1) == (secret(1),)


async def test_put_twice_is_one_resource_as_it_is_wanted_last(server: ApiServer, backend: Kubernetes) -> None:
    await backend.start([])
    await backend.put(wanted(name="Ana", phone_number="5491123456789"))
    await backend.put(wanted(name="Ana"))
    assert server.objects["whatsappsessions", "crm", "cliente-1-abc"]["spec"] == {
        "clienteId": 7, "sessionId": "cliente_1", "displayName": "Ana", "operatingMode": "Connected",
    }  # fmt: skip
    assert server.called("apply", "secrets") == 0


async def test_what_others_wrote_in_a_resource_stays(server: ApiServer, backend: Kubernetes) -> None:
    foreign = {"name": "audit", "url": "https://audit.example", "secretRef": {"name": "theirs", "key": "s"}}
    await server.put(
        session("cliente-1-abc", storage={"size": "5Gi"}, pacing={"burst": 3}, webhooks=[foreign])
    )
    await backend.start([])
    mine = Receiver(name="crm", url="https://crm.example", secret="whsec_x", version=1)
    await backend.put(wanted(receivers=(mine,)))
    await backend.put(wanted())
    spec = server.objects["whatsappsessions", "crm", "cliente-1-abc"]["spec"]
    assert (spec["storage"], spec["pacing"], spec["webhooks"]) == ({"size": "5Gi"}, {"burst": 3}, [foreign])


async def test_receivers_are_signed_by_a_secret_that_goes_with_the_resource(
    server: ApiServer, backend: Kubernetes
) -> None:
    await backend.start([])
    receiver = Receiver(name="crm", url="https://crm.example", secret="whsec_x", version=2)
    await backend.put(wanted(receivers=(receiver,)))
    made = server.objects["secrets", "crm", "cliente-1-abc-receivers"]
    assert base64.b64decode(made["data"]["crm.2"]) == b"whsec_x"
    resource = server.objects["whatsappsessions", "crm", "cliente-1-abc"]
    assert made["metadata"]["ownerReferences"][0]["uid"] == resource["metadata"]["uid"]


async def test_deleting_what_is_gone_is_no_error(server: ApiServer, backend: Kubernetes) -> None:
    await backend.start([])
    await backend.put(wanted())
    await backend.delete(wanted())
    await backend.delete(wanted())
    assert not server.objects


async def test_a_look_says_what_is_now(server: ApiServer, backend: Kubernetes) -> None:
    await backend.start([])
    assert await backend.look(UID) is None
    await backend.put(wanted(name="Ana"))
    seen = await backend.look(UID)
    assert seen
    assert seen.declared
    assert (seen.declared.name, seen.declared.tenant) == ("Ana", "acme")


async def test_a_resource_made_by_kubectl_is_told_and_its_end_too(
    server: ApiServer, backend: Kubernetes, follower: Follower
) -> None:
    await backend.start([])
    await server.put(session("hand-made", clienteId=51, sessionId="Caja 1"))
    seen = await follower.until("crm/hand-made", lambda seen: seen.declared)
    assert seen.declared
    assert (seen.declared.session_id, seen.declared.cliente_id) == ("Caja 1", 51)
    await server.delete("crm", "hand-made")
    await follower.until("crm/hand-made", lambda seen: seen.gone)


async def test_after_a_day_away_all_that_changed_is_told_and_what_vanished_as_gone(
    server: ApiServer, backend: Kubernetes, follower: Follower
) -> None:
    await server.put(session("kept", status={"state": "READY"}))
    await server.put(session("new"))
    rows = [wanted(uid="crm/kept"), wanted(uid="crm/vanished")]
    await backend.start(rows)
    await follower.until("crm/vanished", lambda seen: seen.gone)
    await follower.until("crm/new", lambda seen: seen.declared)
    ready = await follower.until("crm/kept", lambda seen: seen.view)
    assert ready.view
    assert ready.view.state == "READY"


async def test_what_vanished_while_a_watch_was_broken_is_gone_after_it(
    server: ApiServer, backend: Kubernetes, follower: Follower
) -> None:
    await backend.start([])
    await backend.put(wanted())
    await follower.until(UID, lambda seen: seen.declared)
    server.refuse["list", "whatsappsessions"] = server.refuse["watch", "whatsappsessions"] = (500, "no")
    await server.drop()
    await server.until_called("list", 3)
    await server.delete("crm", "cliente-1-abc")
    server.forget_events()
    server.refuse.clear()
    await follower.until(UID, lambda seen: seen.gone)


async def test_started_again_everything_is_told_anew(
    server: ApiServer, backend: Kubernetes, follower: Follower
) -> None:
    await server.put(session("a"))
    await backend.start([])
    await follower.until("crm/a", lambda seen: True)
    follower.newest.clear()
    await backend.start([wanted(uid="crm/a"), wanted(uid="crm/lost")])
    await follower.until("crm/a", lambda seen: seen.declared)
    await follower.until("crm/lost", lambda seen: seen.gone)
    assert server.called("list") == 1


CONDITIONS = {"ready": {"type": "PodReady", "status": "True"}, "bad": {"type": "Stalled", "status": "True",
              "reason": "PodFailed", "message": "Repair."}}  # fmt: skip


async def known(server: ApiServer, backend: Kubernetes, follower: Follower, pod: Pod, **fields: Any) -> None:
    """The resource is there, with this status, and the backend knows."""
    conditions = [CONDITIONS[each] for each in fields.pop("conditions", ["ready"])]
    status = {"state": "READY", "endpoint": pod.url, "message": "now", "conditions": conditions} | fields
    await server.put(session("cliente-1-abc", status=status))
    await backend.start([])
    await follower.until(UID, lambda seen: seen.view)


def key(version: int) -> str:
    return keys.derive(MASTER, "crm", "cliente-1-abc", version=version)


async def test_a_call_to_a_session_that_nobody_knows_or_that_has_no_pod_is_refused(
    server: ApiServer, backend: Kubernetes, follower: Follower, pod: Pod
) -> None:
    await known(server, backend, follower, pod, endpoint="")
    for uid in (UID, "crm/unknown"):
        with pytest.raises(BackendError, match="not running"):
            await backend.call(uid, Call(method="GET", path="/status"))


async def test_a_call_goes_to_the_pod_with_the_derived_key_also_while_the_api_server_is_away(
    server: ApiServer, backend: Kubernetes, follower: Follower, pod: Pod
) -> None:
    pod.keys = {key(1)}
    await known(server, backend, follower, pod)
    for verb in ("get", "list", "watch", "apply"):
        server.refuse[verb, "whatsappsessions"] = (500, "no")
    await server.drop()
    answer = await backend.call(UID, Call(method="GET", path="/chats"))
    assert (answer.status, pod.calls) == (200, ["GET /chats"])


async def test_while_the_key_is_rotated_the_one_before_is_tried(
    server: ApiServer, backend: Kubernetes, follower: Follower, pod: Pod
) -> None:
    pod.keys = {key(1)}
    await known(server, backend, follower, pod)
    await server.put(
        session("cliente-1-abc", keyVersion=2, status={"endpoint": pod.url, "keys": {"version": 1}})
    )
    await follower.until(UID, lambda seen: seen.declared and seen.declared.key_version == 2)
    assert (await backend.call(UID, Call(method="GET", path="/chats"))).status == 200
    assert len(pod.calls) == 2


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({"state": "READY"}, 0),
        ({"state": "INIT"}, 0),
        ({"state": "QR_REQUIRED"}, 0),
        ({"state": "DISCONNECTED", "conditions": []}, 0),
        ({"state": "DISCONNECTED"}, 1),
        ({"state": "DISCONNECTED", "conditions": ["ready", "bad"]}, 1),
    ],
)
async def test_login_is_asked_for_where_it_has_ended_only(
    server: ApiServer, backend: Kubernetes, follower: Follower, pod: Pod, fields: dict[str, Any], asked: int
) -> None:
    pod.keys = {key(1)}
    await known(server, backend, follower, pod, **fields)
    await backend.put(wanted())
    await backend.login(UID)
    assert pod.calls == ["POST /session-manager/login"] * asked
    assert server.called("patch") == 0


async def test_a_login_where_no_pod_can_run_asks_for_a_new_one(
    server: ApiServer, backend: Kubernetes, follower: Follower, pod: Pod
) -> None:
    await known(server, backend, follower, pod, state="DISCONNECTED", conditions=["bad"])
    await backend.login(UID)
    resource = server.objects["whatsappsessions", "crm", "cliente-1-abc"]
    assert resource["metadata"]["annotations"]["whatsapp.leadmaster.dev/restartedAt"]
    assert pod.calls == []


async def test_a_session_that_is_opened_or_made_again_logs_in_by_itself(
    server: ApiServer, backend: Kubernetes, follower: Follower, pod: Pod
) -> None:
    pod.keys = {key(1)}
    await known(server, backend, follower, pod, state="DISCONNECTED")
    await backend.put(wanted(operating_mode="Disconnected"))
    await follower.until(UID, lambda seen: seen.declared and seen.declared.operating_mode == "Disconnected")
    await backend.put(wanted())
    await backend.login(UID)
    assert pod.calls == []
    await server.delete("crm", "cliente-1-abc")
    await follower.until(UID, lambda seen: seen.gone)
    await backend.put(wanted())
    await backend.login(UID)
    assert pod.calls == []


@pytest.mark.parametrize(("status", "says"), [(401, "key"), (500, "answered 500")])
async def test_a_login_that_the_pod_refuses_is_said(
    server: ApiServer, backend: Kubernetes, follower: Follower, pod: Pod, status: int, says: str
) -> None:
    pod.keys, pod.status = ({key(1)} if status != 401 else set()), status
    await known(server, backend, follower, pod, state="DISCONNECTED")
    with pytest.raises(BackendError, match=says):
        await backend.login(UID)
