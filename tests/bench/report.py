"""Figures as a table, as JSON, and as the hub's part of `docs/benchmarks.md`."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[2]
JSON_FILE = ROOT / "build" / "bench" / "hub.json"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- make bench-hub: begin -->", "<!-- make bench-hub: end -->"
TITLE = "# Benchmarks\n"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure. `ratio` is ours to the peer's; `spread` the least and the most of the ratios of the rounds
    (without a peer: of what was measured). `aim` is a text; `met` None where there is none."""

    figure: str
    unit: str
    ours: float
    peer: float | None = None
    peer_name: str = ""
    ratio: float | None = None
    aim: str = ""
    met: bool | None = None
    spread: tuple[float, float]


def beside(
    figure: str, unit: str, ours: Sequence[float], peer: Sequence[float], peer_name: str,
    *, at_least: float | None = None, at_most: float | None = None,
) -> Figure:  # fmt: skip
    """What was measured side by side, round by round: the median of each, and of the rounds' ratios."""
    ratios = [mine / theirs for mine, theirs in zip(ours, peer, strict=True)]
    ratio = median(ratios)
    aim, met = "", None
    if at_least is not None:
        aim, met = f"≥ {at_least:g} ×", ratio >= at_least
    elif at_most is not None:
        aim, met = f"≤ {at_most:g} ×", ratio <= at_most
    return Figure(
        figure=figure, unit=unit, ours=median(ours), peer=median(peer), peer_name=peer_name, ratio=ratio,
        aim=aim, met=met, spread=(min(ratios), max(ratios)),
    )  # fmt: skip


def alone(figure: str, unit: str, ours: Sequence[float], *, none: bool = False) -> Figure:
    """What has no peer; `none`: the aim is that there is none of it."""
    middle = median(ours)
    aim, met = ("0", max(ours) == 0) if none else ("", None)
    return Figure(figure=figure, unit=unit, ours=middle, aim=aim, met=met, spread=(min(ours), max(ours)))


def report(figures: Sequence[Figure]) -> dict[str, Any]:
    """What the JSON file holds."""
    return {"machine": machine(), "commit": _commit(), "figures": [asdict(figure) for figure in figures]}


def machine() -> str:
    """What it was measured on."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**30
    model = models[0] if models else platform.machine()
    return f"{os.cpu_count()} × {model}, {memory} GiB, Python {platform.python_version()}"


def _commit() -> str:
    try:
        said = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return said.stdout.strip()


def table(found: dict[str, Any]) -> str:
    """The figures for a page and a terminal, as Markdown."""
    lines = [
        "| figure | hub | beside it | ratio (least to most) | aim | met |",
        "|---|---|---|---|---|---|",
    ]
    for each in found["figures"]:
        peer = f"{number(each['peer'])} {each['unit']}: {each['peer_name']}" if each["peer_name"] else ""
        low, high = each["spread"]
        ratio = f"{each['ratio']:.2f} × ({low:.2f} to {high:.2f})" if each["ratio"] is not None else ""
        met = {True: "yes", False: "**no**", None: ""}[each["met"]]
        ours = f"{number(each['ours'])} {each['unit']}".strip()
        lines.append(f"| {each['figure']} | {ours} | {peer} | {ratio} | {each['aim']} | {met} |")
    return "\n".join(lines) + "\n"


def number(value: float) -> str:
    """Three digits that say something."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def page(text: str, found: dict[str, Any]) -> str:
    """`docs/benchmarks.md` with the hub's part as it is now; all else stays. The same twice is the same."""
    part = (
        f"{BEGIN}\n## The hub\n\n`make bench-hub` wrote this from `build/bench/hub.json`, measured at commit"
        f" {found['commit']} on {found['machine']}. Both sides ran in turn, with the same PostgreSQL (without"
        " fsync); who calls and who is called share the machine. Each value is the median of the rounds.\n\n"
        f"{table(found)}{END}\n"
    )
    if BEGIN in text and END in text:
        before, _, rest = text.partition(BEGIN)
        after = rest.partition(END)[2].removeprefix("\n")
        return before + part + after
    return f"{text.rstrip()}\n\n{part}".lstrip() if text.strip() else f"{TITLE}\n{part}"


def keep(found: dict[str, Any], json_file: Path, page_file: Path) -> None:
    """Write both."""
    json_file.parent.mkdir(parents=True, exist_ok=True)
    json_file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    page_file.write_text(page(page_file.read_text() if page_file.exists() else "", found))
