"""The first administrator of an organization without a command: from a mounted Secret, or made up and shown.

Why harmless to repeat: every replica does it at every start. Where there is an administrator nobody is made:
a password may have been changed since, or that user removed on purpose.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import IntegrityError

from whatsapp_hub.database.connection import Database
from whatsapp_hub.security import api_keys
from whatsapp_hub.security.api_keys import NewKey
from whatsapp_hub.security.passwords import PasswordError, Passwords
from whatsapp_hub.store.directory import Directory
from whatsapp_hub.store.organization import ADMIN, Organization

ENTRIES = ("tenant", "email", "password")
API_KEY = "api-key"
LARGEST = 4096


class FirstAdminError(Exception):
    """The folder cannot be used; the text names the entry and the cure, and repeats no secret."""


@dataclass(frozen=True, kw_only=True)
class FirstAdmin:
    """Who it shall be. `password` None: one is made up. `key` None: none is made; empty: one is made up."""

    tenant: str
    email: str
    password: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Made:
    """What was made just now, to be shown once. `key` None: none was asked for."""

    tenant: str
    email: str
    password: str = field(repr=False)
    key: str | None = field(default=None, repr=False)


def read(folder: Path) -> FirstAdmin:
    """The files `tenant`, `email`, `password` and, if it is there, `api-key`. Raises FirstAdminError."""
    found = {name: _entry(folder, name) for name in ENTRIES}
    for name, text in found.items():
        if not text:
            raise FirstAdminError(
                f"HUB_ADMIN_DIR={folder} has no entry {name}. Add it to the Secret: it needs "
                f"{', '.join(ENTRIES)} and may have {API_KEY}."
            )
    key = _entry(folder, API_KEY)
    if key and api_keys.prefix_of(key) is None:
        raise FirstAdminError(
            f"HUB_ADMIN_DIR={folder}: the entry {API_KEY} is no key. Leave it out, or write was_<12 "
            "characters of 0-9a-f>_<43 characters of A-Za-z0-9_->, which this prints: "
            "echo was_$(openssl rand -hex 6)_$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=')"
        )
    return FirstAdmin(
        tenant=found["tenant"], email=found["email"], password=found["password"], key=key or None
    )


async def ensure(database: Database, first: FirstAdmin, passwords: Passwords, now: datetime) -> Made | None:
    """Make organization, administrator and key; None: it has an administrator (the key may be new).

    Raises FirstAdminError, and what the database does.
    """
    if (
        not re.fullmatch(r"[^@\s]+@[^@\s]+", first.email)
        or len(first.email) > 254
        or not first.email.isprintable()
    ):
        raise FirstAdminError("email is no e-mail address. Write one, such as admin@example.com")
    if not 1 <= len(first.tenant) <= 100 or not first.tenant.isprintable():
        raise FirstAdminError("tenant is not a name of 1 to 100 printable characters. Write another.")
    key = _key(first.key)
    password = first.password or secrets.token_urlsafe(15)
    try:
        kept = await passwords.hash(password)
    except PasswordError as error:
        raise FirstAdminError(f"password: {error}") from None
    try:
        return await _make(database, first, password, kept, key, now)
    except IntegrityError:  # another replica did it at this moment
        return None


async def _make(
    database: Database, first: FirstAdmin, password: str, kept: str, key: NewKey | None, now: datetime
) -> Made | None:
    async with database.begin() as transaction:
        directory = Directory(transaction)
        user = await directory.user(first.email)
        tenant = await directory.tenant_named(first.tenant, now)
        if user is not None and user.tenant_id != tenant.id:
            raise FirstAdminError(
                "email belongs to a user of another organization. Write another address, or that tenant."
            )
        store = Organization(transaction, tenant.id)
        makes = user is None and await store.administrators() == 0
        if makes:
            new = await store.add_user(email=first.email, name="", role=ADMIN, password_hash=kept, now=now)
            await store.audit(at=now, actor="start", action="admin.create", target=f"user:{new.id}")
        if key and (first.key or makes) and await directory.key(key.prefix) is None:
            await store.add_key(key, name="first", scopes=list(api_keys.SCOPES), now=now)
    if not makes:
        return None
    return Made(tenant=first.tenant, email=first.email, password=password, key=key.text if key else None)


def _key(text: str | None) -> NewKey | None:
    if text is None:
        return None
    prefix = api_keys.prefix_of(text)
    return NewKey(text=text, prefix=prefix, hash=api_keys.digest(text)) if prefix else api_keys.make()


def _entry(folder: Path, name: str) -> str:
    try:
        raw = (folder / name).read_bytes()[: LARGEST + 1]
        return raw.decode().strip() if len(raw) <= LARGEST else ""
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise FirstAdminError(
            f"HUB_ADMIN_DIR={folder}: the entry {name} cannot be read ({type(error).__name__}). "
            "Mount the Secret so that the hub may read it."
        ) from None
