"""What every part of the resource's types is made of: the base model, and CEL rules with their messages.

Why apart: the spec is more than one room, and a rule reads the same in each.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict


def rule(expression: str, message: str) -> JsonDict:
    """One CEL validation of the schema."""
    return {"rule": expression, "message": message}


def cel(text: str) -> str:
    """A string literal of CEL that keeps backslashes."""
    return f"r'{text}'"


def fixed(field: str, message: str) -> JsonDict:
    """An optional field that can be neither set, changed nor removed after creation."""
    return rule(
        f"has(self.{field}) == has(oldSelf.{field})"
        f" && (!has(self.{field}) || self.{field} == oldSelf.{field})",
        message,
    )


class Model(BaseModel):
    """Python names here, camelCase in the resource. Fields of a newer CRD are left alone."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore")
