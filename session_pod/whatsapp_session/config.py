"""What a running session can be told (`docs/contracts.md`, "Configuration"), read from JSON and checked.

Why apart from the settings: these change under a running process, and none of them may restart it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

QR, PAIRING_CODE = "QR", "PairingCode"
STANDARD, ORCHESTRATOR = "Standard", "Orchestrator"
CONNECTED, DISCONNECTED = "Connected", "Disconnected"
HIDDEN = "***"
MAX_WEBHOOKS = 20
KEYS = {
    "": {
        "revision", "owner", "generation", "operatingMode", "phoneNumber", "login", "pacing", "proxy",
        "webhooks",
    },
    "login": {"method", "maxQRRotations"},
    "pacing": {"messagesPerMinute", "burst"},
    "proxy": {"server", "username", "password"},
    "webhooks": {"name", "url", "events", "format", "secrets", "headers"},
}  # fmt: skip
RESERVED_HEADERS = re.compile(
    r"(?i)webhook-.*|content-.*|host|connection|transfer-encoding|x-api-key|user-agent"
)


class ConfigError(Exception):
    """A field is missing or malformed; the text names it and the cure."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """`max_qr_rotations` None: the QR rotates until it is scanned."""

    method: str = QR
    max_qr_rotations: int | None = None


@dataclass(frozen=True, kw_only=True)
class Pacing:
    """How fast new messages may go out."""

    messages_per_minute: int = 60
    burst: int = 20


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """The browser's way out: `http://host:port`, `https://…` or `socks5://…`."""

    server: str
    username: str | None = None
    password: str | None = None


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """One receiver. `secrets` are `whsec_…`, the first of them is the current one."""

    name: str
    url: str
    events: tuple[str, ...] = ()
    format: str = STANDARD
    secrets: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Config:
    """The whole of it. `allowed_hosts` comes with CONFIG_FILE alone and is shown to nobody who calls."""

    revision: str = ""
    owner: str = ""
    generation: int = 0
    operating_mode: str = CONNECTED
    phone_number: str | None = None
    login: Login = Login()
    pacing: Pacing = Pacing()
    proxy: Proxy | None = None
    webhooks: tuple[Webhook, ...] = ()
    allowed_hosts: tuple[str, ...] = ()

    def to_json(self, *, hide: bool = False) -> dict[str, Any]:
        """The wire shape; with `hide` nothing that is secret."""
        proxy = asdict(self.proxy) if self.proxy else None
        if proxy and hide and proxy["password"]:
            proxy["password"] = HIDDEN
        return {
            "revision": self.revision,
            "owner": self.owner,
            "generation": self.generation,
            "operatingMode": self.operating_mode,
            "phoneNumber": self.phone_number,
            "login": {"method": self.login.method, "maxQRRotations": self.login.max_qr_rotations},
            "pacing": {
                "messagesPerMinute": self.pacing.messages_per_minute,
                "burst": self.pacing.burst,
            },
            "proxy": proxy,
            "webhooks": [
                {
                    "name": each.name,
                    "url": each.url,
                    "events": list(each.events),
                    "format": each.format,
                    "secrets": [HIDDEN if hide else secret for secret in each.secrets],
                    "headers": {name: HIDDEN if hide else value for name, value in each.headers},
                }
                for each in self.webhooks
            ],
        }


def read(data: object) -> Config:
    """Read the wire shape; raises ConfigError that names the first wrong field. Unknown keys are an error:
    a misspelt `webhooks` that is silently dropped loses events."""
    fields = _object(data, "the configuration", KEYS[""])
    login = _login(fields.get("login"))
    phone = _phone(fields.get("phoneNumber"))
    if login.method == PAIRING_CODE and phone is None:
        raise ConfigError(
            "login.method PairingCode needs phoneNumber. Set it to the number that shall log in."
        )
    webhooks = tuple(
        _webhook(each, index) for index, each in enumerate(_list(fields.get("webhooks"), "webhooks"))
    )
    if len(webhooks) > MAX_WEBHOOKS:
        raise ConfigError(f"webhooks has more than {MAX_WEBHOOKS} entries. Remove some.")
    for each in webhooks:
        if sum(other.name == each.name for other in webhooks) > 1:
            raise ConfigError(f"webhooks has two entries named {each.name!r}. Give each a name of its own.")
    return Config(
        revision=_text(fields, "revision", "", longest=200) or "",
        owner=_text(fields, "owner", "", longest=200) or "",
        generation=_whole(fields, "generation", "", 0, 0, 2**63 - 1),
        operating_mode=_choice(fields, "operatingMode", "", (CONNECTED, DISCONNECTED)),
        phone_number=phone,
        login=login,
        pacing=_pacing(fields.get("pacing")),
        proxy=_proxy(fields.get("proxy")),
        webhooks=webhooks,
    )


def understood(data: object) -> object:
    """`data` without the keys that this release does not know: a newer operator's word must still count."""
    if not isinstance(data, Mapping):
        return data
    kept = {key: value for key, value in data.items() if key in KEYS[""]}
    for name in ("login", "pacing", "proxy"):
        if isinstance(kept.get(name), Mapping):
            kept[name] = {key: value for key, value in kept[name].items() if key in KEYS[name]}
    if isinstance(kept.get("webhooks"), list):
        kept["webhooks"] = [
            {key: value for key, value in each.items() if key in KEYS["webhooks"]}
            if isinstance(each, Mapping)
            else each
            for each in kept["webhooks"]
        ]
    return kept


