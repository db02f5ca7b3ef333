"""`whatsapp-hub admin create`: an organization's administrator and an API key, both shown once.

Why a command: nobody can log in before the first administrator is there, and no default password ever is.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime

from sqlalchemy.exc import IntegrityError

from whatsapp_hub.security import api_keys
from whatsapp_hub.security.passwords import PasswordError, Passwords
from whatsapp_hub.serving import open_database
from whatsapp_hub.settings import Settings
from whatsapp_hub.store.directory import Directory
from whatsapp_hub.store.organization import ADMIN, Organization


class CannotCreate(Exception):
    """What was asked cannot be made; the text says why, and what to do."""


async def create(settings: Settings, *, tenant: str, email: str, password: str) -> int:
    """Make them and print them; without a password one is made up. Raises CannotCreate, CannotStart."""
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email) or len(email) > 254 or not email.isprintable():
        raise CannotCreate(f"--email {email!r} is no e-mail address. Give one, such as admin@example.com")
    if not 1 <= len(tenant) <= 100 or not tenant.isprintable():
        raise CannotCreate("--tenant is not a name of 1 to 100 printable characters. Give another.")
    chosen = password or secrets.token_urlsafe(15)
    try:
        kept = await Passwords().hash(chosen)
    except PasswordError as error:
        raise CannotCreate(f"ADMIN_PASSWORD: {error}") from None
    new, now = api_keys.make(), datetime.now(UTC)
    database = await open_database(settings)
    try:
        async with database.begin() as transaction:
            found = await Directory(transaction).tenant_named(tenant, now)
            store = Organization(transaction, found.id)
            user = await store.add_user(email=email, name="", role=ADMIN, password_hash=kept, now=now)
            await store.add_key(new, name="first", scopes=list(api_keys.SCOPES), now=now)
            await store.audit(at=now, actor="command", action="admin.create", target=f"user:{user.id}")
    except IntegrityError:
        raise CannotCreate(f"--email {email} has a user already. Take another address.") from None
    finally:
        await database.close()
    print(f"organization: {tenant}\nlog in as:    {email}")
    print(f"password:     {'as ADMIN_PASSWORD says' if password else chosen}\nAPI key:      {new.text}")
    print("Keep them: they are not shown again.")
    return 0
