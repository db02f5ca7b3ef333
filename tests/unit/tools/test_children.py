"""Processes that end with their run, and the folder that one run holds."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from whatsapp_tools.children import Child, Folder, port, surroundings
from whatsapp_tools.terminal import ToolError


def test_a_folder_that_is_held_is_refused_to_another(tmp_path: Path) -> None:
    refused = pytest.raises(ToolError, match="It runs already, as process")
    with Folder(tmp_path).hold(), refused, Folder(tmp_path).hold():
        pass


def test_a_folder_is_empty_for_each_run(tmp_path: Path) -> None:
    (tmp_path / "hub" / "sessions").mkdir(parents=True)
    (tmp_path / "hub.log").write_text("of the last run")
    with Folder(tmp_path).hold():
        assert [each.name for each in tmp_path.iterdir()] == ["lock"]


def test_a_child_that_ended_is_told_with_its_last_words(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with folder.hold():
        child = Child(folder, "simulator", ["whatsapp_simulator", "--port", "nonsense"], {})
        with pytest.raises(ToolError, match=r"(?s)The simulator ended with 2:.*nonsense.*The whole log: "):
            child.says("never", 60)


def test_a_database_that_is_meant_for_something_else_is_not_handed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/hub")
    assert "DATABASE_URL" not in surroundings()
    assert "PATH" in surroundings()


def test_a_port_that_is_taken_is_replaced() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        assert port(number) not in (0, number)
