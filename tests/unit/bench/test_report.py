"""Figures as they are printed, kept, and put into the page."""

from __future__ import annotations

from pathlib import Path

from bench import report

FIGURES = [
    report.beside("rate", "/s", [300, 500, 400], [1000, 1000, 1000], "bare", at_least=0.3),
    report.beside("list", "ms", [400.0], [100.0], "bare", at_most=3),
    report.alone("lost", "", [0, 2], none=True),
    report.alone("memory", "MiB", [105.3]),
]


def test_the_median_of_the_ratios_is_judged_and_the_spread_is_kept() -> None:
    rate, listed, lost, memory = FIGURES
    assert (rate.ours, rate.peer, rate.ratio, rate.met, rate.spread) == (400, 1000, 0.4, True, (0.3, 0.5))
    assert (listed.ratio, listed.met) == (4.0, False)
    assert (lost.met, lost.spread) == (False, (0, 2))
    assert (memory.met, memory.peer) == (None, None)


def test_the_table_says_what_was_not_met() -> None:
    lines = report.table(report.report(FIGURES)).splitlines()
    assert lines[2] == "| rate | 400 /s | 1,000 /s: bare | 0.40 × (0.30 to 0.50) | ≥ 0.3 × | yes |"
    assert lines[3].endswith("| ≤ 3 × | **no** |")
    assert lines[5] == "| memory | 105 MiB |  |  |  |  |"


def test_the_page_keeps_what_others_wrote_and_the_same_figures_change_nothing(tmp_path: Path) -> None:
    page, json_file = tmp_path / "benchmarks.md", tmp_path / "build" / "hub.json"
    found = report.report(FIGURES)
    page.write_text("# Benchmarks\n\nBefore.\n")
    report.keep(found, json_file, page)
    first = page.read_text()
    page.write_text(f"{first}\n## Sessions\n\nAfter.\n")
    report.keep(found | {"commit": "another"}, json_file, page)
    report.keep(found, json_file, page)
    assert page.read_text() == f"{first}\n## Sessions\n\nAfter.\n"
    assert first.startswith("# Benchmarks\n\nBefore.\n\n")
    assert first.count("| rate |") == 1


def test_a_page_that_is_not_there_is_made(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    report.keep(report.report(FIGURES), tmp_path / "hub.json", page)
    assert page.read_text().startswith("# Benchmarks\n\n<!-- make bench-hub: begin -->\n## The hub\n")
