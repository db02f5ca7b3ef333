"""The operator's settings: flags, each with an environment variable; wrong ones end with code 2."""

from __future__ import annotations

import argparse
import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from whatsapp_contracts.keys import HUB_WEBHOOK as HUB
from whatsapp_operator import __version__
from whatsapp_operator.quantities import QUANTITY_PATTERN
from whatsapp_operator.tellable import (
    EVENT_GLOB,
    HEADER_NAME,
    HEADER_VALUE,
    MAX_WEBHOOKS,
    OWN_HEADER,
    WEBHOOK_NAME,
    Webhook,
)
from whatsapp_operator.template import Defaults

PREFIX = "WHATSAPP_OPERATOR_"

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_HOOK_URL = r"https?://[^\s@#/]+[^\s@#]*"
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class SettingsError(Exception):
    """A setting is missing or malformed; one line that says which and what to set."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that an operator can be told."""

    defaults: Defaults
    namespaces: tuple[str, ...]
    own_namespace: str
    lease_name: str
    master_secret: str
    hub_url: str
    hub_master_secret: str
    identity: str
    port: int
    log_format: str
    log_level: str
    workers: int
    resync: float


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"{message}; see whatsapp-operator --help")


def parser() -> argparse.ArgumentParser:
    """All flags. Defaults are filled in from the environment by `read`."""
    flags = _Parser(
        prog="whatsapp-operator",
        description="Keeps a pod, a volume and a key for every WhatsAppSession.",
        epilog=f"Each flag is also an environment variable: --session-image is {PREFIX}SESSION_IMAGE.",
        allow_abbrev=False,
    )
    add = flags.add_argument
    add("--version", action="version", version=__version__)
    add("--session-image", help="image of the session pods (required)")
    add("--session-image-pull-policy", default="IfNotPresent", help="Always, IfNotPresent or Never")
    add("--session-image-pull-secrets", default="", help="comma-separated names of Secrets")
    add("--session-requests", default="cpu=100m,memory=400Mi", help="default requests of session pods")
    add("--session-limits", default="memory=1Gi", help="default limits of session pods")
    add("--session-storage-class", default="", help="default storage class (the cluster's when empty)")
    add("--whatsapp-url", default="", help="page that sessions open (the real site when empty)")
    add(
        "--session-allowed-networks",
        default="",
        help="comma-separated networks and hosts that sessions may reach although they are private",
    )
    add("--session-webhooks", default="[]", help="JSON list of webhooks for sessions that name none")
    add("--session-messages-per-minute", default="60", help="default pacing")
    add("--session-burst", default="20", help="default pacing: messages that may go out at once")
    add("--namespaces", default="", help="comma-separated namespaces to serve (all when empty)")
    add("--own-namespace", default="default", help="where the Lease and the master key are")
    add("--lease-name", default="whatsapp-operator", help="Lease of the active replica (none when empty)")
    add(
        "--master-secret",
        default="whatsapp-operator-master",
        help="Secret with the master key; made when missing",
    )
    add("--hub-url", default="", help="where sessions reach the hub (without one there is none)")
    add(
        "--hub-master-secret",
        default="whatsapp-hub-master",
        help="Secret with the hub's master key; made when missing, used with --hub-url only",
    )
    add("--identity", default="", help="this replica's name (the host's and a random part when empty)")
    add("--port", default="8080", help="port of /healthz, /readyz and /metrics")
    add("--log-format", default="json", help="json or text")
    add("--log-level", default="info", help="debug, info, warning or error")
    add("--workers", default="32", help="how many sessions are worked on at once")
    add("--resync", default="600", help="seconds after which every session is looked over again")
    return flags


def read(arguments: Sequence[str], environment: Mapping[str, str], *, fallback_identity: str) -> Settings:
    """Flags win over the environment. Raises SettingsError; `--help` ends the process as argparse does."""
    flags = parser()
    for action in flags._actions:
        variable = PREFIX + action.dest.upper()
        if action.dest not in ("help", "version") and variable in environment:
            action.default = environment[variable]
    given = flags.parse_args(arguments)
    if not given.session_image or re.search(r"\s", given.session_image):
        raise SettingsError(
            "--session-image is required: the image of the session pods, for example registry/name:tag"
        )
    webhooks, hub_url = _webhooks(given, "session_webhooks"), _hub_url(given.hub_url)
    if hub_url and any(hook.name == HUB for hook in webhooks):
        raise SettingsError(
            f"--session-webhooks names one {HUB!r}, as --hub-url does for every session: give it another name"
        )
    if hub_url and given.hub_master_secret == given.master_secret:
        raise SettingsError("--hub-master-secret is --master-secret: set another, the hub's own")
    return Settings(
        defaults=Defaults(
            image=given.session_image,
            whatsapp_url=_url(given.whatsapp_url),
            image_pull_policy=_choice(
                given, "session_image_pull_policy", ("Always", "IfNotPresent", "Never")
            ),
            image_pull_secrets=_names(given, "session_image_pull_secrets", _NAME),
            requests=_amounts(given, "session_requests"),
            limits=_amounts(given, "session_limits"),
            storage_class=given.session_storage_class or None,
            allowed_networks=_networks(given, "session_allowed_networks"),
            webhooks=webhooks,
            messages_per_minute=_number(given, "session_messages_per_minute", 1, 1000),
            burst=_number(given, "session_burst", 1, 1000),
        ),
        namespaces=_names(given, "namespaces", _NAMESPACE),
        own_namespace=given.own_namespace,
        lease_name=given.lease_name,
        master_secret=given.master_secret,
        hub_url=hub_url,
        hub_master_secret=given.hub_master_secret,
        identity=given.identity or fallback_identity,
        port=_number(given, "port", 0, 65535),
        log_format=_choice(given, "log_format", ("json", "text")),
        log_level=_choice(given, "log_level", ("debug", "info", "warning", "error")),
        workers=_number(given, "workers", 1, 1000),
        resync=float(_number(given, "resync", 1, 86400)),
    )


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _choice(given: argparse.Namespace, name: str, allowed: tuple[str, ...]) -> str:
    value = str(getattr(given, name))
    if value not in allowed:
        raise SettingsError(f"{_flag(name)} is {value!r}: set one of {', '.join(allowed)}")
    return value


