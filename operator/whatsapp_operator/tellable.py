"""The fields that a running session is told, as types: login, webhooks, pacing, proxy.

Why apart from `spec`: nothing of it is made into a pod, so nothing of it may ever restart one.
`configuration` makes what the pod is told from it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from whatsapp_contracts.keys import HUB_WEBHOOK
from whatsapp_operator.model import Model, cel, rule

MAX_WEBHOOKS = 10
WEBHOOK_NAME = r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"
EVENT_GLOB = r"^(\*|(session|message|group|call|presence)\.[a-z*?]+)$"
"""A family of events and a glob, so that a typing error is no webhook that never hears anything."""

HEADER_NAME = r"^[A-Za-z0-9!#$%&*+.^_|~-]{1,100}$"
HEADER_VALUE = r"^[\x20-\x7e]*$"
OWN_HEADER = r"^(webhook-.*|content-.*|host|connection|transfer-encoding|x-api-key|user-agent)$"
"""What the call sets itself (of a lower-case name), and `X-API-Key`, which is nobody's business elsewhere."""

URL_TEXT = r"^[\x21-\x7e]+$"
_PORT = r"(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})"
_HOST = r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)"
PROXY_SERVER = rf"^(https?|socks5)://{_HOST}:{_PORT}$"
PHONE = r"^[1-9][0-9]{6,14}$"

_SECRET_NAME = r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"  # noqa: S105 - the name's form
_SECRET_KEY = r"^[-._a-zA-Z0-9]{1,253}$"  # noqa: S105


class LoginMethod(StrEnum):
    """How the phone is linked."""

    QR = "QR"
    PAIRING_CODE = "PairingCode"


class WebhookFormat(StrEnum):
    """What a receiver gets: the events themselves, or contract D's calls."""

    STANDARD = "Standard"
    ORCHESTRATOR = "Orchestrator"


class Login(Model):
    """How a new login goes."""

    method: LoginMethod = Field(
        default=LoginMethod.QR,
        description="QR shows a picture to scan. PairingCode shows a code to type on the phone that"
        " phoneNumber names.",
    )
    max_qr_rotations: int = Field(
        default=6,
        ge=1,
        le=100,
        alias="maxQRRotations",
        description="After so many QRs (or codes) that nobody used, the login ends with QRExpired.",
    )


class Pacing(Model):
    """How fast the number may send; what is left out comes from the operator's settings."""

    messages_per_minute: int | None = Field(
        default=None, ge=1, le=1000, description="Messages a minute, in the long run."
    )
    burst: int | None = Field(
        default=None, ge=1, le=1000, description="Messages that may go out at once after a pause."
    )


def _named(field: str, pattern: str, cure: str) -> dict[str, Any]:
    return {"x-kubernetes-validations": [rule(f"self.matches({cel(pattern)})", f"{field} {cure}")]}


class WebhookSecret(Model):
    """An entry of a Secret in the session's namespace."""

    name: str = Field(
        min_length=1,
        max_length=253,
        description="The Secret. It must allow this session: label whatsapp.leadmaster.dev/session.",
        json_schema_extra=_named("secretRef.name", _SECRET_NAME, "is no Secret's name: write one like crm."),
    )
    key: str = Field(
        default="secret",
        min_length=1,
        max_length=253,
        description="Its entry: one signing secret (whsec_…) a line; two lines while it is rotated.",
        json_schema_extra=_named(
            "secretRef.key", _SECRET_KEY, "is no Secret's entry: use letters, digits, - _ and dots."
        ),
    )


class ProxySecret(Model):
    """A Secret in the session's namespace with the entries `username` and `password`."""

    name: str = Field(
        min_length=1,
        max_length=253,
        description="The Secret. It must allow this session: label whatsapp.leadmaster.dev/session.",
        json_schema_extra=_named("secretRef.name", _SECRET_NAME, "is no Secret's name: write one like crm."),
    )


