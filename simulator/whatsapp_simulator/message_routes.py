"""The control API's messages: a phone sends, reads, reacts, edits and deletes, and shows what it has."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import FileResponse

from whatsapp_simulator.drafts import draft_of
from whatsapp_simulator.errors import Refused
from whatsapp_simulator.kinds import VOTE
from whatsapp_simulator.message_models import (
    Delete,
    Edit,
    LedgerRow,
    MessageOut,
    React,
    Read,
    ReadOut,
    Send,
    Vote,
)
from whatsapp_simulator.phone_routes import REFUSALS, Number, WorldHere, existing
from whatsapp_simulator.records import Message
from whatsapp_simulator.world import World

router = APIRouter(responses=REFUSALS, tags=["messages"])


def shown(world: World, message: Message) -> MessageOut:
    votes = world.messages.changes(message.owner, message.chat, message.id, VOTE)
    return MessageOut.of(message, world.messages.reactions(message), votes)


def message_of(world: World, number: str, message_id: str) -> Message:
    """A message of this phone. Raises `Refused(unknown_message)`."""
    existing(world, number)
    message = world.messages.find(number, message_id)
    if message is None:
        raise Refused(
            "unknown_message",
            f"{number} has no message {message_id}. See GET /phones/{number}/messages.",
            status=404,
        )
    return message


@router.post("/phones/{number}/send")
async def send(number: Number, body: Send, world: WorldHere) -> MessageOut:
    """Write a message on this phone."""
    chat = world.exchange.directory.chat_of(body.to)
    world.exchange.phone(number)
    draft = draft_of(body, world, number, chat)
    return shown(world, world.exchange.send(number, chat, draft))


@router.get("/phones/{number}/messages")
async def list_messages(
    number: Number, world: WorldHere, chat: Annotated[str | None, Query()] = None
) -> list[MessageOut]:
    """What this phone has sent and received, as it is now, oldest first."""
    existing(world, number)
    other = world.exchange.directory.chat_of(chat) if chat else None
    return [shown(world, message) for message in world.messages.of_account(number, other)]


@router.get("/phones/{number}/messages/{message_id}/media", response_class=FileResponse)
async def media(number: Number, message_id: str, world: WorldHere) -> FileResponse:
    """The file of a message, byte for byte."""
    about = message_of(world, number, message_id).content.get("media") or {}
    path = world.media.path(about.get("sha256", ""))
    if path is None:
        raise Refused("no_media", f"The message {message_id} has no file.", status=404)
    return FileResponse(path, media_type=about["mimeType"], filename=about.get("fileName"))


@router.post("/phones/{number}/react")
async def react(number: Number, body: React, world: WorldHere) -> MessageOut:
    """React to a message, or take the reaction back."""
    about = message_of(world, number, body.messageId)
    world.changes.react(number, about, body.emoji)
    return shown(world, message_of(world, number, about.id))


@router.post("/phones/{number}/edit")
async def edit(number: Number, body: Edit, world: WorldHere) -> MessageOut:
    """Change the text, or caption, of an own message."""
    about = message_of(world, number, body.messageId)
    world.changes.edit(number, about, body.text)
    return shown(world, message_of(world, number, about.id))


@router.post("/phones/{number}/delete")
async def delete(number: Number, body: Delete, world: WorldHere) -> MessageOut:
    """Delete a message for everyone."""
    about = message_of(world, number, body.messageId)
    world.changes.delete(number, about)
    return shown(world, message_of(world, number, about.id))


@router.post("/phones/{number}/vote")
async def vote(number: Number, body: Vote, world: WorldHere) -> MessageOut:
    """Choose options of a poll, instead of those chosen before."""
    about = message_of(world, number, body.messageId)
    world.changes.vote(number, about, body.options)
    return shown(world, message_of(world, number, about.id))


@router.post("/phones/{number}/read")
async def read(number: Number, body: Read, world: WorldHere) -> ReadOut:
    """Open a chat on this phone: its messages are read, the senders see ack 3."""
    existing(world, number)
    return ReadOut(read=world.exchange.read(number, world.exchange.directory.chat_of(body.chat)))


@router.get("/ledger", tags=["messages"])
async def ledger(
    world: WorldHere,
    after: Annotated[int, Query(ge=0, description="the last seq that is known")] = 0,
    changes: Annotated[bool, Query(description="reactions, edits, deletions and votes too")] = False,
    limit: Annotated[int, Query(ge=1, le=100_000)] = 100_000,
) -> list[LedgerRow]:
    """Every message that the server accepted, in order; rows are only ever added."""
    found = world.messages.accepted(after, changes=changes, limit=limit)
    return [LedgerRow.of(message) for message in found]
