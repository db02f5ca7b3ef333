"""How many events of the journal a receiver will still take, counted without reading all of them each time.

Why remembered: metrics ask every few seconds, and behind a receiver that is away lies a day of events.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from whatsapp_session.webhooks.receiver import Receiver
from whatsapp_session.webhooks.store import Store


@dataclass(kw_only=True)
class _Count:
    after: int
    upto: int
    types: Counter[str] = field(default_factory=Counter)


class Ahead:
    """The counts of all receivers. May be asked from any thread; raises sqlite3.Error."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counts: dict[str, _Count] = {}

    def of(self, receiver: Receiver, last: int) -> int:
        """Events that `receiver` will take from the journal, whose last `seq` is `last`."""
        name, after = receiver.book.name, receiver.book.scanned
        known = self._counts.get(name)
        if known is None or known.after != after or known.upto > last:
            known = _Count(after=after, upto=after)
        if known.upto < last:
            new = self._store.types_between(known.upto, last)
            known = _Count(after=after, upto=last, types=known.types + Counter(new))
        self._counts[name] = known
        return sum(count for type_, count in known.types.items() if receiver.wants(type_))
