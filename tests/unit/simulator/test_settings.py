"""Flags beat the environment, the environment beats defaults, nonsense ends with status 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from whatsapp_simulator.settings import Settings, parse


@pytest.mark.parametrize(
    ("arguments", "environment", "named"),
    [
        (["--port", "http"], {}, "--port"),
        ([], {"PORT": "70000"}, "--port"),
        ([], {"QR_ROTATION_SECONDS": "soon"}, "--qr-rotation-seconds"),
        ([], {"QR_FIRST_SECONDS": "0"}, "--qr-first-seconds"),
        (["--qr-rotations", "0"], {}, "--qr-rotations"),
        ([], {"PAIRING_CODE_SECONDS": "soon"}, "--pairing-code-seconds"),
        (["--colour"], {}, "--colour"),
    ],
)
def test_a_malformed_setting_is_named_and_ends_with_status_2(
    arguments: list[str], environment: dict[str, str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(arguments, environment)
    assert caught.value.code == 2
    assert named in capsys.readouterr().err


def test_without_settings_it_listens_on_loopback_with_the_real_rotation() -> None:
    assert parse([], {}) == Settings(
        data_dir=Path("simulator-data"), host="127.0.0.1", port=8080, reset=False,
        qr_first_seconds=60, qr_rotation_seconds=20, qr_rotations=6, pairing_code_seconds=180,
        sync_seconds=0.5,
    )  # fmt: skip


def test_a_flag_beats_the_environment() -> None:
    settings = parse(["--port", "0", "--reset"], {"PORT": "9000", "HOST": "0.0.0.0", "DATA_DIR": "/data"})
    assert (settings.port, settings.host, settings.reset) == (0, "0.0.0.0", True)
    assert settings.database == Path("/data/simulator.sqlite3")


def test_help_names_every_variable(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(["--help"], {})
    shown = capsys.readouterr().out
    assert caught.value.code == 0
    for name in (
        "HOST",
        "PORT",
        "DATA_DIR",
        "QR_FIRST_SECONDS",
        "QR_ROTATION_SECONDS",
        "QR_ROTATIONS",
        "--reset",
    ):
        assert name in shown