class Proxy(Model):
    """The way out for this number. A changed proxy restarts the browser, never the pod."""

    model_config = ConfigDict(
        json_schema_extra={
            "x-kubernetes-validations": [
                rule(
                    "!has(self.secretRef) || !self.server.startsWith('socks5://')",
                    "proxy.secretRef does not go with a SOCKS proxy, for which browsers send no credentials:"
                    " use an http:// or https:// proxy, or leave secretRef out.",
                )
            ]
        }
    )

    server: str = Field(
        max_length=300,
        description="The proxy with scheme and port: http://, https:// or socks5://.",
        json_schema_extra=_named(
            "proxy.server",
            PROXY_SERVER,
            "must be scheme, host and port alone: write http://proxy.example:3128 (https and socks5 too),"
            " and put credentials into secretRef.",
        ),
    )
    secret_ref: ProxySecret | None = Field(default=None, description="Credentials for the proxy.")


EventGlob = Annotated[
    str,
    Field(
        max_length=64,
        json_schema_extra=_named(
            "events[]",
            EVENT_GLOB,
            "must be * or begin with session., message., group., call. or presence.: write message.* or"
            " message.received.",
        ),
    ),
]

HeaderValue = Annotated[str, Field(max_length=1024)]


class Webhook(Model):
    """One receiver of events. A changed one goes on where it was, by its name."""

    name: str = Field(
        max_length=40,
        description="Unique in the list. The receiver's place in the events is kept under it.",
        json_schema_extra={
            "x-kubernetes-validations": [
                rule(
                    f"self.matches({cel(WEBHOOK_NAME)})",
                    "webhooks[].name must be lower-case letters, digits and hyphens: write crm.",
                ),
                rule(
                    f"self != {cel(HUB_WEBHOOK)}",
                    f"webhooks[].name {HUB_WEBHOOK} is the hub's own, which is told beside these:"
                    " write another name.",
                ),
            ]
        },
    )
    url: str = Field(
        max_length=2048,
        description="Where to send. For format Orchestrator the base before contract D's paths.",
        json_schema_extra={
            "x-kubernetes-validations": [
                rule(
                    f"self.matches({cel(URL_TEXT)}) && isURL(self)"
                    " && url(self).getScheme() in ['http', 'https'] && url(self).getHostname() != ''"
                    " && (url(self).getPort() == '' || int(url(self).getPort()) <= 65535)",
                    "webhooks[].url must begin with http:// or https:// and name a host, in plain ASCII:"
                    " write https://crm.example/hooks.",
                ),
                rule(
                    "!self.contains('@') && !self.contains('#')",
                    "webhooks[].url has a user name or a fragment: leave them out; sign with secretRef or add"
                    " a header instead.",
                ),
            ]
        },
    )
    events: list[EventGlob] | None = Field(
        default=None,
        min_length=1,
        max_length=30,
        description="Which types it gets, as globs such as message.*; all when left out.",
    )
    format: WebhookFormat = Field(
        default=WebhookFormat.STANDARD,
        description="Standard sends the events themselves. Orchestrator sends contract D's calls.",
    )
    secret_ref: WebhookSecret | None = Field(
        default=None,
        description="What the calls are signed with (Standard Webhooks). Left out: a secret of the"
        " operator's, which the session's own Secret shows in config.json.",
    )
    headers: dict[str, HeaderValue] | None = Field(
        default=None,
        max_length=20,
        description="Headers to add to every call, for example for a gateway. No place for secrets:"
        " whoever may read the resource reads them.",
        json_schema_extra={
            "x-kubernetes-validations": [
                rule(
                    f"self.all(name, name.matches({cel(HEADER_NAME)})"
                    f" && self[name].matches({cel(HEADER_VALUE)}))",
                    "webhooks[].headers has a name or a value that no HTTP header can have: use letters,"
                    " digits and hyphens in names, printable ASCII in values.",
                ),
                rule(
                    f"self.all(name, !name.lowerAscii().matches({cel(OWN_HEADER)}))",
                    "webhooks[].headers has a header that cannot be chosen: leave out Host, Connection,"
                    " Content-…, Transfer-Encoding, User-Agent, Webhook-… and X-API-Key.",
                ),
            ]
        },
    )
