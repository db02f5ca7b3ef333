"""A hub with two organizations in it, for tests: called over HTTP, without a network."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from argon2 import PasswordHasher
from sqlalchemy import select
from standardwebhooks import Webhook
from starlette.types import ASGIApp

from unit.hub.doubles import Clock, FakeBackend
from whatsapp_contracts.events import timestamp
from whatsapp_contracts.sessions import Account, QrCode, SessionView
from whatsapp_contracts.states import Reason, State
from whatsapp_hub import intake
from whatsapp_hub.backend.protocol import Seen
from whatsapp_hub.database.models import Session
from whatsapp_hub.security import api_keys, tokens
from whatsapp_hub.services import Services
from whatsapp_hub.store.directory import Directory
from whatsapp_hub.store.organization import Organization

PASSWORD = "right horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASH = QUICK.hash(PASSWORD)


@dataclass
class Org:
    """One organization: its administrator's token and a key with every scope."""

    id: int
    email: str
    key: str
    token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"X-API-Key": self.key}

    @property
    def both(self) -> dict[str, str]:
        return {"X-API-Key": self.key, "Authorization": f"Bearer {self.token}"}


class World:
    """The hub, its doubles, and who calls it."""

    def __init__(self, services: Services, backend: FakeBackend, clock: Clock, app: ASGIApp) -> None:
        self.services, self.backend, self.clock = services, backend, clock
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://hub")
        self.one: Org
        self.two: Org

    async def set_up(self) -> None:
        self.one = await self.organization("one")
        self.two = await self.organization("two")

    async def organization(self, name: str) -> Org:
        new, now = api_keys.make(), self.clock()
        async with self.services.database.begin() as transaction:
            tenant = await Directory(transaction).tenant_named(name, now)
            store = Organization(transaction, tenant.id)
            email = f"admin@{name}.example"
            user = await store.add_user(email=email, name="Admin", role="admin", password_hash=HASH, now=now)
            await store.add_key(new, name="first", scopes=list(api_keys.SCOPES), now=now)
        org = Org(id=tenant.id, email=email, key=new.text)
        who = tokens.Token(user_id=user.id, tenant_id=tenant.id)
        org.token = tokens.issue(who, self.services.secrets.token_key, now)
        return org

    async def login(self, email: str, password: str = PASSWORD) -> str:
        answer = await self.http.post("/api/auth/login", json={"identifier": email, "password": password})
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["data"]["accessToken"]
        return token

    async def create(self, session_id: str, org: Org | None = None, **fields: Any) -> dict[str, Any]:
        org = org or self.one
        answer = await self.http.post(
            "/api/sessions", json={"sessionId": session_id, **fields}, headers=org.headers
        )
        assert answer.status_code == 201, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    async def row(self, session_id: str, org: Org | None = None) -> Session:
        """The row as it is in the database now."""
        tenant_id = (org or self.one).id
        async with self.services.database.read() as transaction:
            asked = select(Session).where(Session.session_id == session_id, Session.tenant_id == tenant_id)
            return (await transaction.execute(asked)).scalar_one()

    async def show(
        self,
        session_id: str,
        state: State,
        reason: Reason | None = None,
        *,
        org: Org | None = None,
        **rest: Any,
    ) -> None:
        """The session is seen in a state, as its backend would tell it."""
        uid = (await self.row(session_id, org)).uid
        view = SessionView(state=state, reason=reason, **rest)
        await intake.take_in(self.services, Seen(uid=uid, view=view))

    async def show_qr(self, session_id: str, code: str = "1@qr", *, seconds: float = 20) -> None:
        expires = datetime.fromtimestamp(self.clock().timestamp() + seconds, UTC)
        await self.show(
            session_id, State.QR_REQUIRED, qr=QrCode(code=code, expires_at=timestamp(expires), attempt=1)
        )

    async def show_ready(self, session_id: str, phone: str = "5491100000001", org: Org | None = None) -> None:
        account = Account(phone=phone, whatsapp_user_id=f"{phone}:1@s.whatsapp.net")
        await self.show(session_id, State.READY, account=account, org=org)

    async def watched(self) -> None:
        """Waits until somebody waits for news of a session."""
        async with asyncio.timeout(30):
            while not self.services.live.watched:  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(0.005)

    async def callback(
        self,
        path: str,
        body: Any,
        *,
        uid: str | None = None,
        webhook_id: str = "evt_1",
        replaced: dict[str, str] | None = None,
    ) -> httpx.Response:
        """A signed call of the session pod, then some of its headers replaced."""
        if uid is None:
            uid = (await self.row(body["session_id"])).uid
        text = json.dumps(body)
        now = datetime.now(UTC)
        signature = Webhook(self.services.secrets.callback(uid)).sign(webhook_id, now, text)
        headers = {
            "content-type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
        return await self.http.post(path, content=text, headers=headers | (replaced or {}))