def hosts(data: object) -> tuple[str, ...]:
    """`allowedHosts` of a file: what webhooks may reach although it is private. Raises ConfigError."""
    found = _list(data.get("allowedHosts") if isinstance(data, Mapping) else None, "allowedHosts")
    if not all(isinstance(each, str) and each for each in found):
        raise ConfigError("allowedHosts has an entry that is no host name. Correct it.")
    return tuple(found)


def _login(data: object) -> Login:
    fields = _object(data or {}, "login", KEYS["login"])
    rotations = None
    if fields.get("maxQRRotations") is not None:
        rotations = _whole(fields, "maxQRRotations", "login.", 6, 1, 1000)
    return Login(method=_choice(fields, "method", "login.", (QR, PAIRING_CODE)), max_qr_rotations=rotations)


def _pacing(data: object) -> Pacing:
    fields = _object(data or {}, "pacing", KEYS["pacing"])
    return Pacing(
        messages_per_minute=_whole(fields, "messagesPerMinute", "pacing.", 60, 1, 100_000),
        burst=_whole(fields, "burst", "pacing.", 20, 1, 100_000),
    )


def _proxy(data: object) -> Proxy | None:
    if data is None:
        return None
    fields = _object(data, "proxy", KEYS["proxy"])
    server = _text(fields, "server", "proxy.") or ""
    _address(server, "proxy.server", ("http", "https", "socks5"))
    if fields.get("username") and urlsplit(server).scheme == "socks5":
        raise ConfigError(
            "proxy.username does not go with socks5, for which browsers send none. "
            "Use an http proxy, or remove it."
        )
    return Proxy(
        server=server,
        username=_text(fields, "username", "proxy."),
        password=_text(fields, "password", "proxy."),
    )


def _webhook(data: object, index: int) -> Webhook:
    where = f"webhooks[{index}]"
    fields = _object(data, where, KEYS["webhooks"])
    where += "."
    url = _text(fields, "url", where) or ""
    _address(url, f"{where}url", ("http", "https"))
    name = _text(fields, "name", where, longest=100) or f"webhook-{index + 1}"
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name):
        raise ConfigError(
            f"{where}name {name!r} is not made of letters, digits, '.', '_' and '-'. Rename it."
        )
    headers = _object(fields.get("headers") or {}, f"{where}headers", None)
    for header, value in headers.items():
        if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", header) or RESERVED_HEADERS.fullmatch(
            header
        ):
            raise ConfigError(f"{where}headers has {header!r}, which cannot be set. Remove or rename it.")
        if not isinstance(value, str) or not value.isascii() or not value.isprintable() or len(value) > 4096:
            raise ConfigError(f"{where}headers.{header} is not printable ASCII text. Correct it.")
    secrets = _list(fields.get("secrets"), f"{where}secrets")
    if len(secrets) > 2:
        raise ConfigError(f"{where}secrets has more than two. Keep the current one and the one before.")
    return Webhook(
        name=name,
        url=url,
        events=tuple(
            _pattern(each, f"{where}events") for each in _list(fields.get("events"), f"{where}events")
        ),
        format=_choice(fields, "format", where, (STANDARD, ORCHESTRATOR)),
        secrets=tuple(_secret(each, f"{where}secrets") for each in secrets),
        headers=tuple(headers.items()),
    )


def _secret(value: object, where: str) -> str:
    """Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes; 16 are taken too."""
    text = value if isinstance(value, str) else ""
    try:
        size = len(base64.b64decode(text.removeprefix("whsec_"), validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if not text.startswith("whsec_") or not 16 <= size <= 64:
        raise ConfigError(
            f"{where} has an entry that is not whsec_ and the base64 of 16 to 64 bytes. "
            "Make one: echo whsec_$(openssl rand -base64 32)"
        )
    return text


def _pattern(value: object, where: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z.*?]{1,100}", value):
        raise ConfigError(f"{where} has an entry that is not a type or glob such as message.*. Correct it.")
    return value


def _address(text: str, where: str, schemes: tuple[str, ...]) -> None:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
        usable = (
            usable and parts.username is None and len(text) <= 2048 and text.isascii() and text.isprintable()
        )
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(
            f"{where} is not an address with {', '.join(schemes)} and without a user in it. Correct it."
        )


def _phone(value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not re.fullmatch(r"[1-9][0-9]{6,14}", value):
        raise ConfigError("phoneNumber is not 7 to 15 digits with the country code first. Correct it.")
    return value


def _object(data: object, where: str, known: set[str] | None) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise ConfigError(f"{where} is not a JSON object. Correct it.")
    unknown = sorted(set(data) - known) if known is not None else []
    if unknown:
        raise ConfigError(f"{where} has an unknown key {unknown[0]!r}. Correct or remove it.")
    return data


def _list(data: object, where: str) -> list[Any]:
    if data is None:
        return []
    if not isinstance(data, list):
        raise ConfigError(f"{where} is not a list. Correct it.")
    return data


def _text(fields: Mapping[str, Any], name: str, where: str, *, longest: int = 2048) -> str | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest:
        raise ConfigError(f"{where}{name} is not a text of at most {longest} characters. Correct it.")
    return value


def _whole(fields: Mapping[str, Any], name: str, where: str, default: int, low: int, high: int) -> int:
    value = fields.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ConfigError(f"{where}{name} is not a whole number from {low} to {high}. Correct it.")
    return value


def _choice(fields: Mapping[str, Any], name: str, where: str, choices: tuple[str, ...]) -> str:
    """One of `choices`, the first of them by default."""
    value = fields.get(name, choices[0])
    if value not in choices:
        raise ConfigError(f"{where}{name} is unknown. Set it to one of: {', '.join(choices)}.")
    return str(value)
