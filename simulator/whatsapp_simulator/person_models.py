"""The JSON of pairing codes, calls and presence."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from whatsapp_simulator.phone_models import Strict
from whatsapp_simulator.presence import State


class Pair(Strict):
    code: Annotated[str, Field(max_length=100, examples=["ABCD-1234"])]


class Call(Strict):
    to: Annotated[str, Field(examples=["5491198765432"])]
    video: bool = False


class CallOut(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    id: str
    sender: Annotated[str, Field(alias="from")]
    to: str
    video: bool


class PresenceIn(Strict):
    to: Annotated[str, Field(description="a number, a LID or a group's id", examples=["5491198765432"])]
    state: State


class PresenceOut(BaseModel):
    state: State
