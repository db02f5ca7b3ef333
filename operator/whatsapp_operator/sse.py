"""Server-sent events from lines: pure, fed piece by piece."""

from __future__ import annotations

from dataclasses import dataclass

MAX_EVENT = 1_000_000
"""Characters of one event; more is no session's view, and would fill the memory."""


class TooLong(ValueError):
    """An event that never ends."""


@dataclass(frozen=True)
class ServerEvent:
    """One dispatched event."""

    type: str
    data: str
    id: str = ""


class Parser:
    """Feed it lines without their ends; it returns an event at each empty line that ends one."""

    def __init__(self) -> None:
        self._type = ""
        self._data: list[str] = []
        self._size = 0
        self._id = ""

    def line(self, text: str) -> ServerEvent | None:
        """Comments (keepalives) and unknown fields are nothing."""
        if not text:
            return self._dispatch()
        if text.startswith(":"):
            return None
        name, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._type = value
        elif name == "data":
            self._size += len(value)
            if self._size > MAX_EVENT:
                raise TooLong(f"an event is longer than {MAX_EVENT} characters")
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self._id = value
        return None

    def _dispatch(self) -> ServerEvent | None:
        event = ServerEvent(self._type or "message", "\n".join(self._data), self._id) if self._data else None
        self._type, self._data, self._size = "", [], 0
        return event
