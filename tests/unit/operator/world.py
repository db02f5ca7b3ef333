"""One session's cluster: an API server in memory, a fake ear and a fake mouth, for the reconciler's tests."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from unit.operator.builders import DEFAULTS, NOW, UID
from unit.operator.fake_client import FakeClient
from whatsapp_contracts.sessions import SessionView
from whatsapp_operator.apply import Applier
from whatsapp_operator.caches import CLAIMS, PODS, SESSIONS, Caches
from whatsapp_operator.client import path
from whatsapp_operator.configurator import Configurator
from whatsapp_operator.hub import Hub
from whatsapp_operator.names import LABEL_SESSION
from whatsapp_operator.observed import Heard, Told
from whatsapp_operator.reconciler import Reconciler
from whatsapp_operator.recorder import Recorder
from whatsapp_operator.rivals import Rivals
from whatsapp_operator.statuswriter import StatusWriter
from whatsapp_operator.teller import Order

KEY = ("crm", "demo")
WHERE = path(SESSIONS, "crm", "demo")
POD = path(PODS, "crm", "whatsapp-demo")
SECRET = path("secrets", "crm", "whatsapp-demo")
CLAIM = path(CLAIMS, "crm", "whatsapp-demo")


class Ear:
    """What `Streams` is to the reconciler."""

    def __init__(self) -> None:
        self.said = Heard()
        self.followed: list[str] = []
        self.nudges = 0
        self.api_keys: tuple[str, ...] = ()

    def follow(self, key: object, pod_uid: str, ip: str, api_keys: tuple[str, ...]) -> None:
        self.followed.append(pod_uid)
        self.api_keys = api_keys

    def leave(self, key: object) -> None:
        self.followed.append("")

    def nudge(self, key: object) -> None:
        self.nudges += 1

    def heard(self, key: object, pod_uid: str) -> Heard:
        return self.said


class Mouth:
    """What `Teller` is to the reconciler."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.settled = 0
        self.says: Told | None = None

    def tell(self, key: object, order: Order) -> None:
        self.orders.append(order)

    def heard(self, key: object) -> None:
        self.settled += 1

    def leave(self, key: object) -> None:
        self.says = None

    def told(self, key: object, pod_uid: str) -> Told | None:
        return self.says


class World:
    """The cluster with one session, and the operator's reconciler over it."""

    def __init__(self, hub: Hub | None = None) -> None:
        self.client = FakeClient()
        self.time = NOW
        self.hub = hub
        self.start()
        self.apply_session()

    def start(self) -> None:
        """An operator starts: nothing is remembered, the watches list what exists."""
        self.caches, self.ear = Caches(), Ear()
        recorder = Recorder(self.client, now=self.now)  # type: ignore[arg-type]
        applier = Applier(self.client, self.caches, recorder, now=self.now)  # type: ignore[arg-type]
        self.mouth, self.rivals = Mouth(), Rivals()
        self.reconciler = Reconciler(
            caches=self.caches,
            streams=self.ear,  # type: ignore[arg-type]
            writer=StatusWriter(self.client, self.caches, recorder, now=self.now),  # type: ignore[arg-type]
            applier=applier,
            configurator=Configurator(
                client=self.client,  # type: ignore[arg-type]
                applier=applier,
                teller=self.mouth,  # type: ignore[arg-type]
                defaults=DEFAULTS,
                master=b"m" * 32,
                hub=self.hub,
            ),
            defaults=DEFAULTS,
            rivals=self.rivals,
            now=self.now,
        )
        for resource in (SESSIONS, PODS, CLAIMS):
            for where, body in self.client.objects.items():
                if f"/{resource}/" in where:
                    self.caches.event(resource, None, body)

    def now(self) -> datetime:
        return self.time

    def apply_session(self, uid: str = UID, **spec: Any) -> None:
        known = self.client.objects.get(WHERE, {"metadata": {"generation": 0}})
        generation = known["metadata"]["generation"] + 1
        metadata = {"name": "demo", "namespace": "crm", "uid": uid, "creationTimestamp": "t"}
        body = known | {
            "metadata": metadata | {"generation": generation},
            "spec": {"clienteId": 51} | spec,
        }
        self.caches.event(SESSIONS, "MODIFIED", self.client._store(WHERE, body))

    def annotate(self, **annotations: str) -> None:
        body = self.client.objects[WHERE]
        named = {f"whatsapp.leadmaster.dev/{name}": value for name, value in annotations.items()}
        body["metadata"]["annotations"] = named
        self.caches.event(SESSIONS, "MODIFIED", self.client._store(WHERE, body))

    def run_pod(self, view: SessionView | None, *, ready: bool = True) -> None:
        """The kubelet's part."""
        body = self.client.objects[POD]
        body["status"] = {
            "phase": "Running",
            "podIP": "10.0.0.7",
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [{"state": {"running": {"startedAt": "2026-11-21T11:00:00Z"}}}],
        }
        self.caches.event(PODS, "MODIFIED", self.client._store(POD, body))
        if view is not None:
            view = replace(view, config_revision=self.document()["revision"])
        self.ear.said = Heard(
            view=view,
            live=view is not None,
            silent_since=None if view else self.time,
            tells_config=view is not None,
        )

    def entry(self, name: str) -> str:
        """An entry of the session's Secret."""
        return base64.b64decode(self.client.objects[SECRET]["data"][name]).decode()

    def document(self) -> dict[str, Any]:
        """What the session's next start is told."""
        found: dict[str, Any] = json.loads(self.entry("config.json"))
        return found

    def say(self, revision: str) -> None:
        """The pod says that it has this configuration."""
        assert self.ear.said.view is not None
        self.ear.said = replace(self.ear.said, view=replace(self.ear.said.view, config_revision=revision))

    def hold_secret(self, name: str, labels: dict[str, str] | None = None, **entries: str) -> None:
        """Somebody makes or changes a Secret."""
        data = {key: base64.b64encode(text.encode()).decode() for key, text in entries.items()}
        facts = {"name": name, "labels": {LABEL_SESSION: "demo"} if labels is None else labels}
        self.client._store(path("secrets", "crm", name), {"metadata": facts, "data": data})

    def condition(self, kind: str) -> dict[str, Any]:
        found: dict[str, Any] = next(
            each for each in self.client.objects[WHERE]["status"]["conditions"] if each["type"] == kind
        )
        return found

    def end_pod(self) -> None:
        body = self.client.objects.pop(POD)
        self.caches.event(PODS, "DELETED", body)
        self.ear.said = Heard()

    async def look(self) -> dict[str, Any]:
        await self.reconciler.session(KEY)
        status: dict[str, Any] = self.client.objects[WHERE].get("status", {})
        return status

    def ready(self) -> tuple[str, str]:
        found = self.client.objects[WHERE]["status"]["conditions"][0]
        return found["status"], found["reason"]
