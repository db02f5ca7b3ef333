"""Faults that a test orders for one account: what becomes of a frame on its way to a linked page.

Why pure, and beside the exchange: WhatsApp itself always does the right thing here (a message is stored,
acknowledged, read); a fault only changes what an open page is told of it, and when.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from whatsapp_simulator.records import MAX_LINKED_DEVICES

Frame = dict[str, Any]
# What a page can say of a message that it cannot read yet: who, where, when, but not what.
ENVELOPE = ("seq", "id", "chat", "fromMe", "author", "t", "ack")


@dataclass(frozen=True, kw_only=True)
class Faults:
    """The faults of one account; the default has none."""

    ack_delay: float = 0.0  # seconds until a page is told of an acknowledgement or receipt
    lose_acks: bool = False  # the server's ack (1) of a page's own message is not told
    lose_receipts: bool = False  # delivered and read (2, 3) are not told
    late_decryption: float | None = None  # seconds for which a received message is ciphertext
    drop_live: bool = False  # received messages are stored, and the open page is not told
    device_limit: int = MAX_LINKED_DEVICES


NONE = Faults()


@dataclass(frozen=True)
class Delivery:
    """What an open page is told because of one frame: (seconds from now, frame), in order."""

    steps: list[tuple[float, Frame]] = field(default_factory=list)
    held: bool = False  # told when the fault is cleared; a page that logs in again is told anyway


def deliver(frame: Frame, faults: Faults) -> Delivery:
    """What becomes of a frame to a page of an account with these faults."""
    if is_lost(frame, faults):
        return Delivery(held=True)
    if frame["type"] in ("ack", "receipt"):
        return Delivery([(faults.ack_delay, frame)])
    if frame["type"] == "message" and not frame["message"]["fromMe"]:
        if faults.drop_live:
            return Delivery()
        if faults.late_decryption is not None and is_encrypted(frame["message"]):
            return Delivery([(0.0, ciphertext(frame)), (faults.late_decryption, frame)])
    return Delivery([(0.0, frame)])


def is_encrypted(message: Frame) -> bool:
    """Whether clients see it as ciphertext at first: messages, but neither changes of them nor notices."""
    return message.get("target") is None and message.get("type") != "gp2"


def is_lost(frame: Frame, faults: Faults) -> bool:
    """Whether the fault swallows it for as long as it lasts."""
    return (frame["type"] == "ack" and faults.lose_acks) or (
        frame["type"] == "receipt" and faults.lose_receipts
    )


def ciphertext(frame: Frame) -> Frame:
    """The same message before its keys are there."""
    message = {name: frame["message"][name] for name in ENVELOPE if name in frame["message"]}
    return {**frame, "type": "ciphertext", "message": message}
