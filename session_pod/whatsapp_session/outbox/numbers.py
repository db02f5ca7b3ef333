"""Which chat a number has, asked of WhatsApp once and remembered for a while.

Why remembered: numbers that ask WhatsApp about many numbers get banned. Why not for ever: people come and go.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from whatsapp_session.engine.protocol import NotOnWhatsApp, WhatsAppEngine
from whatsapp_session.outbox.entries import lane

KNOWN_FOR = timedelta(days=1)
UNKNOWN_FOR = timedelta(minutes=10)
"""Somebody who has just made an account should not wait a day for their first message."""
MOST = 10_000
CHECK_TIMEOUT = 15.0


class Numbers:
    """The answers, the least recently used one goes first."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._known: OrderedDict[str, tuple[datetime, str | NotOnWhatsApp]] = OrderedDict()

    async def resolve(self, to: str, engine: Callable[[], WhatsAppEngine]) -> str:
        """The chat id of `to`. Raises NotOnWhatsApp, and what `engine` and asking it raise."""
        name = lane(to)
        now = self._clock()
        until, answer = self._known.get(name, (now, ""))
        if answer and now < until:
            self._known.move_to_end(name)
            if isinstance(answer, NotOnWhatsApp):
                raise NotOnWhatsApp(str(answer))
            return answer
        try:
            chat_id = await engine().resolve(to, timeout=CHECK_TIMEOUT)
        except NotOnWhatsApp as error:
            self._keep(name, now + UNKNOWN_FOR, error)
            raise
        if name.endswith("@c.us"):  # groups and LIDs are not asked of WhatsApp, the page knows them
            self._keep(name, now + KNOWN_FOR, chat_id)
        return chat_id

    def _keep(self, name: str, until: datetime, answer: str | NotOnWhatsApp) -> None:
        self._known[name] = (until, answer)
        self._known.move_to_end(name)
        while len(self._known) > MOST:
            self._known.popitem(last=False)
