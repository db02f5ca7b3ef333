"""What the simulated WhatsApp knows, as plain frozen data: accounts, devices, messages, connections."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from whatsapp_simulator.numbers import device_wid, is_group

# WhatsApp's own limit, refused by the phone.
MAX_LINKED_DEVICES = 4


def iso(seconds: float) -> str:
    """Unix seconds as ISO 8601 UTC with milliseconds and `Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, kw_only=True)
class Account:
    """A phone with WhatsApp on it."""

    number: str
    name: str  # its pushname: what others see
    platform: str  # android, iphone, smba, smbi
    lid: str
    auto_read: bool
    created_at: float
    lid_only: bool = False  # pages of others know it by its LID alone
    picture: bool = True  # whether it has a profile picture


@dataclass(frozen=True, kw_only=True)
class Device:
    """A browser that was linked by a scan. `secret` proves it; the browser keeps the only other copy."""

    id: str
    number: str
    slot: int
    secret: str
    name: str
    linked_at: float
    synced_seq: int  # the last message (Message.seq) that this device has taken in

    @property
    def wid(self) -> str:
        return device_wid(self.number, self.slot)


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message, or one change of a message, as one account has it: everybody has a copy of their own."""

    seq: int  # grows over all accounts; 0 before it is stored
    owner: str
    chat: str  # the other side's number, or the group's id
    id: str
    from_me: bool
    author: str  # the number that wrote it
    type: str  # a word of `kinds`
    text: str  # the text or caption; of a reaction its emoji, of an edit the new text
    time: int  # unix seconds
    ack: int  # 1 at the server, 2 on the receivers' phones, 3 read; of an incoming one: 2 unread, 3 read
    content: dict[str, Any] = field(default_factory=dict)  # see `content`
    target: str | None = None  # the id of the message that this changes
    edit_text: str | None = None
    edit_id: str | None = None
    delete_id: str | None = None
    deleted_by: str | None = None
    repeats: int = 0  # how often its writer handed in the same id again

    @property
    def in_group(self) -> bool:
        return is_group(self.chat)


@dataclass(frozen=True, kw_only=True)
class Chat:
    """One conversation of an account, derived from its messages."""

    id: str  # the other side's number, or the group's id
    time: int
    unread: int


@dataclass(frozen=True, kw_only=True)
class Member:
    number: str
    admin: bool


@dataclass(frozen=True, kw_only=True)
class Group:
    id: str  # <digits>@g.us
    name: str
    owner: str
    created_at: float
    members: tuple[Member, ...]

    def has(self, number: str) -> bool:
        return any(member.number == number for member in self.members)

    def has_admin(self, number: str) -> bool:
        return any(member.number == number and member.admin for member in self.members)


@dataclass(frozen=True, kw_only=True)
class Connection:
    """One login of one device over one socket: what a test means by "the same connection as before"."""

    id: int
    number: str
    device: str
    slot: int
    opened_at: float
    closed_at: float | None

    @property
    def name(self) -> str:
        return f"connection-{self.id}"
