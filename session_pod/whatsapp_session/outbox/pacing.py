"""How fast new messages may go out: a bucket of tokens, as plain values. Pure; `now` is in seconds.

Why a bucket: people write a few messages at once and then none; a number that sends evenly at full speed
for hours is what gets limited.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from whatsapp_session.config import Pacing


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """`tokens` at the time `at`; `rate` tokens a second come back, up to `burst`."""

    rate: float
    burst: int
    tokens: float
    at: float

    @classmethod
    def full(cls, pacing: Pacing, now: float) -> Bucket:
        """At the start of the process."""
        burst = pacing.burst
        return cls(rate=pacing.messages_per_minute / 60, burst=burst, tokens=float(burst), at=now)

    def paced(self, pacing: Pacing, now: float) -> Bucket:
        """The same bucket under another pacing: what was spent stays spent."""
        filled = self.filled(now)
        spent = filled.burst - filled.tokens
        tokens = max(0.0, pacing.burst - spent)
        return Bucket(rate=pacing.messages_per_minute / 60, burst=pacing.burst, tokens=tokens, at=now)

    def filled(self, now: float) -> Bucket:
        """The bucket at `now`; a clock that went back fills nothing."""
        came = max(0.0, now - self.at) * self.rate
        return replace(self, tokens=min(float(self.burst), self.tokens + came), at=now)

    def wait(self, now: float, ahead: int = 0) -> float:
        """Seconds until a token is there for somebody behind `ahead` others."""
        missing = 1 + ahead - self.filled(now).tokens
        return max(0.0, missing / self.rate)

    def take(self, now: float) -> Bucket:
        """The bucket without one token; only when `wait` is 0."""
        filled = self.filled(now)
        return replace(filled, tokens=max(0.0, filled.tokens - 1))
