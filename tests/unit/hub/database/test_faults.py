"""Which errors of the database pass by themselves."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from whatsapp_hub.database.faults import passes


class Said(Exception):
    """A driver's error with PostgreSQL's code."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("it said no")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "does"),
    [
        (DataError("x", {}, Said("22001")), False),
        (DBAPIError("x", {}, Said("22021")), False),
        (StatementError("bad type", "x", {}, TypeError("no")), False),
        (DBAPIError("x", {}, Said("57P01")), True),
        (DBAPIError("x", {}, Said("40001")), True),
        (DBAPIError("x", {}, Said("22021"), connection_invalidated=True), True),
        (OperationalError("x", {}, Exception()), True),
        (InterfaceError("x", {}, Exception()), True),
        (IntegrityError("x", {}, Exception()), True),
        (PoolTimeout(), True),
        (SQLAlchemyError(), True),
        (ConnectionError(), True),
    ],
)
def test_a_value_that_is_refused_is_refused_again(error: Exception, does: bool) -> None:
    assert passes(error) is does
