"""The groups and who is in them; what may be done with them is in `membership`."""

from __future__ import annotations

import secrets
import sqlite3

from whatsapp_simulator.numbers import GROUP_SERVER
from whatsapp_simulator.records import Group, Member
from whatsapp_simulator.store import Store


def new_group_id() -> str:
    """As WhatsApp's: 18 digits beginning with 120363."""
    return f"120363{secrets.randbelow(10**12):012d}@{GROUP_SERVER}"


class GroupStore:
    def __init__(self, store: Store) -> None:
        self._database = store.database

    def create(self, group: Group) -> None:
        self._database.execute(
            "INSERT INTO groups (id, name, owner, created_at) VALUES (?, ?, ?, ?)",
            (group.id, group.name, group.owner, group.created_at),
        )
        for member in group.members:
            self.add(group.id, member, group.created_at)

    def get(self, group_id: str) -> Group | None:
        row = self._database.execute("SELECT * FROM groups WHERE id = ?", (group_id,)).fetchone()
        return self._group(row) if row else None

    def all(self) -> list[Group]:
        """Oldest first."""
        return [self._group(row) for row in self._database.execute("SELECT * FROM groups ORDER BY rowid")]

    def of(self, number: str) -> list[Group]:
        """Those that this number is in, oldest first."""
        rows = self._database.execute(
            "SELECT g.* FROM groups g JOIN members m ON m.group_id = g.id WHERE m.number = ? "
            "ORDER BY g.rowid",
            (number,),
        )
        return [self._group(row) for row in rows]

    def add(self, group_id: str, member: Member, now: float) -> None:
        """Adds a member, or changes whether it is an admin."""
        self._database.execute(
            "INSERT INTO members (group_id, number, admin, joined_at) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET admin = excluded.admin",
            (group_id, member.number, int(member.admin), now),
        )

    def remove(self, group_id: str, number: str) -> None:
        self._database.execute("DELETE FROM members WHERE group_id = ? AND number = ?", (group_id, number))

    def _group(self, row: sqlite3.Row) -> Group:
        members = self._database.execute(
            "SELECT number, admin FROM members WHERE group_id = ? ORDER BY rowid", (row["id"],)
        )
        return Group(
            id=row["id"],
            name=row["name"],
            owner=row["owner"],
            created_at=row["created_at"],
            members=tuple(Member(number=one["number"], admin=bool(one["admin"])) for one in members),
        )
