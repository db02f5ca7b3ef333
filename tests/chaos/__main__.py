"""`make chaos`: a run with a seed; a failing one is repeated by `make chaos SEED=<number>`."""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import secrets
import subprocess
import sys
from pathlib import Path

from chaos.run import Outcome, run
from chaos.stage import emptied

BUILD = Path(__file__).parents[2] / "build" / "chaos"


def main() -> int:
    """0 when nothing was lost, doubled or out of order."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="repeat this run (default: a new one)")
    parser.add_argument("--faults", type=int, default=50)
    parser.add_argument("--messages", type=int, default=2000, help="both ways together")
    given = parser.parse_args()
    seed = secrets.randbelow(10**6) if given.seed is None else given.seed
    print(f"seed {seed}: {given.faults} faults while {given.messages} messages flow both ways", flush=True)
    folder = emptied(BUILD)
    outcome = asyncio.run(
        run(
            seed,
            faults=given.faults,
            messages=given.messages,
            say=lambda line: print(line, flush=True),
            folder=folder,
        )
    )
    (folder / "outcome.json").write_text(json.dumps(report(outcome), indent=2) + "\n")
    print(summary(outcome, folder / "session.log"))
    return 1 if outcome.problems else 0


def summary(outcome: Outcome, log: Path) -> str:
    """What a person reads at the end."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(outcome.faults.items()))
    lines = [
        f"{outcome.struck} faults ({kinds}),",
        f"{outcome.in_flight} of them with a message in flight; {outcome.messages} messages,"
        f" {outcome.calls} calls, {outcome.restarts} restarts, {outcome.refused} webhook calls refused,"
        f" {outcome.seconds:.0f} s",
    ]
    if outcome.problems:
        lines += ["FAILED:", *(f"  {problem}" for problem in outcome.problems)]
        lines += (
            [f"The session's log: {log.relative_to(Path.cwd())}"] if log.is_relative_to(Path.cwd()) else []
        )
        lines += [f"Again: make chaos SEED={outcome.seed}"]
    else:
        lines += ["none lost, none twice, in order within each chat, one event id each"]
    return "\n".join(lines)


def report(outcome: Outcome) -> dict[str, object]:
    """The run for later: what ran where."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "commit": commit.stdout.strip(),
        "machine": platform.platform(),
        "seed": outcome.seed,
        "messages": outcome.messages,
        "faults": dict(outcome.faults),
        "inFlight": outcome.in_flight,
        "restarts": outcome.restarts,
        "calls": outcome.calls,
        "seconds": round(outcome.seconds, 1),
        "problems": outcome.problems,
    }


if __name__ == "__main__":
    sys.exit(main())
