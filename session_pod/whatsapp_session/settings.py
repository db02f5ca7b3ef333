"""Every setting of the process, from its environment, checked before anything starts.

Why at once: a pod with a malformed setting must say so in its first line, not in the middle of a login.
The environment is an argument, so a test needs none.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

DEFAULT_URL = "https://web.whatsapp.com/"
DEFAULT_CHROMIUM = "/usr/lib/chromium/chromium-headless-shell"
"""Debian's binary. `/usr/bin/chromium-headless-shell` is a wrapper whose death leaves the browser running."""
CHROMIUM_COMMAND = "apt-get install chromium-headless-shell"

MIB = 2**20

HELP = """\
CLIENTE_ID        number of the client this session belongs to (required, 1 or more)
SESSION_ID        name of the session in events (default: cliente_<CLIENTE_ID>)
PORT              port of the API (default: 3001; 0: any free one, named in the log)
HOST              address of the API (default: 127.0.0.1; with API_KEY_FILE 0.0.0.0)
SESSIONS_DIR      folder of the login and the journal (default: ./sessions)
API_KEY_FILE      file with one API key per line (default: none, then loopback only)
METRICS_PORT      port of /metrics (default: 9101; 0: off)
WHATSAPP_URL      the WhatsApp Web page (default: https://web.whatsapp.com/)
CHROMIUM_PATH     the browser (default: /usr/lib/chromium/chromium-headless-shell)
CHROMIUM_SANDBOX  on or off: Chromium's own sandbox, needs user namespaces (default: off)
LOG_FORMAT        text or json (default: text)
QR_TERMINAL       auto, always or never: draw the QR on standard output (default: auto, on a terminal)
CONFIG_FILE       JSON file with the configuration, read again when it changes (default: none)
ALLOWED_NETWORKS  private networks and hosts that webhooks and media URLs may reach (default: none)
MEDIA_MAX_MB      largest file of a message, in MiB (default: 64)
MEDIA_KEEP_DAYS   days that received files are kept (default: 7)
MEDIA_KEEP_MB     MiB of received files that are kept (default: 512)
JOURNAL_KEEP_DAYS days that events are kept (default: 7)
JOURNAL_KEEP_MB   MiB of events that are kept (default: 256)
RESTARTED_AT      any text; failed starts under another text are forgotten (default: empty)
"""


class SettingsError(Exception):
    """A setting is missing or malformed; the text is one line that says what to set."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The checked settings; `HELP` says what each is. `metrics_port` 0 is off."""

    cliente_id: int
    session_id: str
    host: str
    port: int
    sessions_dir: Path
    api_key_file: Path | None
    metrics_port: int
    whatsapp_url: str
    chromium_path: Path
    chromium_sandbox: bool
    log_format: str
    qr_terminal: str
    restarted_at: str
    config_file: Path | None
    allowed_networks: tuple[str, ...]
    media_max_bytes: int
    media_keep_days: int
    media_keep_bytes: int
    journal_keep_days: int
    journal_keep_bytes: int

    @property
    def login_dir(self) -> Path:
        """The browser's profile: the whole login and nothing else."""
        return self.sessions_dir / f"cliente_{self.cliente_id}"

    def beside(self, name: str) -> Path:
        """A file of this session that lies beside the login, such as `journal`."""
        return self.sessions_dir / f"{name}-cliente_{self.cliente_id}"


