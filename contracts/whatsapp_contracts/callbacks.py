"""The bodies of contract D's calls, as session pods send them and a hub or a CRM reads them.

Why types and no code: both sides check themselves against one description. A field that is not here is not
sent; a reader takes more than is here, because fields may be added. Annotations are not postponed here: as
texts they would hide from `__required_keys__` what is not required.
"""

from typing import Literal, NotRequired, TypedDict

STATUS_UPDATE = "/api/whatsapp/sessions/status-update"
MESSAGE_RECEIVED = "/api/whatsapp/messages/received"
QR_UPDATE = "/api/whatsapp/sessions/qr-update"
NEW_SESSION_CONNECTED = "/api/whatsapp_sessions/new-session-connected"

Status = Literal["connected", "disconnected", "expired", "pending"]
MessageType = Literal["text", "image", "video", "audio", "document", "location", "contact", "sticker"]


class StatusUpdate(TypedDict):
    """At every change of state. What is absent stays as it was."""

    session_id: str
    status: Status
    last_seen: NotRequired[str]
    phone_number: NotRequired[str]
    whatsapp_user_id: NotRequired[str]
    auth_folder_path: NotRequired[str]
    server_port: NotRequired[int]


class QrUpdate(TypedDict):
    """At every new QR: `qr_code` the raw code, `qr_url` a PNG as a data URL."""

    session_id: str
    qr_code: str
    qr_url: NotRequired[str]
    timestamp: str


class NewSessionConnected(TypedDict):
    """At every change into READY (contract C). Times are ISO 8601 in UTC."""

    session_id: str
    phone_number: str
    status: Status
    last_seen: str
    auth_folder_path: str
    server_port: int
    whatsapp_user_id: str | None
    created_at: str
    updated_at: str


class Media(TypedDict):
    """A file: `id` is the `{id}` of the session's `GET /media/{id}`; `size` in bytes."""

    id: str
    url: NotRequired[str]
    caption: NotRequired[str]
    mimeType: NotRequired[str]
    fileName: NotRequired[str]
    size: NotRequired[int]
    seconds: NotRequired[int]
    width: NotRequired[int]
    height: NotRequired[int]
    voice: NotRequired[bool]
    gif: NotRequired[bool]


class Location(TypedDict):
    """A place, in degrees."""

    latitude: float
    longitude: float
    name: NotRequired[str]
    address: NotRequired[str]


class Card(TypedDict):
    """A person, as the sender wrote it down."""

    name: str
    phones: list[str]
    vcard: NotRequired[str]


class Contact(Card):
    """The first person that was sent, and the `others` where there were several."""

    others: NotRequired[list[Card]]


class Message(TypedDict):
    """`type`, and the one field that is named after it."""

    type: MessageType
    text: NotRequired[str]
    image: NotRequired[Media]
    video: NotRequired[Media]
    audio: NotRequired[Media]
    document: NotRequired[Media]
    sticker: NotRequired[Media]
    location: NotRequired[Location]
    contact: NotRequired[Contact]


MessageReceived = TypedDict(
    "MessageReceived",
    {
        "session_id": str,
        "from": str,
        "to": str,
        "message": Message,
        "timestamp": str,
        "message_id": str,
    },
)
"""For every incoming message. `from` and `to` are digits, or `<lid>@lid` for a person known only so."""

Body = StatusUpdate | QrUpdate | NewSessionConnected | MessageReceived
