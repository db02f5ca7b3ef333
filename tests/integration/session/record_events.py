"""Record a real event stream, for tests of later releases that must still read it.

    cd tests && python -m integration.session.record_events > fixtures/event-stream-0.1.0.jsonl

A login by QR, messages out and in, a restart with a message in between, a disconnect. The numbers are the
simulator's and belong to nobody.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

from integration.session.conftest import FRIEND, Phones
from integration.session.processes import SessionProcess
from integration.simulator.processes import Simulator


async def record(folder: Path) -> list[dict[str, object]]:
    """Live the life and give its whole stream, a snapshot first."""
    simulator = Simulator(folder / "simulator")
    await simulator.start()
    phones, session = Phones(simulator), SessionProcess(folder / "sessions", simulator.url)
    try:
        await phones.post(f"/phones/{FRIEND}")
        await session.start()
        view = await session.reaches("QR_REQUIRED")
        snapshot = await session.events(1, "types=session.snapshot")
        await phones.scan(view["qr"]["code"])
        await session.reaches("READY")
        assert (await session.send(FRIEND, "Hola, ¿cómo estás? 😀")).status_code == 200
        await phones.send("Muy bien")
        await session.events(3, "after=0&types=message.ack")
        await session.events(1, "after=0&types=message.received")
        await session.end()
        await phones.send("¿Sigues ahí?")
        await session.start()
        await session.events(2, "after=0&types=message.received")
        await session.post("/disconnect")
        return snapshot + await session.events_until(
            lambda got: got[-1]["data"].get("reason") == "Stopped", "after=0"
        )
    finally:
        await session.end()
        await simulator.stop()
        await session.http.aclose()
        await phones.http.aclose()


def main() -> None:
    """Print the stream, one event a line."""
    with tempfile.TemporaryDirectory() as folder:
        for event in asyncio.run(record(Path(folder))):
            print(json.dumps(event, ensure_ascii=False))


if __name__ == "__main__":
    main()
