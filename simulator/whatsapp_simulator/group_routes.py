"""The control API's groups: made and changed as by a member with a phone in hand."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from whatsapp_simulator.membership import Action
from whatsapp_simulator.numbers import phone_number
from whatsapp_simulator.phone_models import NUMBER, Strict
from whatsapp_simulator.phone_routes import REFUSALS, WorldHere
from whatsapp_simulator.records import Group, iso

router = APIRouter(responses=REFUSALS, tags=["groups"])
GROUP = "120363000000000001@g.us"


class NewGroup(Strict):
    owner: Annotated[str, Field(examples=[NUMBER])]
    name: Annotated[str, Field(min_length=1, max_length=100, examples=["Friends"])]
    members: Annotated[list[str], Field(max_length=1023, examples=[["5491198765432"]])]


class MembersChange(Strict):
    by: Annotated[str, Field(examples=[NUMBER], description="who does it")]
    action: Action
    members: Annotated[list[str], Field(max_length=1023, default_factory=list)]


class MemberOut(BaseModel):
    number: str
    admin: bool


class GroupOut(BaseModel):
    id: Annotated[str, Field(examples=[GROUP])]
    name: str
    owner: str
    createdAt: str
    members: list[MemberOut]

    @classmethod
    def of(cls, group: Group) -> GroupOut:
        return cls(
            id=group.id,
            name=group.name,
            owner=group.owner,
            createdAt=iso(group.created_at),
            members=[MemberOut(number=member.number, admin=member.admin) for member in group.members],
        )


@router.post("/groups")
async def create(body: NewGroup, world: WorldHere) -> GroupOut:
    """Make a group; its owner's phone too, on first use."""
    owner = world.exchange.phone(phone_number(body.owner)).number
    members = [phone_number(member) for member in body.members]
    return GroupOut.of(world.membership.create(owner, body.name, members))


@router.get("/groups")
async def list_groups(world: WorldHere) -> list[GroupOut]:
    """Every group, oldest first."""
    return [GroupOut.of(group) for group in world.exchange.groups.all()]


@router.get("/groups/{group_id}")
async def get_group(group_id: str, world: WorldHere) -> GroupOut:
    """One group with its members."""
    return GroupOut.of(world.membership.get(group_id))


@router.post("/groups/{group_id}/members")
async def change(group_id: str, body: MembersChange, world: WorldHere) -> GroupOut:
    """Add, remove, promote or demote members as an admin; leave or join (`by` alone) as oneself."""
    numbers = [phone_number(member) for member in body.members]
    return GroupOut.of(world.membership.change(group_id, phone_number(body.by), body.action, numbers))
