"""What may stand in a path or a query: WhatsApp's own alphabets, and nothing that could be anything else.

Why patterns: an id goes into the page's script and into SQL parameters; what is not of the alphabet can only
be a mistake or an attack, and is refused before anything is asked.
"""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Path, Query

NUMBER = "[1-9][0-9]{6,14}"
"""A phone number with its country code (E.164)."""
_SERVERS = r"(?:c\.us|lid|broadcast|newsletter|bot|hosted|hosted\.lid|interop|msgr)"
CHAT = rf"(?:[0-9]{{1,32}}(?:-[0-9]{{1,32}})?@g\.us|[0-9]{{1,32}}@{_SERVERS}|status@broadcast)"
PERSON = r"[0-9]{1,32}@(?:c\.us|lid)"
GROUP = r"[0-9]{1,32}(?:-[0-9]{1,32})?@g\.us"
AUTHOR = rf"[0-9]{{1,32}}(?::[0-9]{{1,5}})?@{_SERVERS}"
MESSAGE = rf"(?:true|false)_{CHAT}_[A-Za-z0-9.-]{{1,128}}(?:_{AUTHOR})?(?:_(?:in|out))?"
OUTBOX = "out_[A-Za-z0-9]{1,64}"
MEDIA = "med_[0-9a-f]{32}"
WEBHOOK = "[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?"
LONGEST = 300
"""Characters of any id."""
MOST, USUAL = 500, 50
"""Entries of a page, and without `limit`."""

_BOUND = f"is not a whole number from 1 to {MOST}. Correct it, or leave it out."
CURES = {
    "messageId": (
        "messageId is not the id of a message, such as true_5491123456789@c.us_3EB0C431C26A1916E07E. "
        "Take it from an answer or an event."
    ),
    "chatId": "chatId is not the id of a chat, such as 5491123456789@c.us. Take it from GET /chats.",
    "groupId": "groupId is not the id of a group, such as 120363041234567890@g.us. Take it from GET /groups.",
    "contactId": "contactId is not digits, and not …@c.us or …@lid. Take it from GET /contacts.",
    "number": "number is not 7 to 15 digits with the country code first. Correct it.",
    "outboxId": "outboxId is not an id such as out_1f0c. Take it from GET /outbox.",
    "mediaId": "mediaId is not an id such as med_ and 32 hexadecimal digits. Take it from a message's media.",
    "name": "name is not the name of a webhook. Take it from GET /webhooks.",
    "seq": "seq is not the seq of an event. Take it from the dead letters' list.",
    "limit": f"limit {_BOUND}",
    "after": "after is not the next of an answer before. Correct it, or leave it out.",
    "wait": "wait is not a whole number of seconds from 0 to 30. Correct it, or leave it out.",
    "format": "format is not png, svg or text. Correct it, or leave it out for a PNG.",
    "state": "state is not queued, sending, sent, failed or cancelled. Correct it, or leave it out.",
    "unknown": "unknown is not ignore. Correct it, or leave it out.",
}
"""What an error says of a parameter that does not fit."""


def _pattern(text: str) -> str:
    return f"^(?:{text})$"


MessageId = Annotated[
    str,
    Path(
        alias="messageId",
        pattern=_pattern(MESSAGE),
        max_length=LONGEST,
        examples=["true_5491123456789@c.us_3EB0C431C26A1916E07E"],
    ),
]
ChatId = Annotated[
    str,
    Path(alias="chatId", pattern=_pattern(CHAT), max_length=LONGEST, examples=["5491123456789@c.us"]),
]
GroupId = Annotated[
    str,
    Path(alias="groupId", pattern=_pattern(GROUP), max_length=LONGEST, examples=["120363041234567890@g.us"]),
]
ContactId = Annotated[
    str,
    Path(
        alias="contactId",
        pattern=_pattern(f"{NUMBER}|{PERSON}"),
        max_length=LONGEST,
        examples=["5491123456789@c.us"],
    ),
]
Number = Annotated[str, Path(pattern=_pattern(NUMBER), examples=["5491123456789"])]
OutboxId = Annotated[str, Path(alias="outboxId", pattern=_pattern(OUTBOX), examples=["out_1f0c"])]
MediaId = Annotated[
    str, Path(alias="mediaId", pattern=_pattern(MEDIA), examples=["med_0123456789abcdef0123456789abcdef"])
]
WebhookName = Annotated[str, Path(alias="name", pattern=_pattern(WEBHOOK), examples=["crm"])]
Seq = Annotated[int, Path(ge=1, lt=2**63, examples=[7])]
Limit = Annotated[int, Query(ge=1, le=MOST, description=f"entries of a page (default {USUAL})")]
SEQ = "[0-9]{1,18}"
_NEXT = "the `next` of the answer before; without it the first page"
After = Annotated[str | None, Query(max_length=LONGEST, description=_NEXT)]
AfterMessage = Annotated[str | None, Query(max_length=LONGEST, pattern=_pattern(MESSAGE), description=_NEXT)]
AfterEntry = Annotated[str | None, Query(pattern=_pattern(OUTBOX), description=_NEXT)]
AfterSeq = Annotated[str | None, Query(pattern=_pattern(SEQ), description=_NEXT)]


def chat_of(message_id: str) -> str:
    """The chat that a message's id names."""
    found = re.match(rf"(?:true|false)_({CHAT})_", message_id)
    assert found is not None, "checked by MESSAGE"
    return found[1]