def _number(given: argparse.Namespace, name: str, low: int, high: int) -> int:
    text = str(getattr(given, name))
    if not text.isdecimal() or not low <= int(text) <= high:
        raise SettingsError(f"{_flag(name)} is {text!r}: set a whole number from {low} to {high}")
    return int(text)


def _names(given: argparse.Namespace, name: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in str(getattr(given, name)).split(",") if part.strip())
    wrong = next((part for part in parts if not pattern.fullmatch(part)), None)
    if wrong is not None:
        raise SettingsError(f"{_flag(name)} has {wrong!r}, which is no Kubernetes name: set a,b,c")
    return parts


def _amounts(given: argparse.Namespace, name: str) -> dict[str, str]:
    amounts = {}
    for part in str(getattr(given, name)).split(","):
        if not part.strip():
            continue
        key, _, value = part.strip().partition("=")
        if key not in ("cpu", "memory") or not re.fullmatch(QUANTITY_PATTERN, value):
            raise SettingsError(f"{_flag(name)} has {part.strip()!r}: set cpu=100m,memory=400Mi")
        amounts[key] = value
    return amounts


def _networks(given: argparse.Namespace, name: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in str(getattr(given, name)).split(",") if part.strip())
    for part in parts:
        if _NAME.fullmatch(part.lower()) and not re.fullmatch(r"[0-9.]+", part):
            continue
        try:
            ipaddress.ip_network(part)
        except ValueError:
            raise SettingsError(
                f"{_flag(name)} has {part!r}, neither a network nor a host: set 10.0.0.0/8,crm.internal"
            ) from None
    return parts


def _webhooks(given: argparse.Namespace, name: str) -> tuple[Webhook, ...]:
    """No secretRef: the Secret would have to be in every namespace, and calls are signed without one too."""
    try:
        hooks = tuple(Webhook.model_validate(each) for each in json.loads(str(getattr(given, name)) or "[]"))
    except (ValueError, TypeError) as error:
        first = str(error).splitlines()[0]
        raise SettingsError(
            f'{_flag(name)} is no list like [{{"name":"hub","url":"http://…"}}]: {first}'
        ) from None
    for hook in hooks:
        if not re.fullmatch(WEBHOOK_NAME, hook.name) or hook.secret_ref is not None:
            raise SettingsError(
                f"{_flag(name)} has {hook.name!r}: set a name of lower-case letters, digits and hyphens,"
                " and no secretRef"
            )
        if not re.fullmatch(_HOOK_URL, hook.url):
            raise SettingsError(f"{_flag(name)} has the url {hook.url!r}: set one with http:// or https://")
        for header, value in (hook.headers or {}).items():
            own = re.fullmatch(OWN_HEADER, header.lower())
            if own or not re.fullmatch(HEADER_NAME, header) or not re.fullmatch(HEADER_VALUE, value):
                raise SettingsError(
                    f"{_flag(name)} has the header {header!r}, which cannot be set: leave it out"
                )
        wrong = next((glob for glob in hook.events or () if not re.fullmatch(EVENT_GLOB, glob)), None)
        if wrong is not None:
            raise SettingsError(f"{_flag(name)} has the event {wrong!r}: set one such as message.*")
    if len({hook.name for hook in hooks}) < len(hooks) or len(hooks) > MAX_WEBHOOKS:
        raise SettingsError(
            f"{_flag(name)} names a webhook twice, or more than {MAX_WEBHOOKS}: set each once"
        )
    return hooks


def _hub_url(text: str) -> str:
    if text and not re.fullmatch(_HOOK_URL, text):
        raise SettingsError(
            f"--hub-url is {text!r}: set one with http:// or https://, such as http://hub.whatsapp.svc:3000"
        )
    return text.rstrip("/")


def _url(text: str) -> str | None:
    if not text:
        return None
    if not re.fullmatch(r"https?://[^\s]+", text):
        raise SettingsError(
            f"--whatsapp-url is {text!r}: set a URL with http:// or https://, or leave it empty"
        )
    return text
