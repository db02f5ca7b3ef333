"""A session that answers contract A's shapes, and a person in front of the dashboard."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

from unit.hub.world import HASH, Org, World
from whatsapp_contracts.callbacks import MESSAGE_RECEIVED
from whatsapp_hub.backend.protocol import Answer, Call
from whatsapp_hub.dashboard.visitor import COOKIE
from whatsapp_hub.security import tokens
from whatsapp_hub.store.organization import Organization

ANA, TEAM = "5491123456789@c.us", "120363041234567890@g.us"
NOON = "2026-01-01T12:00:00.000Z"


def message(id: str, **fields: Any) -> dict[str, Any]:
    """A message of Ana's, or what `fields` make of it."""
    return {
        "messageId": f"false_{ANA}_{id}",
        "chatId": ANA,
        "from": "5491123456789",
        "to": "5491100000001",
        "fromMe": False,
        "type": "text",
        "text": f"text of {id}",
        "timestamp": NOON,
        "ack": 0,
    } | fields


class Pod:
    """Answers calls; what it was told is in `calls`. `refusing`: error code, message and status of sends."""

    def __init__(self) -> None:
        self.chats: list[dict[str, Any]] = [
            {"id": ANA, "name": "Ana", "group": False, "unread": 2, "lastMessageAt": NOON},
            {"id": TEAM, "name": "Team", "group": True, "unread": 0, "lastMessageAt": NOON},
        ]
        self.messages: dict[str, list[dict[str, Any]]] = {ANA: [message("A")], TEAM: []}
        self.events: list[dict[str, Any]] = []
        self.files: dict[str, tuple[str, bytes]] = {}
        self.webhooks: list[dict[str, Any]] = []
        self.letters: list[dict[str, Any]] = []
        self.calls: list[Call] = []
        self.refusing: tuple[str, str, int] | None = None
        self.following: str | None = None

    def __call__(self, call: Call) -> Answer:
        self.calls.append(call)
        url = urlsplit(call.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        parts = [unquote(part) for part in url.path.strip("/").split("/")]
        return self.answer(call, parts, asked)

    def answer(self, call: Call, parts: list[str], asked: dict[str, str]) -> Answer:
        match call.method, *parts:
            case "GET", "chats":
                return ok(chats=self.chats, next=self.following)
            case "GET", "chats", chat_id, "messages":
                found = self.messages.get(chat_id)
                if found is None:
                    return refusal("chat_not_found", "There is no such chat.", 404)
                return ok(messages=list(reversed(found)), next=self.following)
            case "GET", "events":
                last = len(self.events)
                after = int(asked.get("after", last))
                told = [each for each in self.events[after:] if each["type"].startswith("message.")]
                return ok(events=told, next=last)
            case "GET", "media", id if id in self.files:
                kind, content = self.files[id]
                headers = {"content-type": kind, "content-disposition": 'attachment; filename="a"'}
                return Answer(status=200, headers=headers, body=content)
            case "POST", "messages":
                if self.refusing:
                    return refusal(*self.refusing)
                return ok(messageId=f"true_{ANA}_S{len(self.calls)}", id=None, state="sent")
            case "POST", "chats", _, "read":
                return ok()
            case "GET", "webhooks":
                return ok(webhooks=self.webhooks)
            case "GET", "webhooks", _, "dead-letters":
                return ok(deadLetters=self.letters, next=None)
            case "POST", "webhooks", _, "dead-letters", *rest:
                return ok(retried=self._take(rest[0] if len(rest) > 1 else None))
            case "DELETE", "webhooks", _, "dead-letters", *rest:
                return ok(discarded=self._take(rest[0] if rest else None))
        return refusal("not_found", "There is no such thing.", 404)

    def _take(self, seq: str | None) -> int:
        before = len(self.letters)
        self.letters = [each for each in self.letters if seq is not None and str(each["seq"]) != seq]
        return before - len(self.letters)

    def tell(self, type: str, data: dict[str, Any]) -> None:
        """Something happened."""
        self.events.append({"seq": len(self.events) + 1, "type": type, "data": data})

    def sent(self) -> list[Call]:
        """The messages that it was to send."""
        return [call for call in self.calls if (call.method, call.path) == ("POST", "/messages")]


def ok(**body: Any) -> Answer:
    return Answer(status=200, headers={}, body=json.dumps({"ok": True, **body}).encode())


def refusal(error: str, text: str, status: int) -> Answer:
    body = {"ok": False, "error": error, "message": text}
    return Answer(status=status, headers={}, body=json.dumps(body).encode())


class Person:
    """Somebody who is logged in to the dashboard."""

    def __init__(self, world: World, token: str, language: str = "en") -> None:
        self.world = world
        self.csrf = world.services.secrets.digest(f"csrf {token}")
        self.headers = {
            "Cookie": f"{COOKIE}={token}; language={language}",
            "Accept": "text/html",
        }

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.world.http.get(path, headers=self.headers | headers)

    async def post(self, path: str, data: Any = None, files: Any = None, **headers: str) -> httpx.Response:
        """A form of ours, with its token."""
        return await self.world.http.post(
            path, data={"csrf": self.csrf} | (data or {}), files=files, headers=self.headers | headers
        )


async def person(world: World, role: str = "admin", org: Org | None = None) -> Person:
    """Somebody of this role, who has just logged in."""
    org, now = org or world.one, world.clock()
    async with world.services.database.begin() as transaction:
        user = await Organization(transaction, org.id).add_user(
            email=f"{uuid.uuid4().hex}@example",
            name=role,
            role=role,
            password_hash=HASH,
            now=now,
        )
    who = tokens.Token(user_id=user.id, tenant_id=org.id)
    return Person(world, tokens.issue(who, world.services.secrets.token_key, now))


async def talking(world: World, session_id: str = "a") -> Pod:
    """A connected session that answers."""
    await world.create(session_id)
    await world.show_ready(session_id)
    pod = Pod()
    world.backend.answer = pod
    return pod


async def written(
    world: World, content: Any, *, sender: str = "5491123456789", id: str | None = None
) -> dict[str, Any]:
    """Somebody writes, as the session tells it; the answer's `data`. `content`: a text, or contract D's."""
    body = {
        "session_id": "a",
        "from": sender,
        "to": "5491100000001",
        "message": {"type": "text", "text": content} if isinstance(content, str) else content,
        "timestamp": NOON,
        "message_id": id or f"false_{ANA}_{uuid.uuid4().hex}",
    }
    answer = await world.callback(MESSAGE_RECEIVED, body, webhook_id=uuid.uuid4().hex)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data
