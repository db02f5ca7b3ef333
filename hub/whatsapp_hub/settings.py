"""Every setting of the hub, from its environment, checked before anything starts.

Why at once: what is wrong is said in the first line, not in the middle of somebody's login.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

DEFAULT_PORT = 3000
PROCESSES, KUBERNETES = "processes", "kubernetes"
BACKENDS = (PROCESSES, KUBERNETES)
EVERYWHERE = "*"
DATABASES = ("sqlite+aiosqlite", "postgresql+asyncpg")

HELP = """\
HOST                 address of the API (default: 127.0.0.1)
PORT                 port of the API (default: 3000; 0: any free one, named in the log)
METRICS_PORT         port of /metrics (default: 0: off)
DATA_DIR             folder of the embedded database, the master key and the sessions (default: ./hub-data)
DATABASE_URL         postgresql://user:password@host/name (default: a SQLite file in DATA_DIR)
MASTER_KEY_FILE      file with 32 bytes or more from which every other secret is derived
                     (default: DATA_DIR/master.key, made when it is missing; with kubernetes it must be
                     named and be there: the operator's Secret whatsapp-hub-master, mounted)
HUB_BACKEND          processes: session pods as child processes on this machine (default);
                     kubernetes: WhatsAppSession resources
CALLBACK_URL         where session pods reach this hub (default: http://127.0.0.1:<PORT>; processes only: in
                     Kubernetes the operator's --hub-url says it)
HUB_NAMESPACE        kubernetes: the hub's own namespace, in which organizations are that have none (required)
HUB_NAMESPACES       kubernetes: the namespaces whose sessions the hub serves, comma list (default:
                     HUB_NAMESPACE; *: every namespace)
KUBECONFIG           kubernetes: a kubeconfig file (default: the pod's service account, or ~/.kube/config)
HUB_ADMIN_DIR        folder with the files tenant, email, password and, if wanted, api-key: the first
                     administrator, made at the start while that organization has none (default: none)
FORWARDED_ALLOW_IPS  proxies whose X-Forwarded-For is believed, comma list (default: 127.0.0.1)
MESSAGES_KEEP_DAYS   days after which stored messages are removed (default: 0: never)
LOG_FORMAT           text or json (default: text)
WHATSAPP_URL, CHROMIUM_PATH, CHROMIUM_SANDBOX, ALLOWED_NETWORKS
                     are handed to the sessions (see whatsapp-session --help)
"""


class SettingsError(Exception):
    """A setting is malformed; the text is one line that says what to set."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The checked settings; `HELP` says what each is. `session_environ` goes to every session as it is.

    `namespace` and `namespaces` are empty but for the backend `kubernetes`; there `("*",)` is all of them.
    """

    host: str
    port: int
    metrics_port: int
    data_dir: Path
    database_url: str
    master_key_file: Path
    backend: str
    callback_url: str
    namespace: str
    namespaces: tuple[str, ...]
    admin_dir: Path | None
    forwarded_allow_ips: str
    messages_keep_days: int
    log_format: str
    session_environ: Mapping[str, str]


def read(environ: Mapping[str, str]) -> Settings:
    """The settings in `environ`; raises SettingsError that names the first wrong one and its cure."""
    data_dir = Path(environ.get("DATA_DIR", "").strip() or "hub-data").absolute()
    backend = _choice(environ, "HUB_BACKEND", BACKENDS)
    _fitting(environ, backend)
    key_file = environ.get("MASTER_KEY_FILE", "").strip()
    admin_dir = environ.get("HUB_ADMIN_DIR", "").strip()
    namespace, namespaces = _namespaces(environ) if backend == KUBERNETES else ("", ())
    return Settings(
        host=environ.get("HOST", "").strip() or "127.0.0.1",
        port=_port(environ, "PORT", DEFAULT_PORT),
        metrics_port=_port(environ, "METRICS_PORT", 0),
        data_dir=data_dir,
        database_url=_database(environ.get("DATABASE_URL", "").strip(), data_dir),
        master_key_file=Path(key_file).absolute() if key_file else data_dir / "master.key",
        backend=backend,
        callback_url=_url(environ, "CALLBACK_URL"),
        namespace=namespace,
        namespaces=namespaces,
        admin_dir=Path(admin_dir).absolute() if admin_dir else None,
        forwarded_allow_ips=environ.get("FORWARDED_ALLOW_IPS", "").strip() or "127.0.0.1",
        messages_keep_days=_whole(environ, "MESSAGES_KEEP_DAYS", 0, 36500, "days"),
        log_format=_choice(environ, "LOG_FORMAT", ("text", "json")),
        session_environ={
            name: environ[name]
            for name in ("WHATSAPP_URL", "CHROMIUM_PATH", "CHROMIUM_SANDBOX", "ALLOWED_NETWORKS")
            if environ.get(name, "").strip()
        },
    )


def _fitting(environ: Mapping[str, str], backend: str) -> None:
    """Settings that the backend has no use for, or cannot do without."""
    foreign = ("CALLBACK_URL",) if backend == KUBERNETES else ("HUB_NAMESPACE", "HUB_NAMESPACES")
    for name in foreign:
        if environ.get(name, "").strip():
            raise SettingsError(f"{name} is not for HUB_BACKEND={backend}. {FOREIGN[name]}")
    if backend == KUBERNETES:
        for name in ("HUB_NAMESPACE", "MASTER_KEY_FILE"):
            if not environ.get(name, "").strip():
                raise SettingsError(f"{name} is missing, which HUB_BACKEND=kubernetes needs. {NEEDED[name]}")


FOREIGN = {
    "CALLBACK_URL": "Leave it out: the operator's --hub-url tells sessions where the hub is.",
    "HUB_NAMESPACE": "Leave it out, or set HUB_BACKEND=kubernetes.",
    "HUB_NAMESPACES": "Leave it out, or set HUB_BACKEND=kubernetes.",
}
NEEDED = {
    "HUB_NAMESPACE": "Set it to the namespace that the hub runs in, such as: HUB_NAMESPACE=whatsapp",
    "MASTER_KEY_FILE": "Set it to the mounted entry of the operator's Secret whatsapp-hub-master, "
    "such as: MASTER_KEY_FILE=/run/secrets/hub/master-key",
}
NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def _namespaces(environ: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The hub's own namespace, and all those it serves."""
    own = environ["HUB_NAMESPACE"].strip()
    if not NAMESPACE.fullmatch(own):
        raise SettingsError(
            f"HUB_NAMESPACE={own!r} is no namespace's name. Set it, such as: HUB_NAMESPACE=whatsapp"
        )
    listed = [each.strip() for each in environ.get("HUB_NAMESPACES", "").split(",") if each.strip()]
    if EVERYWHERE in listed:
        return own, (EVERYWHERE,)
    for each in listed:
        if not NAMESPACE.fullmatch(each):
            raise SettingsError(
                f"HUB_NAMESPACES has {each!r}, which is no namespace's name. "
                "Set it to a comma list such as: HUB_NAMESPACES=crm-one,crm-two"
            )
    return own, tuple(dict.fromkeys(listed)) or (own,)


def _database(text: str, data_dir: Path) -> str:
    """The address as SQLAlchemy has it; the driver is ours to choose."""
    if not text:
        return f"sqlite+aiosqlite:///{data_dir / 'hub.sqlite3'}"
    scheme, found, rest = text.partition("://")
    scheme = {"postgres": "postgresql", "sqlite": "sqlite+aiosqlite"}.get(scheme, scheme)
    scheme = {"postgresql": "postgresql+asyncpg"}.get(scheme, scheme)
    if not found or scheme not in DATABASES:
        raise SettingsError(  # the address may hold a password: it is not repeated
            "DATABASE_URL is no address of a database that the hub knows. "
            "Set it, such as: DATABASE_URL=postgresql://hub:password@localhost/hub"
        )
    return f"{scheme}://{rest}"


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    return _whole(environ, name, default, 65535, "a port")


def _whole(environ: Mapping[str, str], name: str, default: int, most: int, what: str) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= most):
        raise SettingsError(
            f"{name}={text!r} is not {what}. Set it to a number from 0 to {most}, such as: {name}={default}"
        )
    return int(text)


def _url(environ: Mapping[str, str], name: str) -> str:
    text = environ.get(name, "").strip().rstrip("/")
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(
            f"{name}={text!r} is not an http or https address. "
            f"Set it, such as: {name}=http://127.0.0.1:{DEFAULT_PORT}"
        )
    return text


def _choice(environ: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """One of `choices`, the first of them by default."""
    text = environ.get(name, "").strip() or choices[0]
    if text not in choices:
        raise SettingsError(f"{name}={text!r} is unknown. Set it to one of: {', '.join(choices)}")
    return text
