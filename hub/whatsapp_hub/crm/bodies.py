"""The bodies of contract D's calls, and of contract C's, as a reader takes them: more than is here is let be.

Why the message is checked so little: what is refused with 400 is a dead letter at once. So only what the
contract says is asked for, and a field that is new to this release is stored with the rest.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from whatsapp_contracts.callbacks import MessageType, Status
from whatsapp_hub.api.fields import AnyName, Body, Id, Moment, Port, StoredPhone, plain, printable
from whatsapp_hub.store.messages import Incoming

MEDIA = ("image", "video", "audio", "document", "sticker")
MESSAGE_TYPES: tuple[str, ...] = get_args(MessageType)


def _who(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,20}(-[0-9]{1,20})?(@[a-z.]{1,20})?", text, re.ASCII):
        raise ValueError("digits, or <lid>@lid")
    return text


def _known_type(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError("an object with its type")
    if value.get("type") not in MESSAGE_TYPES:
        raise ValueError(f"type is one of: {', '.join(MESSAGE_TYPES)}")
    return value


def _named_after_type(message: dict[str, Any]) -> dict[str, Any]:
    kind = message["type"]
    content = message.get(kind)
    if kind == "text":
        if not isinstance(content, str):
            raise ValueError("text is missing, or is no text")
    elif not isinstance(content, dict):
        raise ValueError(f"{kind} is missing, or is no object")
    elif kind in MEDIA and not (isinstance(content.get("id"), str) and content["id"]):
        raise ValueError(f"{kind}.id is missing")
    elif kind == "location" and not all(_degrees(content.get(each)) for each in ("latitude", "longitude")):
        raise ValueError("location needs latitude and longitude")
    return message


def _degrees(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -360 <= value <= 360


Who = Annotated[str, AfterValidator(_who)]
Message = Annotated[dict[str, Any], AfterValidator(_known_type), AfterValidator(_named_after_type)]
MessageId = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(printable)]
Folder = Annotated[str, StringConstraints(max_length=500), AfterValidator(plain)]
UserId = Annotated[str, StringConstraints(max_length=100), AfterValidator(printable)]


class Connection(Body):
    """What a session says of itself. What is absent, or null, stays as it was."""

    status: Status | None = None
    last_seen: Moment | None = None
    phone_number: StoredPhone | None = None
    whatsapp_user_id: UserId | None = None
    auth_folder_path: Folder | None = None
    server_port: Port | None = None

    def changes(self) -> dict[str, Any]:
        """The columns that it changes."""
        return {name: value for name in Connection.model_fields if (value := getattr(self, name)) is not None}


class StatusUpdate(Connection):
    """`status-update`."""

    session_id: AnyName
    status: Status


class NewSessionConnected(Connection):
    """`new-session-connected`: `status` is `connected` where it is not said."""

    session_id: AnyName
    phone_number: StoredPhone
    status: Status = "connected"


class QrUpdate(Body):
    """`qr-update`: `qr_code` raw or base64, `qr_url` a data URL."""

    session_id: AnyName
    qr_code: Annotated[str, StringConstraints(min_length=1, max_length=200_000), AfterValidator(plain)]
    qr_url: Annotated[str, StringConstraints(max_length=200_000), AfterValidator(plain)] | None = None
    timestamp: Moment


class MessageReceived(Body):
    """`messages/received`."""

    session_id: AnyName
    sender: Annotated[Who, Field(alias="from")]
    to: Who
    message: Message
    timestamp: Moment
    message_id: MessageId

    def incoming(self) -> Incoming:
        """What is stored."""
        return Incoming(
            sender=self.sender,
            recipient=self.to,
            message_id=self.message_id,
            sent_at=self.timestamp,
            content=self.message,
        )


class NewRecord(Body):
    """`POST /api/whatsapp_sessions`."""

    session_id: AnyName
    sesion_id: Id | None = None


class ChangedRecord(Body):
    """`PATCH /api/whatsapp_sessions/{id}`: what is absent stays, null empties."""

    status: Literal["connected", "disconnected", "expired", "pending"] | None = None
    phone_number: StoredPhone | None = None
    last_seen: Moment | None = None
    whatsapp_user_id: UserId | None = None
    auth_folder_path: Folder | None = None
    server_port: Port | None = None

    @model_validator(mode="after")
    def _has_a_status(self) -> ChangedRecord:
        if "status" in self.model_fields_set and self.status is None:
            raise ValueError("status cannot be null")
        return self

    def changes(self) -> dict[str, Any]:
        """The columns that it changes."""
        return {
            name: getattr(self, name) for name in self.model_fields_set if name in ChangedRecord.model_fields
        }
