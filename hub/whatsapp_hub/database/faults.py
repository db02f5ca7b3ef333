"""Which errors of the database pass by themselves. Pure.

Why: what passes is tried again until it is written; a value that the database will never take would be tried
for ever, and everything behind it would wait.
"""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, StatementError

from whatsapp_hub.database.connection import PASSING


def passes(error: Exception) -> bool:
    """Whether the same may succeed later."""
    if not isinstance(error, StatementError):
        return True  # no connection, no turn in the pool
    if not isinstance(error, DBAPIError):
        return False  # a value of no type that the column has
    if error.connection_invalidated or isinstance(error, IntegrityError | InterfaceError | OperationalError):
        return True
    cause = error.orig.__cause__ if error.orig else None
    code = getattr(error.orig, "sqlstate", None) or getattr(cause, "sqlstate", None)
    return str(code or "").startswith(PASSING)
