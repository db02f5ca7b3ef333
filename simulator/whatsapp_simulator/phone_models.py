"""The JSON of the control API; times are ISO 8601 UTC."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from whatsapp_simulator.records import Account, Connection, Device, Message, iso

NUMBER = "5491123456789"
Platform = Literal["android", "iphone", "smba", "smbi"]


class Strict(BaseModel):
    """Unknown fields are refused: a misspelt setting must not be silently ignored."""

    model_config = ConfigDict(extra="forbid")


class PhoneSettings(Strict):
    name: Annotated[str | None, Field(min_length=1, max_length=100, examples=["Ana"])] = None
    platform: Annotated[Platform | None, Field(examples=["android"])] = None
    autoRead: Annotated[bool | None, Field(description="read every message on arrival (default true)")] = None


class Scan(Strict):
    code: Annotated[str, Field(min_length=1, max_length=2000, description="the text of the QR picture")]


class Send(Strict):
    to: Annotated[str, Field(examples=["5491198765432"])]
    text: Annotated[str, Field(min_length=1, max_length=65_536, examples=["Hello"])]


class Read(Strict):
    chat: Annotated[str, Field(examples=["5491198765432"], description="the other side's number")]


class Unlink(Strict):
    device: Annotated[str | None, Field(description="a device's id; all devices when left out")] = None


class DeviceOut(BaseModel):
    id: str
    name: Annotated[str, Field(examples=["Chrome (Linux)"])]
    wid: Annotated[str, Field(examples=[f"{NUMBER}:1@c.us"])]
    linkedAt: str
    connected: bool

    @classmethod
    def of(cls, device: Device, *, connected: bool) -> DeviceOut:
        return cls(
            id=device.id,
            name=device.name,
            wid=device.wid,
            linkedAt=iso(device.linked_at),
            connected=connected,
        )


class PhoneOut(BaseModel):
    number: Annotated[str, Field(examples=[NUMBER])]
    name: str
    platform: str
    autoRead: bool
    lid: str
    devices: list[DeviceOut]
    messages: Annotated[int, Field(description="how many messages this phone has sent and received")]

    @classmethod
    def of(cls, account: Account, devices: list[DeviceOut], messages: int) -> PhoneOut:
        return cls(
            number=account.number,
            name=account.name,
            platform=account.platform,
            autoRead=account.auto_read,
            lid=account.lid,
            devices=devices,
            messages=messages,
        )


class MessageOut(BaseModel):
    id: Annotated[str, Field(examples=["3EB0C767D097B7C7C0F1"])]
    chat: Annotated[str, Field(description="the other side's number")]
    sender: Annotated[str, Field(alias="from")]
    to: str
    fromMe: bool
    type: Annotated[str, Field(examples=["text"])]
    text: str
    timestamp: str
    ack: Annotated[
        int, Field(description="1 server, 2 delivered, 3 read; of a received message: 2 unread, 3 read")
    ]

    @classmethod
    def of(cls, message: Message) -> MessageOut:
        sender, to = (message.owner, message.chat) if message.from_me else (message.chat, message.owner)
        kind = "text" if message.type == "chat" else message.type
        return cls.model_validate(
            {
                "id": message.id,
                "chat": message.chat,
                "from": sender,
                "to": to,
                "fromMe": message.from_me,
                "type": kind,
                "text": message.text,
                "timestamp": iso(message.time),
                "ack": message.ack,
            }
        )


class ConnectionOut(BaseModel):
    id: Annotated[
        str, Field(examples=["connection-7"], description="unique over all connections that ever were")
    ]
    number: str
    device: str
    openedAt: str
    closedAt: str | None

    @classmethod
    def of(cls, connection: Connection) -> ConnectionOut:
        closed = connection.closed_at
        return cls(
            id=connection.name,
            number=connection.number,
            device=connection.device,
            openedAt=iso(connection.opened_at),
            closedAt=None if closed is None else iso(closed),
        )


class Linked(BaseModel):
    number: str
    device: DeviceOut


class Unlinked(BaseModel):
    unlinked: list[str]


class ReadOut(BaseModel):
    read: Annotated[int, Field(description="how many messages were unread")]


class Error(BaseModel):
    error: Annotated[str, Field(examples=["qr_expired"])]
    message: Annotated[
        str, Field(examples=["This QR code is no longer shown: the page has a newer one. Scan …"])
    ]
