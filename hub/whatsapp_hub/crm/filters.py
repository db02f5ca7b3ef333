"""Filters as PostgREST writes them: `?status=eq.connected&order=id.desc&limit=10`. Pure: text to conditions.

Why so strict: a filter that is silently dropped answers every session where one was asked for. So an unknown
column, operator or value is an error that names it. What is here follows PostgREST's "Horizontal Filtering":
`*` in `like` and `ilike` stands for `%`, `in.(a,"b,c")` takes quotes, `is` takes null, not_null, true, false.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement

from whatsapp_hub import times

Columns = Any
"""The table's columns by name."""
Condition = Callable[[Columns], ColumnElement[bool]]

WHOLE, TEXT, TIME = "a whole number", "text", "a time"
COLUMNS: Mapping[str, str] = {
    "id": WHOLE,
    "session_id": TEXT,
    "sesion_id": WHOLE,
    "phone_number": TEXT,
    "status": TEXT,
    "last_seen": TIME,
    "auth_folder_path": TEXT,
    "server_port": WHOLE,
    "whatsapp_user_id": TEXT,
    "created_at": TIME,
    "updated_at": TIME,
}
OPERATORS = ("eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "is", "in")
RESERVED = ("select", "order", "limit", "offset")
LARGEST = 2**31 - 1
LONGEST_LIST = 1000


class FilterError(ValueError):
    """A filter that is not understood; the text names it and the cure."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """What was asked: columns, conditions that all hold, an order, a window."""

    select: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    order: tuple[Callable[[Columns], ColumnElement[Any]], ...] = ()
    limit: int | None = None
    offset: int = 0


def parse(parameters: Iterable[tuple[str, str]]) -> Query:
    """The query that a query string's parameters ask; raises FilterError."""
    given = list(parameters)
    single = {name: _once(name, [value for key, value in given if key == name]) for name in RESERVED}
    return Query(
        select=_select(single["select"]),
        conditions=tuple(_condition(name, text) for name, text in given if name not in RESERVED),
        order=_order(single["order"]),
        limit=_window("limit", single["limit"]),
        offset=_window("offset", single["offset"]) or 0,
    )


def _once(name: str, values: Sequence[str]) -> str | None:
    if len(values) > 1:
        raise FilterError(f"{name} is given {len(values)} times. Give it once.")
    return values[0] if values else None


def _known(name: str) -> str:
    if name not in COLUMNS:
        raise FilterError(f"There is no column {name[:100]!r}. The columns are: {', '.join(COLUMNS)}.")
    return name


def _select(text: str | None) -> tuple[str, ...]:
    if text is None or text.strip() in {"", "*"}:
        return tuple(COLUMNS)
    return tuple(dict.fromkeys(_known(name.strip()) for name in text.split(",")))


def _condition(name: str, text: str) -> Condition:
    kind = COLUMNS[_known(name)]
    operator, dot, operand = text.partition(".")
    if not dot or operator not in OPERATORS:
        raise FilterError(
            f"{name}={text[:100]} has no known operator. Write {name}=eq.<value>, "
            f"or one of: {', '.join(OPERATORS)}."
        )
    if operator == "is":
        return _is(name, operand)
    if operator == "in":
        wanted = [_value(name, kind, each) for each in _list(name, operand)]
        return lambda columns: columns[name].in_(wanted)
    if operator in ("like", "ilike"):
        return _like(name, kind, operator, operand)
    value = _value(name, kind, operand)
    compare: Callable[[Any], ColumnElement[bool]] = {
        "eq": lambda column: column == value,
        "neq": lambda column: column != value,
        "gt": lambda column: column > value,
        "gte": lambda column: column >= value,
        "lt": lambda column: column < value,
        "lte": lambda column: column <= value,
    }[operator]
    return lambda columns: compare(columns[name])


def _is(name: str, operand: str) -> Condition:
    word = operand.lower()
    if word == "null":
        return lambda columns: columns[name].is_(None)
    if word == "not_null":
        return lambda columns: columns[name].is_not(None)
    raise FilterError(f"{name}=is.{operand[:100]} is not known here. Write is.null or is.not_null.")


def _like(name: str, kind: str, operator: str, operand: str) -> Condition:
    if kind is not TEXT:
        raise FilterError(f"{name}={operator}.… compares text, and {name} is {kind}. Use eq, gt, lt or in.")
    pattern = _plain(name, operand).replace("*", "%")
    if (len(pattern) - len(pattern.rstrip("\\"))) % 2:
        raise FilterError(
            f"{name}={operator}.… ends with a backslash that escapes nothing. Double or remove it."
        )
    if operator == "like":
        return lambda columns: columns[name].like(pattern, escape="\\")
    return lambda columns: columns[name].ilike(pattern, escape="\\")


def _list(name: str, operand: str) -> list[str]:
    """`(a,"b,c",d)`."""
    item = r'"(?:[^"\\]|\\.)*"|[^,()"]*'
    if not re.fullmatch(rf"\((?:{item})(?:,(?:{item}))*\)", operand):
        raise FilterError(f"{name}=in.… is not a list. Write {name}=in.(a,b).")
    items = re.findall(rf"(?:^|,)({item})", operand[1:-1]) if operand != "()" else []
    if len(items) > LONGEST_LIST:
        raise FilterError(f"{name}=in.… has more than {LONGEST_LIST} values. Ask in parts.")
    return [re.sub(r"\\(.)", r"\1", each[1:-1]) if each.startswith('"') else each for each in items]


def _value(name: str, kind: str, text: str) -> int | str | datetime:
    if kind is TEXT:
        return _plain(name, text)
    try:
        if kind is TIME:
            return times.parse(text.replace(" ", "+"))  # an unescaped + of the offset arrives as a space
        if not re.fullmatch(r"-?[0-9]{1,10}", text) or abs(int(text)) > LARGEST:
            raise ValueError(text)
        return int(text)
    except ValueError:
        raise FilterError(f"{name} is {kind}, and {text[:100]!r} is none. Correct it.") from None


def _plain(name: str, text: str) -> str:
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise FilterError(f"{name} is compared with characters that no text has. Correct it.")
    return text


def _order(text: str | None) -> tuple[Callable[[Columns], ColumnElement[Any]], ...]:
    return tuple(_one_order(each.strip()) for each in text.split(",")) if text else ()


def _one_order(text: str) -> Callable[[Columns], ColumnElement[Any]]:
    name, *words = text.split(".")
    _known(name)
    falling = bool(words) and words[0] == "desc"
    if words and words[0] in ("asc", "desc"):
        words = words[1:]
    nulls_first = falling  # as PostgreSQL has it
    if words and words[0] in ("nullsfirst", "nullslast"):
        nulls_first = words[0] == "nullsfirst"
        words = words[1:]
    if words:
        raise FilterError(f"order={text[:100]} is not known. Write order={name}.desc.nullslast, for example.")

    def order(columns: Columns) -> ColumnElement[Any]:
        ordered = columns[name].desc() if falling else columns[name].asc()
        placed: ColumnElement[Any] = ordered.nulls_first() if nulls_first else ordered.nulls_last()
        return placed

    return order


def _window(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= LARGEST):
        raise FilterError(f"{name}={text[:100]} is not a whole number from 0 to {LARGEST}. Correct it.")
    return int(text)
