"""The kinds of messages: the control API's words, and WhatsApp's own, which the page speaks.

Why two: the control API says what a person would (`voice`, `contact`); clients look for WhatsApp's names
(`ptt`, `vcard`), and one of its names (`video`) covers two of ours.
"""

from __future__ import annotations

from typing import Literal, get_args

Kind = Literal[
    "text", "image", "video", "gif", "audio", "voice", "document", "sticker", "location", "contact", "poll"
]  # fmt: skip
MediaKind = Literal["image", "video", "gif", "audio", "voice", "document", "sticker"]
KINDS: tuple[str, ...] = get_args(Kind)
MEDIA: tuple[str, ...] = get_args(MediaKind)
# Kinds whose text can be edited: a text itself, or a caption.
EDITABLE = ("text", "image", "video", "gif", "document")

# What happens to a message or a group; each is a row of its own, so that devices that were away hear of it.
REACTION, EDIT, DELETE, VOTE, MEMBERS = CHANGES = ("reaction", "edit", "delete", "vote", "members")

_WIRE = {
    "text": "chat", "gif": "video", "voice": "ptt", "contact": "vcard", "poll": "poll_creation",
    "delete": "revoke", "members": "gp2",
}  # fmt: skip
_KIND = {
    "chat": "text", "ptt": "voice", "vcard": "contact", "multi_vcard": "contact", "poll_creation": "poll",
    "ptv": "video",
}  # fmt: skip


def wire_type(kind: str, *, several: bool = False) -> str:
    """WhatsApp's name of a kind; `several` contacts have one of their own."""
    return "multi_vcard" if kind == "contact" and several else _WIRE.get(kind, kind)


def kind_of(wire: str, *, gif: bool = False) -> str | None:
    """Our word for WhatsApp's name; None for one that is not simulated."""
    if wire == "video" and gif:
        return "gif"
    kind = _KIND.get(wire, wire)
    return kind if kind in KINDS else None
