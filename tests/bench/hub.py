"""`make bench-hub`: the hub beside what it is made of, on one machine, in turn.

Prints a table, writes `build/bench/hub.json` and the hub's part of `docs/benchmarks.md`. With `--quick` it
shows that everything runs; such figures say nothing and change no page.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from bench import listing
from bench.callbacks import Callbacks
from bench.report import JSON_FILE, PAGE, Figure, alone, beside, keep, report, table
from bench.stage import Stage, sessions, stage, tenant
from bench.streams import Streams, by_api, by_page


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is measured. `messages` of each pod in a round."""

    rounds: int
    pods: int
    messages: int
    sessions: int
    streams: int


FULL = Size(rounds=7, pods=100, messages=20, sessions=10_000, streams=1_000)
QUICK = Size(rounds=1, pods=5, messages=2, sessions=100, streams=20)
Say = Callable[[str], None]


async def measure(size: Size, say: Say) -> list[Figure]:
    """Every figure."""
    async with stage() as here:
        owner = await tenant(here, "list")
        rows = await sessions(here, owner, "session-", size.sessions)
        idle = here.rss()
        say(f"hub with {size.sessions:,} sessions in its database: {idle:.0f} MiB")
        figures = await _messages(here, size, say)
        connection = await asyncpg.connect(here.url)
        await listing.hub(here, owner, size.sessions)  # the key's first use is written down
        mine, bare = [], []
        for _ in range(size.rounds):
            mine.append(await listing.hub(here, owner, size.sessions))
            bare.append(await listing.peer(connection, owner, size.sessions))
            say(f"list: hub {mine[-1]:.0f} ms, bare {bare[-1]:.0f} ms")
        await connection.close()
        figures.append(
            beside(
                f"list of {size.sessions:,} sessions", "ms", mine, bare,
                "the query by asyncpg, and orjson", at_most=3,
            )
        )  # fmt: skip
        for name, way in (("live streams", by_api), ("open dashboard pages", by_page)):
            streams = Streams(here, owner, rows[0], size.streams, way(owner, rows[0]))
            figures += await _streams(streams, f"{size.streams:,} {name}", size, say)
        figures += [
            alone("memory of the hub, idle", "MiB", [idle]),
            alone("memory of the hub after all of this", "MiB", [here.rss()]),
        ]
    return figures


async def _streams(followed: Streams, name: str, size: Size, say: Say) -> list[Figure]:
    mine, bare = [], []
    async with followed.open() as grown:
        for _ in range(size.rounds):
            mine.append(await followed.hub())
            bare.append(await followed.peer())
            say(f"{name}: hub {mine[-1]:.0f} ms, bare {bare[-1]:.0f} ms, lost {followed.lost}")
    return [
        beside(f"{name}: a change at the last", "ms", mine, bare, "an asyncio server that writes a line"),
        alone(f"{name}: changes lost", "", [followed.lost], none=True),
        alone(f"{name}: memory of each", "KiB", [grown * 1024 / size.streams]),
    ]


async def _messages(here: Stage, size: Size, say: Say) -> list[Figure]:
    both = Callbacks(here, size.pods)
    await both.set_up()
    mine, bare = [], []
    for _ in range(size.rounds):
        mine.append(await both.hub(size.messages))
        bare.append(await both.peer(size.messages))
        say(
            f"messages: hub {mine[-1].rate:.0f}/s, p99 {mine[-1].p99:.0f} ms; "
            f"bare {bare[-1].rate:.0f}/s, p99 {bare[-1].p99:.0f} ms"
        )
    await both.tear_down()
    pods, name = f"messages/received, {size.pods} pods", "the same upserts by asyncpg"
    return [
        beside(
            pods, "/s", [each.rate for each in mine], [each.rate for each in bare], name, at_least=0.3
        ),
        beside(f"{pods}: p99", "ms", [each.p99 for each in mine], [each.p99 for each in bare], name),
    ]  # fmt: skip


def main(arguments: list[str]) -> int:
    """0 when everything was measured, whatever the figures say."""
    parser = argparse.ArgumentParser(prog="make bench-hub", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small, to see that it runs; writes no page")
    parser.add_argument("--json", type=Path, default=None, help=f"where the figures go ({JSON_FILE.name})")
    given = parser.parse_args(arguments)
    size = QUICK if given.quick else FULL
    found = report(asyncio.run(measure(size, lambda line: print(line, flush=True))))
    json_file = given.json or (JSON_FILE.with_name("hub-quick.json") if given.quick else JSON_FILE)
    keep(found, json_file, json_file.with_suffix(".md") if given.quick else PAGE)
    print(f"\n{table(found)}\n{json_file}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
