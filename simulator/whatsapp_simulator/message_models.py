"""The JSON of the control API's messages; times are ISO 8601 UTC."""

from __future__ import annotations

import base64
from typing import Annotated, Any

from pydantic import BaseModel, Field, field_validator

from whatsapp_simulator.content import MAX_TEXT, Contact, Location, Media, Poll
from whatsapp_simulator.kinds import Kind
from whatsapp_simulator.phone_models import NUMBER, Strict
from whatsapp_simulator.records import Message, iso

CHAT = Annotated[str, Field(examples=["5491198765432"], description="a number, <group>@g.us or <lid>@lid")]


class MediaIn(Strict):
    data: Annotated[str, Field(description="the file in base64")]
    mimeType: Annotated[str | None, Field(max_length=200, examples=["image/jpeg"])] = None
    fileName: Annotated[str | None, Field(max_length=300, examples=["invoice.pdf"])] = None

    @field_validator("data")
    @classmethod
    def _is_base64(cls, data: str) -> str:
        base64.b64decode(data, validate=True)  # its error is a ValueError, which names the field
        return data

    @property
    def file(self) -> bytes:
        return base64.b64decode(self.data)


class Send(Strict):
    to: CHAT
    type: Kind = "text"
    text: Annotated[str, Field(max_length=MAX_TEXT, examples=["Hello"], description="text or caption")] = ""
    media: Annotated[MediaIn | None, Field(description="left out: a small valid file of that kind")] = None
    location: Location | None = None
    contacts: Annotated[list[Contact], Field(max_length=257, default_factory=list)]
    poll: Poll | None = None
    quoted: Annotated[str | None, Field(description="id of the message that this answers")] = None
    mentions: Annotated[list[str], Field(max_length=1024, examples=[[NUMBER]], default_factory=list)]
    forwarded: bool = False


class React(Strict):
    messageId: str
    emoji: Annotated[str, Field(max_length=40, description="empty: take the reaction back")]


class Edit(Strict):
    messageId: str
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]


class Delete(Strict):
    messageId: str


class Vote(Strict):
    messageId: str
    options: Annotated[list[str], Field(max_length=12)]


class Read(Strict):
    chat: CHAT


class ReadOut(BaseModel):
    read: Annotated[int, Field(description="how many messages were unread")]


class ReactionOut(BaseModel):
    sender: Annotated[str, Field(alias="from")]
    emoji: str


class MessageOut(BaseModel):
    id: Annotated[str, Field(examples=["3EB0C767D097B7C7C0F1"])]
    chat: Annotated[str, Field(description="the other side's number, or the group's id")]
    sender: Annotated[str, Field(alias="from")]
    to: str
    author: Annotated[str | None, Field(description="in groups: the number that wrote it")]
    fromMe: bool
    type: Annotated[str, Field(examples=["text"])]
    text: str
    timestamp: str
    ack: Annotated[
        int, Field(description="1 server, 2 delivered, 3 read; of a received message: 2 unread, 3 read")
    ]
    media: Media | None
    location: Location | None
    contacts: list[Contact] | None
    poll: Poll | None
    quoted: Annotated[str | None, Field(description="id of the message that this answers")]
    mentions: list[str]
    forwarded: bool
    reactions: list[ReactionOut]
    votes: Annotated[dict[str, list[str]], Field(description="of a poll: what each number chose")]
    edited: bool
    deleted: bool

    @classmethod
    def of(cls, message: Message, reactions: list[Message], votes: list[Message]) -> MessageOut:
        other = message.chat if message.in_group or message.from_me else message.owner
        content: dict[str, Any] = {} if message.delete_id else message.content
        text = message.text if message.edit_text is None else message.edit_text
        return cls.model_validate(
            {
                "id": message.id,
                "chat": message.chat,
                "from": message.author,
                "to": other,
                "author": message.author if message.in_group else None,
                "fromMe": message.from_me,
                "type": message.type,
                "text": "" if message.delete_id else text,
                "timestamp": iso(message.time),
                "ack": message.ack,
                "media": content.get("media"),
                "location": content.get("location"),
                "contacts": content.get("contacts"),
                "poll": content.get("poll"),
                "quoted": content.get("quoted", {}).get("id"),
                "mentions": content.get("mentions", []),
                "forwarded": content.get("forwarded", False),
                "reactions": [{"from": one.author, "emoji": one.text} for one in reactions],
                "votes": {one.author: one.content.get("options", []) for one in votes},
                "edited": message.edit_id is not None,
                "deleted": message.delete_id is not None,
            }
        )


class LedgerRow(BaseModel):
    """A message that the server accepted, as it was then."""

    seq: int
    owner: Annotated[str, Field(description="the number that wrote it")]
    chat: str
    id: str
    type: str
    text: str
    time: str
    repeats: Annotated[int, Field(description="how often the same id was handed in again")]
    target: Annotated[str | None, Field(description="of a change: the id of the message it is about")]

    @classmethod
    def of(cls, message: Message) -> LedgerRow:
        return cls(
            seq=message.seq,
            owner=message.owner,
            chat=message.chat,
            id=message.id,
            type=message.type,
            text=message.text,
            time=iso(message.time),
            repeats=message.repeats,
            target=message.target,
        )
