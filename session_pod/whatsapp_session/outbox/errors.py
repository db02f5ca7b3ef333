"""Why a send is not done, beside what the engine says. Each text names what happened and the cure."""

from __future__ import annotations

from math import ceil

from whatsapp_session.engine.protocol import NotOnWhatsApp


class OutboxError(Exception):
    """The outbox refuses; nothing was sent by this call unless its kind says otherwise."""


class KeyInProgress(OutboxError):
    """The first call with this Idempotency-Key is still under way."""


class OutcomeUnknown(OutboxError):
    """What became of the message is not known yet; the same key asks again and never makes a second one."""


class KeyReused(OutboxError):
    """This Idempotency-Key was used with another request."""


class RateLimited(OutboxError):
    """The pacing would hold the call too long."""

    def __init__(self, retry_after: float) -> None:
        self.retry_after = max(1, ceil(retry_after))
        """Whole seconds after which a call would not be refused."""
        super().__init__(
            "This number has sent as much as its pacing allows. "
            f"Try again in {self.retry_after} s, send with async, or raise pacing in the configuration."
        )


class StorageFull(OutboxError):
    """The volume has no room for what would have to be kept."""

    def __init__(self, what: str = "The message cannot be kept") -> None:
        super().__init__(
            f"{what}: the volume is full. Make room on it; a plain send without a key still works."
        )


class EntryNotFound(OutboxError):
    """The outbox has no such entry, or has no more."""


class TooLate(OutboxError):
    """The entry is being sent, or has ended."""


class StillNotOnWhatsApp(NotOnWhatsApp):
    """The first answer to this Idempotency-Key was `not_on_whatsapp`, and is given again."""
