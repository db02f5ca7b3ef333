"""`make bench-hub` runs: every figure is there, and its JSON is what a reader expects. No time is judged."""

from __future__ import annotations

import json
from pathlib import Path

from bench import hub


def test_a_quick_run_measures_every_figure(tmp_path: Path) -> None:
    out = tmp_path / "hub.json"
    assert hub.main(["--quick", "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    assert set(found) == {"machine", "commit", "figures"}
    by_name = {each["figure"]: each for each in found["figures"]}
    assert list(by_name) == [
        "messages/received, 5 pods",
        "messages/received, 5 pods: p99",
        "list of 100 sessions",
        "20 live streams: a change at the last",
        "20 live streams: changes lost",
        "20 live streams: memory of each",
        "20 open dashboard pages: a change at the last",
        "20 open dashboard pages: changes lost",
        "20 open dashboard pages: memory of each",
        "memory of the hub, idle",
        "memory of the hub after all of this",
    ]
    for figure in by_name.values():
        assert set(figure) == {
            "figure", "unit", "ours", "peer", "peer_name", "ratio", "aim", "met", "spread"
        }  # fmt: skip
        assert figure["spread"][0] <= figure["spread"][1]
        assert (figure["peer"] is None) == (figure["ratio"] is None) == (figure["peer_name"] == "")
    assert by_name["20 live streams: changes lost"]["met"] is True
    assert by_name["20 open dashboard pages: changes lost"]["met"] is True
    assert by_name["list of 100 sessions"]["aim"] == "≤ 3 ×"
    assert "| list of 100 sessions |" in out.with_suffix(".md").read_text()
