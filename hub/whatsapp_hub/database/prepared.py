"""A statement that is made once, and is a transaction in itself.

Why beside the ORM: a message of a session is stored by two statements, and nearly all that it costs is the
way to them: a session, a transaction's begin and end, objects of rows. Here SQLAlchemy writes the SQL when
the process starts, and at each call the driver gets the text it has prepared and its arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.sql import Executable


class Prepared:
    """One statement for both databases; `reads`: it writes nothing."""

    def __init__(self, postgresql: Executable, sqlite: Executable, *, reads: bool = False) -> None:
        self.sqlite = sqlite
        self.reads = reads
        dialect = asyncpg.dialect()  # type: ignore[no-untyped-call]
        compiled: Any = postgresql.compile(dialect=dialect)  # type: ignore[attr-defined]
        self.sql = str(compiled)
        self._arguments: list[tuple[str, Callable[[Any], Any] | None]] = [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup
        ]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """`values` in the order and the form in which the driver takes them."""
        return [
            values[name] if process is None else process(values[name]) for name, process in self._arguments
        ]
