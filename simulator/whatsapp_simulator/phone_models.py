"""The JSON of the control API; times are ISO 8601 UTC."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from whatsapp_simulator.records import Account, Connection, Device, iso

NUMBER = "5491123456789"
Platform = Literal["android", "iphone", "smba", "smbi"]


class Strict(BaseModel):
    """Unknown fields are refused: a misspelt setting must not be silently ignored."""

    model_config = ConfigDict(extra="forbid")


class PhoneSettings(Strict):
    name: Annotated[str | None, Field(min_length=1, max_length=100, examples=["Ana"])] = None
    platform: Annotated[Platform | None, Field(examples=["android"])] = None
    autoRead: Annotated[bool | None, Field(description="read every message on arrival (default true)")] = None
    lidOnly: Annotated[
        bool | None, Field(description="pages of others know this phone by its LID alone (default false)")
    ] = None
    picture: Annotated[bool | None, Field(description="has a profile picture (default true)")] = None


class Scan(Strict):
    code: Annotated[str, Field(min_length=1, max_length=2000, description="the text of the QR picture")]


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
    lidOnly: bool
    picture: bool
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
            lidOnly=account.lid_only,
            picture=account.picture,
            devices=devices,
            messages=messages,
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


class Error(BaseModel):
    error: Annotated[str, Field(examples=["qr_expired"])]
    message: Annotated[
        str, Field(examples=["This QR code is no longer shown: the page has a newer one. Scan …"])
    ]
