"""What went wrong, judged by what the simulator and the receiver saw, never by the pod's own journal. Pure.

Why as lists of sentences: a run that failed says everything that is wrong at once, and what to look for.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One webhook call that was answered 2xx, in the order of arrival."""

    event_id: str
    type: str
    chat_id: str
    message_id: str
    text: str


def problems_of_sent(wanted: Mapping[str, Sequence[str]], found: Mapping[str, Sequence[str]]) -> list[str]:
    """Texts by chat: as the callers were promised, and as the simulator's ledger has them, in order."""
    return [
        problem
        for chat in sorted({*wanted, *found})
        for problem in _compared(f"sent to {chat}", wanted.get(chat, ()), found.get(chat, ()))
    ]


def problems_of_received(
    wanted: Mapping[str, Sequence[str]], deliveries: Sequence[Delivery], type: str
) -> list[str]:
    """Texts by chat as the phones sent them, against the first delivery of each event of this type."""
    found: dict[str, list[str]] = defaultdict(list)
    seen: set[str] = set()
    for each in deliveries:
        if each.type == type and each.event_id not in seen:
            seen.add(each.event_id)
            found[each.chat_id].append(each.text)
    return [
        problem
        for chat in sorted({*wanted, *found})
        for problem in _compared(f"{type} of {chat}", wanted.get(chat, ()), found.get(chat, ()))
    ]


def problems_of_ids(deliveries: Sequence[Delivery]) -> list[str]:
    """Each message has one event of each type (acknowledgements apart), and each id names one event."""
    events: dict[tuple[str, str], set[str]] = defaultdict(set)
    named: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for each in deliveries:
        if each.type in {"message.received", "message.sent"}:
            events[each.type, each.message_id].add(each.event_id)
            named[each.event_id].add((each.type, each.message_id))
    doubled = [
        f"{type} has {len(ids)} event ids for one message"
        for (type, _), ids in events.items()
        if len(ids) > 1
    ]
    shared = [f"one event id names {len(of)} messages" for of in named.values() if len(of) > 1]
    return doubled + shared


def _compared(what: str, wanted: Sequence[str], found: Sequence[str]) -> list[str]:
    lost = Counter(wanted) - Counter(found)
    extra = Counter(found) - Counter(wanted)
    problems = []
    if lost:
        problems.append(f"{what}: {lost.total()} lost: {_some(lost)}")
    if extra:
        problems.append(f"{what}: {extra.total()} too many: {_some(extra)}")
    common = [text for text in found if text in set(wanted)]
    if not lost and not extra and common != list(wanted):
        first = next(i for i, (a, b) in enumerate(zip(wanted, common, strict=True)) if a != b)
        problems.append(f"{what}: out of order at {first}: {common[first]!r} where {wanted[first]!r} was due")
    return problems


def _some(texts: Counter[str]) -> str:
    names = sorted(texts)
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