def read(environ: Mapping[str, str]) -> Settings:
    """The settings in `environ`; raises SettingsError that names the first wrong one and its cure."""
    cliente_id = _cliente_id(environ)
    key_file = environ.get("API_KEY_FILE", "").strip()
    config_file = environ.get("CONFIG_FILE", "").strip()
    host = environ.get("HOST", "").strip() or ("0.0.0.0" if key_file else "127.0.0.1")  # noqa: S104
    if not key_file and not is_loopback(host):
        raise SettingsError(
            f"HOST={host} listens to others, and there is no API key. "
            "Set API_KEY_FILE to a file with one key per line, or HOST=127.0.0.1"
        )
    return Settings(
        cliente_id=cliente_id,
        session_id=_session_id(environ.get("SESSION_ID", "").strip() or f"cliente_{cliente_id}"),
        host=host,
        port=_port(environ, "PORT", 3001),
        sessions_dir=Path(environ.get("SESSIONS_DIR", "").strip() or "sessions").absolute(),
        api_key_file=Path(key_file).absolute() if key_file else None,
        metrics_port=_port(environ, "METRICS_PORT", 9101),
        whatsapp_url=_url(environ.get("WHATSAPP_URL", "").strip() or DEFAULT_URL),
        chromium_path=_chromium(environ.get("CHROMIUM_PATH", "").strip() or DEFAULT_CHROMIUM),
        chromium_sandbox=_choice(environ, "CHROMIUM_SANDBOX", ("off", "on")) == "on",
        log_format=_choice(environ, "LOG_FORMAT", ("text", "json")),
        qr_terminal=_choice(environ, "QR_TERMINAL", ("auto", "always", "never")),
        restarted_at=environ.get("RESTARTED_AT", "").strip(),
        config_file=Path(config_file).absolute() if config_file else None,
        allowed_networks=_networks(environ.get("ALLOWED_NETWORKS", "")),
        media_max_bytes=_number(environ, "MEDIA_MAX_MB", 64, 2048) * MIB,
        media_keep_days=_number(environ, "MEDIA_KEEP_DAYS", 7, 3650),
        media_keep_bytes=_number(environ, "MEDIA_KEEP_MB", 512, 1_000_000) * MIB,
        journal_keep_days=_number(environ, "JOURNAL_KEEP_DAYS", 7, 3650),
        journal_keep_bytes=_number(environ, "JOURNAL_KEEP_MB", 256, 1_000_000) * MIB,
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`; a name other than localhost is not trusted to."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _cliente_id(environ: Mapping[str, str]) -> int:
    text = environ.get("CLIENTE_ID", "").strip()
    if not text:
        raise SettingsError("CLIENTE_ID is not set. Set it to the client's number, such as: CLIENTE_ID=51")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:12]) <= 2**31 - 1 and len(text) <= 10):
        raise SettingsError(
            f"CLIENTE_ID={text!r} is not a whole number from 1 to 2147483647. Set it, such as: CLIENTE_ID=51"
        )
    return int(text)


def _session_id(text: str) -> str:
    if len(text) > 100 or not text.isprintable():
        raise SettingsError("SESSION_ID is longer than 100 characters or not printable. Set a shorter name.")
    return text


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        raise SettingsError(
            f"{name}={text!r} is not a port. Set it to a number from 0 to 65535, such as: {name}={default}"
        )
    return int(text)


def _number(environ: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= most):
        raise SettingsError(f"{name}={text!r} is not a whole number from 1 to {most}. Set {name}={default}")
    return int(text)


def _networks(text: str) -> tuple[str, ...]:
    entries = tuple(entry.strip() for entry in text.split(",") if entry.strip())
    if not entries:
        return ()
    from whatsapp_session.net.guard import (
        Guard,  # it brings an HTTP client, which a browser need not wait for
    )

    try:
        Guard(entries)
    except ValueError as error:
        raise SettingsError(
            f"ALLOWED_NETWORKS: {error}. Correct it, such as: ALLOWED_NETWORKS=10.0.0.0/8,crm.local"
        ) from None
    return entries


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(
            f"WHATSAPP_URL={text!r} is not an http or https address. "
            f"Set it, such as: WHATSAPP_URL={DEFAULT_URL}"
        )
    return text


def _chromium(text: str) -> Path:
    path = Path(text)
    if not path.is_file() or not os.access(path, os.X_OK):
        raise SettingsError(
            f"CHROMIUM_PATH={text} is not a program that can be run. Install it: {CHROMIUM_COMMAND}  "
            f"or set CHROMIUM_PATH"
        )
    return path


def _choice(environ: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """One of `choices`, the first of them by default."""
    text = environ.get(name, "").strip() or choices[0]
    if text not in choices:
        raise SettingsError(f"{name}={text!r} is unknown. Set it to one of: {', '.join(choices)}")
    return text
