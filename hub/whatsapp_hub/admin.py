"""`whatsapp-hub admin …`: administrators, passwords, keys, by whoever has the database, of a running hub too.

Why a command: nobody can log in before the first administrator is there, no default password ever is, and who
has lost the last password has no other door. What is made is shown once.
"""

from __future__ import annotations

import re
import secrets
from argparse import Namespace
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from whatsapp_hub.database.connection import Database
from whatsapp_hub.database.models import Tenant
from whatsapp_hub.security import api_keys, tokens
from whatsapp_hub.security.passwords import PasswordError, Passwords
from whatsapp_hub.serving import open_database
from whatsapp_hub.settings import Settings
from whatsapp_hub.store.directory import Directory
from whatsapp_hub.store.organization import ADMIN, Organization
from whatsapp_hub.times import iso

ONCE = "Keep it: it is not shown again."


class CannotCreate(Exception):
    """What was asked cannot be done; the text says why, and what to do."""


async def run(settings: Settings, given: Namespace, password: str) -> int:
    """The command that was `given`; the exit code. Raises CannotCreate, CannotStart."""
    if given.admin == "create":
        return await create(settings, tenant=given.tenant, email=given.email, password=password)
    if given.admin == "reset-password":
        return await reset_password(settings, email=given.email, password=password)
    if given.keys == "list":
        return await list_keys(settings, tenant=given.tenant)
    if given.keys == "create":
        return await create_key(settings, tenant=given.tenant, name=given.name, scopes=given.scope)
    return await revoke_key(settings, tenant=given.tenant, key_id=given.id)


async def create(settings: Settings, *, tenant: str, email: str, password: str) -> int:
    """Make an administrator and a key and print them; without a password one is made up."""
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email) or len(email) > 254 or not email.isprintable():
        raise CannotCreate(f"--email {email!r} is no e-mail address. Give one, such as admin@example.com")
    if not 1 <= len(tenant) <= 100 or not tenant.isprintable():
        raise CannotCreate("--tenant is not a name of 1 to 100 printable characters. Give another.")
    chosen, kept = await _password(password)
    new, now = api_keys.make(), datetime.now(UTC)
    try:
        async with _opened(settings) as database, database.begin() as transaction:
            found = await Directory(transaction).tenant_named(tenant, now)
            store = Organization(transaction, found.id)
            user = await store.add_user(email=email, name="", role=ADMIN, password_hash=kept, now=now)
            await store.add_key(new, name="first", scopes=list(api_keys.SCOPES), now=now)
            await store.audit(at=now, actor="command", action="admin.create", target=f"user:{user.id}")
    except IntegrityError:
        raise CannotCreate(f"--email {email} has a user already. Take another address.") from None
    print(f"organization: {tenant}\nlog in as:    {email}")
    print(f"password:     {'as ADMIN_PASSWORD says' if password else chosen}\nAPI key:      {new.text}")
    print("Keep them: they are not shown again.")
    return 0


async def reset_password(settings: Settings, *, email: str, password: str) -> int:
    """Another password for whoever has lost theirs; every token of theirs ends."""
    chosen, kept = await _password(password)
    now = datetime.now(UTC)
    async with _opened(settings) as database, database.begin() as transaction:
        user = await Directory(transaction).user(email) if email.isprintable() else None
        if user is None:
            raise CannotCreate(f"--email {email!r} has no user. Make one: whatsapp-hub admin create")
        user.password_hash, user.tokens_after = kept, tokens.ended_by(now)
        store = Organization(transaction, user.tenant_id)
        await store.audit(at=now, actor="command", action="password.reset", target=f"user:{user.id}")
        active = user.active
    print(f"log in as:    {email}\npassword:     {'as ADMIN_PASSWORD says' if password else chosen}")
    print(ONCE if active else "The user is deactivated: an administrator has to activate it first.")
    return 0


async def list_keys(settings: Settings, *, tenant: str) -> int:
    """Every key of an organization, a line each; no key's text."""
    async with _opened(settings) as database, database.read() as transaction:
        found = await Organization(transaction, (await _tenant(transaction, tenant)).id).keys()
    for key in found:
        used = iso(key.last_used_at) or "never used"
        state = "revoked" if key.revoked_at else used
        print(f"{key.id}\twas_{key.prefix}_…\t{key.name}\t{','.join(key.scopes)}\t{state}")
    return 0


async def create_key(settings: Settings, *, tenant: str, name: str, scopes: Sequence[str]) -> int:
    """A new key, printed once; without scopes it has all of them."""
    if not 1 <= len(name) <= 200 or not name.isprintable():
        raise CannotCreate("--name is not a name of 1 to 200 printable characters. Give another.")
    new, now = api_keys.make(), datetime.now(UTC)
    async with _opened(settings) as database, database.begin() as transaction:
        store = Organization(transaction, (await _tenant(transaction, tenant)).id)
        key = await store.add_key(
            new, name=name, scopes=sorted(set(scopes)) or list(api_keys.SCOPES), now=now
        )
        await store.audit(at=now, actor="command", action="key.create", target=f"key:{key.id}")
    print(f"API key:      {new.text}\n{ONCE}")
    return 0


async def revoke_key(settings: Settings, *, tenant: str, key_id: int) -> int:
    """The key opens nothing from now on. Doing it twice is no error."""
    now = datetime.now(UTC)
    async with _opened(settings) as database, database.begin() as transaction:
        store = Organization(transaction, (await _tenant(transaction, tenant)).id)
        key = await store.key(key_id) if 0 < key_id < 2**31 else None
        if key is None:
            raise CannotCreate(
                f"--id {key_id} is no key of {tenant!r}. List them: whatsapp-hub admin keys list --tenant …"
            )
        if key.revoked_at is None:
            key.revoked_at = now
            await store.audit(at=now, actor="command", action="key.revoke", target=f"key:{key.id}")
    print(f"Key {key_id} is revoked.")
    return 0


async def _password(given: str) -> tuple[str, str]:
    """The password, made up where none was given, and its hash."""
    chosen = given or secrets.token_urlsafe(15)
    try:
        return chosen, await Passwords().hash(chosen)
    except PasswordError as error:
        raise CannotCreate(f"ADMIN_PASSWORD: {error}") from None


async def _tenant(transaction: AsyncSession, name: str) -> Tenant:
    found = await Directory(transaction).known_tenant(name)
    if found is None:
        raise CannotCreate(f"--tenant {name!r} is no organization here. Make it: whatsapp-hub admin create")
    return found


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    database = await open_database(settings)
    try:
        yield database
    finally:
        await database.close()
