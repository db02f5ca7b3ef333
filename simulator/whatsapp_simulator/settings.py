"""Settings of the simulator, from flags over environment over defaults; the environment is an argument."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# As on the real page: the first code stays for a minute, each next one 20 s; after six the page is idle.
QR_FIRST_SECONDS = 60.0
QR_ROTATION_SECONDS = 20.0
QR_ROTATIONS = 6
# As WhatsApp's: a pairing code is good for three minutes.
PAIRING_CODE_SECONDS = 180.0
# The real page takes seconds; clients that hook in after it has synced wait for ever, as they would there.
SYNC_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Settings:
    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8080
    reset: bool = False
    qr_first_seconds: float = QR_FIRST_SECONDS
    qr_rotation_seconds: float = QR_ROTATION_SECONDS
    qr_rotations: int = QR_ROTATIONS
    pairing_code_seconds: float = PAIRING_CODE_SECONDS
    sync_seconds: float = SYNC_SECONDS

    @property
    def database(self) -> Path:
        return self.data_dir / "simulator.sqlite3"


def _port(text: str) -> int:
    if not text.isdigit() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port. Use 0 (any free one) to 65535.")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.1 <= value <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration. Use 0.1 to 3600 seconds.")
    return value


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no count. Use 1 to 1000.")
    return int(text)


def parse(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Settings for one run; a malformed one ends the process with status 2 and a line that names it."""
    parser = argparse.ArgumentParser(
        prog="whatsapp-simulator",
        description="A local stand-in for web.whatsapp.com and for the phones. It never talks to WhatsApp.",
        epilog="Every flag can be set by the environment variable in its help text.",
    )

    def flag(name: str, variable: str, default: str, help_text: str, **more: object) -> None:
        text = f"{help_text} [{variable}, default {default}]"
        value = environment.get(variable) or default
        parser.add_argument(name, default=value, help=text, **more)  # type: ignore[arg-type]

    flag("--host", "HOST", "127.0.0.1", "address to listen on")
    flag("--port", "PORT", "8080", "port to listen on, 0 for any free one", type=_port)
    flag("--data-dir", "DATA_DIR", "./simulator-data", "where the SQLite file lies", type=Path)
    flag(
        "--qr-first-seconds",
        "QR_FIRST_SECONDS",
        f"{QR_FIRST_SECONDS:g}",
        "life of the first QR code",
        type=_seconds,
    )
    flag(
        "--qr-rotation-seconds",
        "QR_ROTATION_SECONDS",
        f"{QR_ROTATION_SECONDS:g}",
        "life of each next one",
        type=_seconds,
    )
    flag(
        "--qr-rotations",
        "QR_ROTATIONS",
        str(QR_ROTATIONS),
        "codes shown before the page goes idle",
        type=_count,
    )
    flag(
        "--pairing-code-seconds",
        "PAIRING_CODE_SECONDS",
        f"{PAIRING_CODE_SECONDS:g}",
        "life of a pairing code",
        type=_seconds,
    )
    flag(
        "--sync-seconds",
        "SYNC_SECONDS",
        f"{SYNC_SECONDS:g}",
        "how long a loaded page syncs at least",
        type=_seconds,
    )
    parser.add_argument("--reset", action="store_true", help="forget every phone, device and message first")
    given = parser.parse_args(arguments)
    return Settings(
        data_dir=given.data_dir,
        host=given.host,
        port=given.port,
        reset=given.reset,
        qr_first_seconds=given.qr_first_seconds,
        qr_rotation_seconds=given.qr_rotation_seconds,
        qr_rotations=given.qr_rotations,
        pairing_code_seconds=given.pairing_code_seconds,
        sync_seconds=given.sync_seconds,
    )
