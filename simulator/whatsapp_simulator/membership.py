"""Groups come to be and change: who may do it, and what everybody in them is told.

Why notices among the messages: whoever was away hears of a change in its place, and a removed member
hears of that as the last thing.
"""

from __future__ import annotations

from typing import Any, Literal

from whatsapp_simulator.acks import Ack
from whatsapp_simulator.errors import Refused
from whatsapp_simulator.exchange import Exchange, new_phone_message_id
from whatsapp_simulator.group_store import GroupStore, new_group_id
from whatsapp_simulator.kinds import MEMBERS
from whatsapp_simulator.records import Group, Member, Message
from whatsapp_simulator.store import Store

Action = Literal["add", "remove", "promote", "demote", "leave", "join"]
MAX_MEMBERS = 1024


class Membership:
    def __init__(self, store: Store, exchange: Exchange) -> None:
        self._store = store
        self._exchange = exchange
        self._groups: GroupStore = exchange.groups

    def create(self, owner: str, name: str, members: list[str]) -> Group:
        """Raises `Refused` when a member has no phone."""
        others = [number for number in dict.fromkeys(members) if number != owner]
        self._check_exist([owner, *others])
        group = Group(
            id=new_group_id(),
            name=name,
            owner=owner,
            created_at=self._exchange.clock(),
            members=(
                Member(number=owner, admin=True),
                *(Member(number=number, admin=False) for number in others),
            ),
        )
        with self._store.transaction():
            self._groups.create(group)
        self._tell(group, owner, "create", [owner, *others], to=[owner, *others])
        return group

    def change(self, group_id: str, by: str, action: Action, numbers: list[str]) -> Group:
        """Raises `Refused` when `by` may not, or a number is not in (or already in) the group."""
        group = self.get(group_id)
        chosen = [by] if action in ("leave", "join") else list(dict.fromkeys(numbers))
        self._check(group, by, action, chosen)
        with self._store.transaction():
            for number in chosen:
                if action in ("remove", "leave"):
                    self._groups.remove(group_id, number)
                else:
                    member = Member(number=number, admin=action == "promote")
                    self._groups.add(group_id, member, self._exchange.clock())
        changed = self.get(group_id)
        # Who left hears of it too.
        told = dict.fromkeys([member.number for member in (*group.members, *changed.members)])
        self._tell(changed, by, action, chosen, to=list(told))
        return changed

    def get(self, group_id: str) -> Group:
        """Raises `Refused(unknown_group)`."""
        group = self._groups.get(group_id)
        if group is None:
            raise Refused(
                "unknown_group", f"There is no group {group_id}. Make one first: POST /groups.", status=404
            )
        return group

    def _check(self, group: Group, by: str, action: Action, numbers: list[str]) -> None:
        if not numbers:
            raise Refused("no_members", f"{action}: name at least one member.", status=400)
        if action in ("add", "remove", "promote", "demote") and not group.has_admin(by):
            raise Refused("not_an_admin", f"{by} is no admin of {group.id}. Let {group.owner} do it.")
        if action in ("add", "join"):
            self._check_exist(numbers)
            wrong = [number for number in numbers if group.has(number)]
            if len(group.members) + len(numbers) > MAX_MEMBERS:
                raise Refused("group_full", f"A group has at most {MAX_MEMBERS} members.")
        else:
            wrong = [number for number in numbers if not group.has(number)]
        if wrong:
            state = "already" if action in ("add", "join") else "not"
            raise Refused("wrong_members", f"{action}: {', '.join(wrong)} is {state} in {group.id}.")

    def _check_exist(self, numbers: list[str]) -> None:
        for number in numbers:
            if self._store.account(number) is None:
                raise Refused(
                    "not_on_whatsapp",
                    f"No phone here has the number {number}. Make one first: POST /phones/{number}.",
                    status=404,
                )

    def _tell(self, group: Group, by: str, action: str, numbers: list[str], *, to: list[str]) -> None:
        content: dict[str, Any] = {"action": action, "by": by, "members": numbers}
        notice = Message(
            seq=0,
            owner=by,
            chat=group.id,
            id=new_phone_message_id(),
            from_me=True,
            author=by,
            type=MEMBERS,
            text=group.name if action == "create" else "",
            time=int(self._exchange.clock()),
            ack=Ack.READ,
            content=content,
        )
        accounts = [self._store.account(number) for number in to if number != by]
        self._exchange.notify(notice, [account for account in accounts if account])
