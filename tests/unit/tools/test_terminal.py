"""A failed step says what ran, what it said, and the cure."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from whatsapp_tools.terminal import ToolError, run


def test_a_failure_shows_the_command_the_last_lines_and_the_cure() -> None:
    code = "import sys; print('line one'); print('no space left', file=sys.stderr); sys.exit(3)"
    with pytest.raises(ToolError) as caught:
        run([sys.executable, "-c", code], cure="Free some space.")
    said = str(caught.value)
    assert "ended with 3" in said
    assert "line one" in said
    assert "no space left" in said
    assert said.endswith("Free some space.")


def test_a_failure_with_a_log_names_the_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "build.log"
    with pytest.raises(ToolError, match=str(log)):
        run([sys.executable, "-c", "import sys; sys.exit('broken')"], log=log)
    assert "broken" in log.read_text()


def test_the_output_comes_back() -> None:
    assert run([sys.executable, "-c", "print('out')"]) == "out\n"
