"""The command as a person types it; each refusal is one line on standard error and exit code 2."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from whatsapp_session import __version__, log, wa_js
from whatsapp_session.__main__ import main
from whatsapp_session.engine.profile import Lock


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr(wa_js, "bundle", lambda: "")
    monkeypatch.setattr(log, "set_up", lambda *_: None)  # it would outlive the test
    return {
        "CLIENTE_ID": "51",
        "CHROMIUM_PATH": "/bin/true",
        "SESSIONS_DIR": str(tmp_path / "sessions"),
        "PORT": "0",
        "METRICS_PORT": "0",
    }


def refused(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main([], environ) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("whatsapp-session: ")
    return said.err


def test_no_cliente_id(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert "Set it to the client's number" in refused(environ | {"CLIENTE_ID": ""}, capsys)


def test_a_key_file_that_is_not_there(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert "Put one key per line there" in refused(environ | {"API_KEY_FILE": "/nonexistent"}, capsys)


@pytest.mark.parametrize("name", ["PORT", "METRICS_PORT"])
def test_a_port_in_use(environ: dict[str, str], capsys: pytest.CaptureFixture[str], name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"Set {name} to a free port" in refused(environ | {name: port}, capsys)


def test_a_folder_that_cannot_be_made(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(environ | {"SESSIONS_DIR": "/dev/null/sessions"}, capsys)
    assert "Set it to a folder that can be written" in said


def test_no_bundle(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> str:
        raise wa_js.BundleError(f"the wa-js bundle is not installed. Run: {wa_js.FETCH_COMMAND}")

    monkeypatch.setattr(wa_js, "bundle", missing)
    assert "Run: python -m whatsapp_session.wa_js" in refused(environ, capsys)


def test_a_login_that_another_process_has(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "sessions").mkdir()
    with Lock(tmp_path / "sessions" / "lock-cliente_51"):
        assert "is in use by process" in refused(environ, capsys)


def test_help_names_the_settings_and_version_the_release() -> None:
    def said(flag: str) -> str:
        command = [sys.executable, "-m", "whatsapp_session", flag]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert said("--version") == f"whatsapp-session {__version__}\n"
    assert "CLIENTE_ID        number of the client" in said("--help")
