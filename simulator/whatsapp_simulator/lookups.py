"""Which stored messages a page gets when it asks for some that it does not have.

Why pure: by id after a crash, or a chat's past, or what the page was never told; the same rows, chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whatsapp_simulator.records import Message


@dataclass(frozen=True)
class Key:
    """A message as a page names it; `chat` is the chat's id, such as `5491123456789@c.us`."""

    chat: str
    id: str
    from_me: bool


def by_keys(messages: Sequence[Message], keys: Sequence[Key]) -> list[Message]:
    """Those of an account's messages, oldest first."""
    wanted = {(key.id, key.from_me) for key in keys}
    return [message for message in messages if (message.id, message.from_me) in wanted]


def around(messages: Sequence[Message], anchor: tuple[str, bool] | None, count: int | None) -> list[Message]:
    """`count` messages of one chat before the anchor (`None`: all), the anchor, and everything after it.

    Without a known anchor: the newest `count`.
    """
    at = next(
        (place for place, message in enumerate(messages) if (message.id, message.from_me) == anchor),
        len(messages),
    )
    return list(messages[0 if count is None else max(0, at - count) :])


def untold(messages: Sequence[Message], seqs: set[int], synced: int) -> list[Message]:
    """Those of an account's messages that count as taken in and were not: they come with the history."""
    return [message for message in messages if message.seq in seqs and message.seq <= synced]
