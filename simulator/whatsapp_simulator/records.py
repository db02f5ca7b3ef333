"""What the simulated WhatsApp knows, as plain frozen data: accounts, devices, messages, connections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from whatsapp_simulator.numbers import device_wid, user_wid

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
    """One message as one account has it: the sender and the receiver each have their own copy."""

    seq: int  # grows over all accounts; 0 before it is stored
    owner: str
    chat: str  # the other side's number
    id: str
    from_me: bool
    type: str
    text: str
    time: int  # unix seconds
    ack: int  # 1 at the server, 2 on the receiver's phone, 3 read; of an incoming one: 2 unread, 3 read

    def wire(self) -> dict[str, Any]:
        """As the page gets it."""
        return {
            "seq": self.seq,
            "id": self.id,
            "chat": user_wid(self.chat),
            "fromMe": self.from_me,
            "type": self.type,
            "body": self.text,
            "t": self.time,
            "ack": self.ack,
        }


@dataclass(frozen=True, kw_only=True)
class Chat:
    """One conversation of an account, derived from its messages."""

    number: str
    name: str | None  # None when the other side has no phone here
    lid: str | None
    time: int
    unread: int


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
