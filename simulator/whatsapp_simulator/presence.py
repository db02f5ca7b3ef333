"""Who is online, typing or recording to whom: told to open pages, remembered for the phones to look at.

Why in memory: presence is of the moment; nothing of it outlives a connection.
"""

from __future__ import annotations

from typing import Literal

from whatsapp_simulator.errors import Refused
from whatsapp_simulator.exchange import Exchange, Tell
from whatsapp_simulator.numbers import is_group
from whatsapp_simulator.store import Store

State = Literal["available", "unavailable", "composing", "recording", "paused"]
STATES: tuple[State, ...] = ("available", "unavailable", "composing", "recording", "paused")


class Presences:
    def __init__(self, store: Store, exchange: Exchange, tell: Tell) -> None:
        self._store = store
        self._exchange = exchange
        self._tell = tell
        self._seen: dict[tuple[str, str], State] = {}  # (who looks, at whom)

    def show(self, who: str, chat: str, state: State) -> None:
        """`who` shows a state to a person or group. Raises `Refused(not_on_whatsapp)` for nobody."""
        directory = self._exchange.directory
        for viewer in self._viewers(who, chat):
            self._seen[viewer, who] = state
            frame = {"type": "presence", "chat": directory.wid(who, viewer), "state": state}
            if is_group(chat):
                frame.update(chat=chat, participant=directory.member_wid(who))
            self._tell(viewer, frame)

    def _viewers(self, who: str, chat: str) -> list[str]:
        if is_group(chat):
            group = self._exchange.groups.get(chat)
            if group and group.has(who):
                return [member.number for member in group.members if member.number != who]
        elif self._store.account(chat):
            return [chat]
        raise Refused("not_on_whatsapp", f"{who} cannot reach {chat}: nobody is there.", status=404)

    def seen(self, viewer: str, who: str) -> State:
        """What `viewer` last saw of `who`."""
        return self._seen.get((viewer, who), "unavailable")
