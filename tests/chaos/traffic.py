"""Callers that send by the session's API and phones that send to it, both until everything is out.

A caller keeps its `Idempotency-Key` until it has an answer that is final, as the contract asks of it; it
knows nothing of the faults. Each chat has one caller, so that the order it was promised is known.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

AGAIN = {409, 429, 500, 502, 503, 507}
"""Answers after which the same key asks again."""
PATIENCE = 420.0
"""Seconds until a message without a final answer is given up: then the run has failed."""


@dataclass
class Gate:
    """Lets as many messages begin as the faults so far allow, so that traffic meets every one of them."""

    allowed: int
    begun: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def enter(self) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: self.begun < self.allowed)
            self.begun += 1
            self.changed.notify_all()

    async def allow(self, count: int) -> None:
        async with self.changed:
            self.allowed = max(self.allowed, count)
            self.changed.notify_all()

    async def reached(self, count: int) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: self.begun >= count)


@dataclass
class Traffic:
    """What was promised and what is under way."""

    session_url: Callable[[], str]
    simulator_url: str
    number: str
    gate: Gate
    """Of the callers; the phones write one message for each that a caller begins."""
    phones: Gate = field(default_factory=lambda: Gate(allowed=0))
    sent: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    received: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    outstanding: set[str] = field(default_factory=set)
    written_at: dict[str, float] = field(default_factory=dict)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    problems: list[str] = field(default_factory=list)
    calls: int = 0

    async def caller(self, customer: str, count: int) -> None:
        """Sends `count` texts to one customer; every fourth is queued, the others wait for WhatsApp."""
        async with httpx.AsyncClient(timeout=45) as http:
            for number in range(count):
                await self.gate.enter()
                await self.phones.allow(self.gate.begun)
                text = f"out {customer} {number}"
                self.sent[f"{customer}@c.us"].append(text)
                await self._until_final(http, customer, text, queued=number % 4 == 3)

    async def _until_final(self, http: httpx.AsyncClient, customer: str, text: str, *, queued: bool) -> None:
        body: dict[str, object] = {"to": customer, "text": text}
        if queued:
            body["async"] = True
        ends = time.monotonic() + PATIENCE
        said = "nothing"
        while time.monotonic() < ends:
            self.outstanding.add(text)
            self.begun.set()
            self.calls += 1
            try:
                answer = await http.post(
                    f"{self.session_url()}/messages",
                    json=body,
                    headers={"Idempotency-Key": text.replace(" ", "-")},
                )
            except httpx.TransportError as error:
                said = type(error).__name__
            else:
                if answer.status_code in {200, 202}:
                    return
                said = f"{answer.status_code} {answer.text[:300]}"
                if answer.status_code not in AGAIN:
                    self.problems.append(f"{text}: {said}")
                    return
            finally:
                self.outstanding.discard(text)
            await asyncio.sleep(0.25)
        self.problems.append(f"{text}: no final answer within {PATIENCE:.0f} s; the last was {said}")

    async def phone(self, customer: str, count: int) -> None:
        """One customer's phone writes `count` texts."""
        async with httpx.AsyncClient(timeout=30) as http:
            for number in range(count):
                await self.phones.enter()
                text = f"in {customer} {number}"
                self.received[f"{customer}@c.us"].append(text)
                self.written_at[text] = time.monotonic()
                answer = await http.post(
                    f"{self.simulator_url}/phones/{customer}/send", json={"to": self.number, "text": text}
                )
                if not answer.is_success:
                    self.problems.append(
                        f"{text}: the simulator said {answer.status_code} {answer.text[:200]}"
                    )
                await asyncio.sleep(0)
