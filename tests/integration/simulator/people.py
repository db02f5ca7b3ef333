"""Ana's page with phones around it, and what wa-js tells about messages, as plain values."""

from __future__ import annotations

import json
from typing import Any

import httpx

from integration.simulator.wa_page import WaPage

ANA, BEA, CAI = "5491100000001", "5491100000002", "5491100000003"
TELL = """(names) => {
  window.told = [];
  const name = (key, part) => (part && part._serialized) || part;
  const plain = (value) => JSON.parse(JSON.stringify(value, name));
  const message = ({ id, type, body, from, author }) => ({ id, type, body, from, author });
  const about = { 'chat.new_message': message,
    'chat.msg_edited': ({ id, msg }) => ({ id, text: msg.caption || msg.body }) };
  for (const name of names) {
    WPP.on(name, (value) => window.told.push([name, plain((about[name] || ((all) => all))(value))]));
  }
}"""
EVENTS = [
    "chat.new_message", "chat.new_reaction", "chat.msg_edited", "chat.msg_revoke", "chat.msg_ack_change",
    "chat.poll_response", "group.participant_changed",
]  # fmt: skip


class Told:
    """What wa-js told since `start`, by event."""

    def __init__(self, page: WaPage) -> None:
        self._page = page

    async def start(self) -> None:
        await self._page.run(TELL, EVENTS)

    async def next(self, name: str, count: int = 1) -> list[Any]:
        """The events of a name, once there are so many; they are told once."""
        await self._page.until(
            f"() => window.told.filter(([name]) => name === {json.dumps(name)}).length >= {count}"
        )
        script = """(name) => {
          const found = window.told.filter((one) => one[0] === name).map((one) => one[1]);
          window.told = window.told.filter((one) => one[0] !== name);
          return found;
        }"""
        found: list[Any] = await self._page.run(script, name)
        return found


async def phone(http: httpx.AsyncClient, number: str, **settings: Any) -> dict[str, Any]:
    made: dict[str, Any] = (await http.post(f"/phones/{number}", json=settings)).json()
    return made


async def send(http: httpx.AsyncClient, number: str, to: str = ANA, **body: Any) -> dict[str, Any]:
    """A message from a phone; to Ana, unless said otherwise."""
    answer = await http.post(f"/phones/{number}/send", json={"to": to, **body})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def messages(http: httpx.AsyncClient, number: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await http.get(f"/phones/{number}/messages")).json()
    return found


async def newest(http: httpx.AsyncClient, number: str) -> dict[str, Any]:
    """The newest message of a phone."""
    return (await messages(http, number))[-1]


async def arrived(page: WaPage, key: str) -> None:
    """Waits until the page has a message."""
    await page.until(f"() => WPP.whatsapp.MsgStore.get({json.dumps(key)})")


async def attributes(page: WaPage, key: str) -> dict[str, Any]:
    """A message as the page's model has it."""
    await arrived(page, key)
    found: dict[str, Any] = await page.run(
        "(key) => JSON.parse(JSON.stringify(WPP.whatsapp.MsgStore.get(key).attributes))", key
    )
    return found
