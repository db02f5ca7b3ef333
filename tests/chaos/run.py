"""One run: traffic both ways, faults in the middle of it, and then the ledgers are compared.

The ledgers are the simulator's and the receiver's. What the session believes of itself is not asked.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from chaos.receiver import Receiver
from chaos.schedule import Fault, Kind, schedule
from chaos.stage import NUMBER, Stage, can_mount, small_volume
from chaos.traffic import Gate, Traffic
from chaos.verdict import problems_of_ids, problems_of_received, problems_of_sent
from integration.session.processes import SessionProcess
from integration.simulator.processes import Simulator

SECRET = "whsec_" + "Y2hhb3MgY2hhb3MgY2hhb3MgY2hhb3M="
CHATS = 5
SETTLE = 240.0
"""Seconds for everything to arrive once the faults have ended."""
FAULTY = 0.85
"""The part of the traffic in which the faults lie: behind the last one there is still something to send."""
FLIGHT = 2.0
"""A message that a phone wrote counts as in flight for this long, unless the receiver had it sooner."""


@dataclass
class Outcome:
    """What a run found."""

    seed: int
    messages: int
    faults: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    restarts: int = 0
    calls: int = 0
    refused: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def struck(self) -> int:
        return self.faults.total()


async def run(
    seed: int, *, faults: int, messages: int, folder: Path, say: Callable[[str], None] = print
) -> Outcome:
    """The whole run in an empty `folder`, where logs stay behind; `messages` both ways together."""
    with small_volume(folder / "volume") as volume:
        return await _run(seed, faults, messages, say, folder, volume)


async def _run(
    seed: int,
    faults: int,
    messages: int,
    say: Callable[[str], None],
    folder: Path,
    volume: Path | None,
) -> Outcome:
    without = frozenset() if can_mount() else frozenset({Kind.VOLUME_FULL})
    if without:
        say("not root: the fault 'volume full' is left out")
    out = messages // 2
    planned = schedule(seed, faults=faults, messages=int(out * FAULTY), without=without)
    ahead = 2 * out // faults
    outcome = Outcome(seed=seed, messages=messages)
    simulator = Simulator(folder / "simulator", log=folder / "simulator.log")
    await simulator.start()
    receiver = Receiver(SECRET)
    receiver.answers.set()
    await receiver.start()
    session = SessionProcess((volume or folder) / "sessions", simulator.url, ALLOWED_NETWORKS="127.0.0.0/8")
    stage = Stage(folder=folder, simulator=simulator, session=session, receiver=receiver, volume=volume)
    began = time.monotonic()
    try:
        customers = [f"54911000001{number:02d}" for number in range(CHATS)]
        await _log_in(stage, customers)
        stage.begin()
        gate = Gate(allowed=planned[0].after + ahead)
        traffic = Traffic(lambda: session.url, simulator.url, NUMBER, gate)
        each = out // CHATS
        workers = [
            asyncio.create_task(work)
            for customer in customers
            for work in (traffic.caller(customer, each), traffic.phone(customer, each))
        ]
        for fault in planned:
            await _strike(fault, stage, traffic, outcome, say)
            following = planned[fault.number].after if fault.number < len(planned) else out
            await gate.allow(following + ahead)
        await asyncio.gather(*workers)
        outcome.problems += traffic.problems
        if outcome.in_flight * 2 < outcome.struck:
            outcome.problems.append("fewer than half of the faults met a message in flight")
        say(f"traffic ended, {outcome.struck} faults; waiting for everything to arrive")
        outcome.problems += await _settled(stage, traffic)
        outcome.calls, outcome.refused = traffic.calls, receiver.refused
        if receiver.unverified:
            outcome.problems.append(f"{receiver.unverified} webhook calls were not signed as they should be")
    finally:
        await stage.end()
        outcome.restarts, outcome.seconds = stage.restarts, time.monotonic() - began
        await asyncio.to_thread((folder / "session.log").write_text, "\n".join(session.log) + "\n")
    return outcome


async def _log_in(stage: Stage, customers: list[str]) -> None:
    for number in (NUMBER, *customers):
        await stage.post(f"/phones/{number}", {})
    await stage.session.start()
    config = {
        "pacing": {"messagesPerMinute": 100_000, "burst": 100_000},
        "webhooks": [{"name": "chaos", "url": stage.receiver.url, "secrets": [SECRET]}],
    }
    answer = await stage.session.http.put(f"{stage.session.url}/config", json=config)
    assert answer.status_code == 200, answer.text
    view = await stage.session.reaches("QR_REQUIRED")
    await stage.post(f"/phones/{NUMBER}/scan", {"code": view["qr"]["code"]})
    await stage.session.reaches("READY")


async def _strike(
    fault: Fault, stage: Stage, traffic: Traffic, outcome: Outcome, say: Callable[[str], None]
) -> None:
    """The fault at its moment; what is in flight then is counted from outside."""
    await traffic.gate.reached(fault.after)
    traffic.begun.clear()
    try:
        async with asyncio.timeout(60):
            await traffic.begun.wait()
    except TimeoutError:
        outcome.problems.append(f"fault {fault.number}: nobody had anything to send for 60 s before it")
    await asyncio.sleep(fault.wait_ms / 1000)
    now = time.monotonic()
    coming = sum(
        now - at < FLIGHT and text not in stage.receiver.arrived_at for text, at in traffic.written_at.items()
    )
    flying = len(traffic.outstanding) + coming
    outcome.in_flight += bool(flying)
    outcome.faults[fault.kind.value] += 1
    say(f"{fault}: {len(traffic.outstanding)} sends and {coming} incoming in flight")
    await stage.strike(fault)


async def _settled(stage: Stage, traffic: Traffic) -> list[str]:
    """Waits until nothing is missing, bounded; then what is wrong."""
    ends = time.monotonic() + SETTLE
    while (problems := await _compared(stage, traffic)) and time.monotonic() < ends:  # noqa: ASYNC110
        await asyncio.sleep(1)
    return problems


async def _compared(stage: Stage, traffic: Traffic) -> list[str]:
    async with httpx.AsyncClient(timeout=60) as http:
        rows = (await http.get(f"{stage.simulator.url}/phones/{NUMBER}/messages")).json()
    ledger: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["fromMe"]:
            ledger[f"{row['chat'].partition('@')[0]}@c.us"].append(row["text"])
    deliveries = stage.receiver.deliveries
    return [
        *problems_of_sent(traffic.sent, ledger),
        *problems_of_received(traffic.received, deliveries, "message.received"),
        *problems_of_received(traffic.sent, deliveries, "message.sent"),
        *problems_of_ids(deliveries),
    ]
