"""From the control API's order to a message: its file kept, its people named by number."""

from __future__ import annotations

from whatsapp_simulator.content import Contact, Content, Draft, Media, Quoted, vcard
from whatsapp_simulator.errors import Refused
from whatsapp_simulator.kinds import MEDIA
from whatsapp_simulator.message_models import MediaIn, Send
from whatsapp_simulator.samples import sample
from whatsapp_simulator.world import World

MIME_TYPES = {
    "image": "image/jpeg", "video": "video/mp4", "gif": "video/mp4", "audio": "audio/mpeg",
    "voice": "audio/ogg; codecs=opus", "sticker": "image/webp", "document": "application/octet-stream",
}  # fmt: skip


def draft_of(body: Send, world: World, number: str, chat: str) -> Draft:
    """Raises `Refused` for a quoted message that the phone does not have, or a mention that is no number."""
    return Draft(
        kind=body.type,
        text=body.text,
        content=Content(
            media=_media(body.type, body.media, world) if body.type in MEDIA else None,
            location=body.location,
            contacts=[_contact(contact) for contact in body.contacts],
            poll=body.poll,
            quoted=_quoted(body.quoted, world, number, chat) if body.quoted else None,
            mentions=[world.exchange.directory.number_of(one) for one in body.mentions],
            forwarded=body.forwarded,
        ),
    )


def _media(kind: str, given: MediaIn | None, world: World) -> Media:
    if given:
        return Media(
            sha256=world.media.put(given.file),
            size=len(given.file),
            mimeType=given.mimeType or MIME_TYPES[kind],
            fileName=given.fileName or ("document" if kind == "document" else None),
        )
    made = sample(kind)
    return Media(
        sha256=world.media.put(made.data),
        size=len(made.data),
        mimeType=made.mime_type,
        fileName=made.file_name,
        seconds=made.seconds,
        width=made.width,
        height=made.height,
    )


def _contact(contact: Contact) -> Contact:
    if contact.vcard:
        return contact
    if not contact.phone:
        raise Refused(
            "invalid_content", f"The contact {contact.name!r} needs a phone or a vcard.", status=400
        )
    return contact.model_copy(update={"vcard": vcard(contact.name, contact.phone)})


def _quoted(message_id: str, world: World, number: str, chat: str) -> Quoted:
    found = world.messages.find(number, message_id, chat)
    if found is None:
        raise Refused(
            "unknown_message", f"{number} has no message {message_id} in the chat with {chat}.", status=404
        )
    text = found.text if found.edit_text is None else found.edit_text
    return Quoted(id=found.id, author=found.author, type=found.type, text=text)
