"""The two statements of a message that comes in: whose session is it, and put it where it belongs.

Why one statement stores: each further one is a way to the database and back, and with a hundred pods at once
those ways are what the hub's rate is made of. It answers nothing where another call is making the same
contact, chat or message at that moment: then `Messages.store` decides, step by step.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, literal_column, select, union_all
from sqlalchemy.dialects import postgresql, sqlite

from whatsapp_hub.database.connection import Run
from whatsapp_hub.database.models import Chat, Contact, Mensaje, Session
from whatsapp_hub.database.prepared import Prepared
from whatsapp_hub.store.messages import Incoming, Stored, values_of

MOST = 1000
"""Sessions of one name, over all tenants."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What proves a session, and what its rows hang on."""

    id: int
    tenant_id: int
    uid: str
    key_version: int


async def named(run: Run, session_id: str) -> list[Known]:
    """Every tenant's session of this name: a signature decides which is meant."""
    return [
        Known(id=row[0], tenant_id=row[1], uid=row[2], key_version=row[3])
        for row in await run(NAMED, {"named": session_id})
    ]


async def store(run: Run, session: Known, message: Incoming, now: datetime) -> Stored | None:
    """Keep a message that is new; None where it is not, or that cannot be said in one step.

    Raises IntegrityError when the session was deleted just now.
    """
    rows = await run(STORE, values_of(session.tenant_id, session.id, message, now))
    return Stored(id=rows[0][0], contact_id=rows[0][1], chat_id=rows[0][2], new=True) if rows else None


_named: Any = (
    select(Session.id, Session.tenant_id, Session.uid, Session.key_version)
    .where(Session.session_id == bindparam("named"))
    .limit(literal_column(str(MOST)))
)
NAMED = Prepared(_named, _named, reads=True)

PERSON, TALK = ("tenant_id", "phone", "created_at"), ("tenant_id", "session_pk", "contact_id", "created_at")
GIVEN = [column for column in Mensaje.__table__.columns if column.name not in ("id", "contact_id", "chat_id")]


def _given(name: str) -> Any:
    return bindparam(name, type_=Mensaje.__table__.c[name].type)


def _message(insert: Any, contact_id: Any, chat_id: Any, source: Any) -> Any:
    """The message itself, of a contact and a chat that `source` has."""
    values = [_given(column.name).label(column.name) for column in GIVEN]
    asked = select(*values, contact_id, chat_id).select_from(source)
    return asked, (
        lambda chosen: (
            insert(Mensaje.__table__)
            .from_select(
                [*(column.name for column in GIVEN), "contact_id", "chat_id"], chosen, include_defaults=False
            )
            .on_conflict_do_nothing(index_elements=["session_pk", "message_id"])
            .returning(Mensaje.id, Mensaje.contact_id, Mensaje.chat_id)
        )
    )


def _of_the_known() -> Any:
    """SQLite: a message of somebody who wrote in this session before; no row when that is not so."""
    source = Contact.__table__.join(Chat.__table__, Chat.contact_id == Contact.id)
    asked, finish = _message(sqlite.insert, Contact.id.label("contact_id"), Chat.id.label("chat_id"), source)
    return finish(
        asked.where(
            Contact.tenant_id == bindparam("tenant_id"),
            Contact.phone == bindparam("sender"),
            Chat.session_pk == bindparam("session_pk"),
        )
    )


def _of_anybody() -> Any:
    """PostgreSQL: contact and chat are made in the same statement where they are missing.

    They are looked for first, because an insert that meets a conflict uses up a number of its sequence.
    """
    known = (
        select(Contact.id)
        .where(Contact.tenant_id == _given("tenant_id"), Contact.phone == _given("sender"))
        .cte("known")
    )
    person = _found_or_made(
        Contact, PERSON, known, [_given("tenant_id"), _given("sender"), _given("created_at")], None
    )
    talked = (
        select(Chat.id)
        .join(person, Chat.contact_id == person.c.id)
        .where(Chat.session_pk == _given("session_pk"))
        .cte("talked")
    )
    chat = _found_or_made(
        Chat, TALK, talked,
        [_given("tenant_id"), _given("session_pk"), person.c.id, _given("created_at")], person,
    )  # fmt: skip
    source = person.join(chat, person.c.id.is_not(None))
    asked, finish = _message(
        postgresql.insert, person.c.id.label("contact_id"), chat.c.id.label("chat_id"), source
    )
    return finish(asked)


def _found_or_made(table: Any, names: tuple[str, ...], found: Any, values: list[Any], source: Any) -> Any:
    """The id in `found`, or of the row that is made because there is none."""
    new = select(*(value.label(name) for name, value in zip(names, values, strict=True)))
    if source is not None:
        new = new.select_from(source)
    keys = names[:2] if table is Contact else names[1:3]
    made = (
        postgresql.insert(table.__table__)
        .from_select(list(names), new.where(~exists(select(found.c.id))), include_defaults=False)
        .on_conflict_do_nothing(index_elements=list(keys))
        .returning(table.id)
        .cte(f"new_{table.__tablename__}")
    )
    return union_all(select(found.c.id), select(made.c.id)).cte(f"the_{table.__tablename__}")


STORE = Prepared(_of_anybody(), _of_the_known())
