"""The tables. Each but `tenants` and `login_failures` belongs to a tenant by a column of its own.

Why the tenant is repeated in rows that hang on another row: one condition separates tenants in every query.
The Spanish names are contract C's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from whatsapp_hub.database.types import Moment

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What every table shares."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012
        datetime: Moment,
        dict[str, Any]: JSON,
        list[str]: JSON,
        list[dict[str, Any]]: JSON,
    }


class Tenant(Base):
    """An organization: its users, keys, sessions and messages are seen by no other.

    `slug` names it in a label of its resources; `namespace` is where those are (None: the hub's own).
    `messages_keep_days` None: as the hub's setting says; 0: for ever.
    """

    __tablename__ = "tenants"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    slug: Mapped[str] = mapped_column(String(63), unique=True)
    namespace: Mapped[str | None] = mapped_column(String(63))
    messages_keep_days: Mapped[int | None]
    created_at: Mapped[datetime]


class Owned(Base):
    """A row of one tenant."""

    __abstract__ = True
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"))


class Origin(Owned):
    """A web page's origin that may call from a browser, such as `https://crm.example`."""

    __tablename__ = "origins"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    origin: Mapped[str] = mapped_column(String(300), primary_key=True, index=True)


class User(Owned):
    """A person. `email` is in lower case and unique over all tenants: login has nothing else.

    Tokens that were issued before `tokens_after` are good no more.
    """

    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool]
    created_at: Mapped[datetime]
    tokens_after: Mapped[datetime | None]
    language: Mapped[str | None] = mapped_column(String(5))


class ApiKey(Owned):
    """A program's key. Only its SHA-256 is here; `prefix` finds it."""

    __tablename__ = "api_keys"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    key_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Session(Owned):
    """One session: contract C's record, contract B's names, and the session view as it was last seen.

    `uid` never changes: the backend's name for it (in Kubernetes `<namespace>/<name>`). `claim` is contract
    C's: `none` (made elsewhere), `waiting` (by `generate-qr`, nobody has claimed it), `claimed`. `gone`: the
    backend has it no more, and nobody asked us to remove it. `webhooks`: what `store.webhooks` says.
    """

    __tablename__ = "whatsapp_sessions"
    __table_args__ = (
        UniqueConstraint("tenant_id", "session_id"),
        Index(None, "session_id"),
        {"sqlite_autoincrement": True},  # a deleted session's id must not become another's
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(320), unique=True)
    session_id: Mapped[str] = mapped_column(String(100))
    sesion_id: Mapped[int | None]
    phone_number: Mapped[str | None] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))
    last_seen: Mapped[datetime | None]
    auth_folder_path: Mapped[str | None] = mapped_column(String(500))
    server_port: Mapped[int | None]
    whatsapp_user_id: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    name: Mapped[str | None] = mapped_column(String(200))
    description: Mapped[str | None] = mapped_column(Text)
    cliente_id: Mapped[int]
    expected_phone: Mapped[str | None] = mapped_column(String(20))
    operating_mode: Mapped[str] = mapped_column(String(20))
    generation: Mapped[int]
    claim: Mapped[str] = mapped_column(String(10))
    claim_until: Mapped[datetime | None]

    state: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(40))
    message: Mapped[str] = mapped_column(Text, default="")
    state_since: Mapped[datetime | None]
    connecting_since: Mapped[datetime | None]
    ended: Mapped[bool] = mapped_column(default=False)
    qr_code: Mapped[str | None] = mapped_column(Text)
    qr_png: Mapped[str | None] = mapped_column(Text)
    qr_expires_at: Mapped[datetime | None]
    account_phone: Mapped[str | None] = mapped_column(String(20), index=True)
    push_name: Mapped[str | None] = mapped_column(String(200))
    platform: Mapped[str | None] = mapped_column(String(40))
    last_activity: Mapped[datetime | None]
    gone: Mapped[bool] = mapped_column(default=False)
    key_version: Mapped[int] = mapped_column(default=1)
    webhooks: Mapped[list[dict[str, Any]]] = mapped_column(default=list)


class SessionChange(Owned):
    """A session went into another state: its history."""

    __tablename__ = "session_changes"
    __table_args__ = (Index(None, "session_pk", "id"), Index(None, "at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    session_pk: Mapped[int] = mapped_column(ForeignKey("whatsapp_sessions.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(40))
    message: Mapped[str] = mapped_column(Text)


class Sesion(Owned):
    """The CRM's own parent of sessions; `id` is the CRM's. Made by its first mention."""

    __tablename__ = "sesiones"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    estado: Mapped[str] = mapped_column(String(20))
    phone_number: Mapped[str | None] = mapped_column(String(20))


class Contact(Owned):
    """Somebody who wrote: digits, or `<lid>@lid`."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("tenant_id", "phone"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]


class Chat(Owned):
    """A contact in a session. Outlives the session's row: the history is the CRM's."""

    __tablename__ = "chats"
    __table_args__ = (UniqueConstraint("session_pk", "contact_id"), Index(None, "contact_id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    session_pk: Mapped[int | None] = mapped_column(ForeignKey("whatsapp_sessions.id", ondelete="SET NULL"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]


class Mensaje(Owned):
    """A message that came in; `content` is the whole of it as the pod sent it."""

    __tablename__ = "mensajes"
    __table_args__ = (
        UniqueConstraint("session_pk", "message_id"),
        Index(None, "chat_id", "sent_at"),
        Index(None, "tenant_id", "sent_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    session_pk: Mapped[int | None] = mapped_column(ForeignKey("whatsapp_sessions.id", ondelete="SET NULL"))
    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id", ondelete="CASCADE"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(String(200))
    type: Mapped[str] = mapped_column(String(20))
    content: Mapped[dict[str, Any]]
    sender: Mapped[str] = mapped_column(String(64))
    recipient: Mapped[str] = mapped_column(String(64))
    sent_at: Mapped[datetime]
    created_at: Mapped[datetime]


class Receipt(Owned):
    """A callback that changed a session's row: its second delivery changes nothing."""

    __tablename__ = "callback_receipts"
    session_pk: Mapped[int] = mapped_column(
        ForeignKey("whatsapp_sessions.id", ondelete="CASCADE"), primary_key=True
    )
    webhook_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)


class AuditEntry(Owned):
    """Who did what to what, and how it ended; no text, number, QR or secret."""

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "tenant_id", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(60))
    target: Mapped[str] = mapped_column(String(200))
    outcome: Mapped[str] = mapped_column(String(60))


class LoginFailure(Base):
    """A failed login, under a digest of who tried: only these are ever throttled."""

    __tablename__ = "login_failures"
    __table_args__ = (Index(None, "who", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    who: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(index=True)
