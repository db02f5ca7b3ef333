"""The spec of a WhatsAppSession as types; the CRD's schema is generated from here.

Why typed in one place: what `kubectl apply` refuses and what the operator believes are the same lines.
Every field does something; none is accepted and ignored. `RULES` are CEL: their messages are what a
person reads after a refused `kubectl apply`, so each says what to do.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from whatsapp_operator.model import Model, cel, fixed, rule
from whatsapp_operator.quantities import QUANTITY_PATTERN, SIZE_PATTERN
from whatsapp_operator.tellable import MAX_WEBHOOKS, PHONE, Login, Pacing, Proxy, Webhook

MAX_CLIENTE_ID = 2**31 - 1
MAX_SESSION_ID = 100
"""What the session's program takes; it would refuse to start with more."""

SESSION_ID_PATTERN = r"^[^\p{C}\p{Z}](([^\p{C}\p{Z}]| )*[^\p{C}\p{Z}])?$"
"""Printable, no space at its ends (RE2)."""


class OperatingMode(StrEnum):
    """What the session should be doing."""

    CONNECTED = "Connected"
    DISCONNECTED = "Disconnected"
    SUSPENDED = "Suspended"


class AccessMode(StrEnum):
    """How the volume may be mounted; both mean one writer."""

    READ_WRITE_ONCE = "ReadWriteOnce"
    READ_WRITE_ONCE_POD = "ReadWriteOncePod"


class RetainPolicy(StrEnum):
    """What becomes of the login when the resource is deleted."""

    RETAIN = "Retain"
    DELETE = "Delete"


ROOT_RULES = [
    rule(
        f"has(self.spec.sessionId) || size(self.metadata.name) <= {MAX_SESSION_ID}",
        f"the resource's name is longer than {MAX_SESSION_ID} characters, too long for a sessionId:"
        " set spec.sessionId or choose a shorter name.",
    )
]
"""Rules that see the resource's name beside its spec."""


Quantity = Annotated[
    int | str,
    Field(
        json_schema_extra={
            "x-kubernetes-int-or-string": True,
            "maxLength": 20,
            "x-kubernetes-validations": [
                rule(
                    f"string(self).matches({cel(QUANTITY_PATTERN)})",
                    "write a number with or without a unit, for example 500m, 1, 400Mi or 1Gi.",
                )
            ],
        }
    ),
]


class Amounts(Model):
    """CPU and memory, as Kubernetes quantities."""

    cpu: Quantity | None = Field(default=None, description="CPU, for example 100m or 1.")
    memory: Quantity | None = Field(default=None, description="Memory, for example 400Mi or 1Gi.")


def _at_most(name: str, cure: str) -> JsonDict:
    both = f"has(self.requests) && has(self.limits) && has(self.requests.{name}) && has(self.limits.{name})"
    readable = f"isQuantity(string(self.requests.{name})) && isQuantity(string(self.limits.{name}))"
    return rule(
        f"!({both} && {readable}) || quantity(string(self.requests.{name}))"
        f".compareTo(quantity(string(self.limits.{name}))) <= 0",
        f"resources.requests.{name} is above resources.limits.{name}: {cure}",
    )


class Resources(Model):
    """What is left out comes from the operator's defaults."""

    model_config = ConfigDict(
        json_schema_extra={
            "x-kubernetes-validations": [
                _at_most("cpu", "lower the request or raise the limit."),
                _at_most("memory", "lower the request or raise the limit."),
            ]
        }
    )

    requests: Amounts = Field(default_factory=Amounts, description="What the pod is scheduled by.")
    limits: Amounts = Field(default_factory=Amounts, description="What the pod may use at most.")


class Storage(Model):
    """The volume with the login, the journal and the media."""

    model_config = ConfigDict(
        json_schema_extra={
            "x-kubernetes-validations": [
                rule(
                    "!has(oldSelf.size) || !has(self.size) || !isQuantity(self.size)"
                    " || quantity(self.size).compareTo(quantity(oldSelf.size)) >= 0",
                    "storage.size can only grow: Kubernetes cannot shrink a volume."
                    " Set the old size or a larger one.",
                ),
                fixed(
                    "storageClassName",
                    "storage.storageClassName cannot be changed: the volume exists already."
                    " Make a new WhatsAppSession to use another class.",
                ),
                rule(
                    "!has(oldSelf.accessMode) || !has(self.accessMode)"
                    " || self.accessMode == oldSelf.accessMode",
                    "storage.accessMode cannot be changed: the volume exists already."
                    " Make a new WhatsAppSession to use another mode.",
                ),
            ]
        }
    )

    size: str = Field(
        default="2Gi",
        max_length=12,
        description="Size of the volume. It may only grow.",
        json_schema_extra={
            "x-kubernetes-validations": [
                rule(
                    f"self.matches({cel(SIZE_PATTERN)})",
                    "storage.size must be a whole number with Mi, Gi or Ti, for example 2Gi.",
                )
            ]
        },
    )
    storage_class_name: str | None = Field(
        default=None,
        min_length=1,
        max_length=253,
        description="Storage class; the cluster's default when left out. Immutable.",
    )
    access_mode: AccessMode = Field(
        default=AccessMode.READ_WRITE_ONCE,
        description="ReadWriteOncePod lets no second pod mount the volume, where the driver can do it."
        " Immutable.",
    )
    retain_policy: RetainPolicy = Field(
        default=RetainPolicy.RETAIN,
        description="Retain keeps the volume, and so the login, when the resource is deleted: a new resource"
        " of the same name is connected without a QR. Delete removes it.",
    )


class Spec(Model):
    """What a WhatsAppSession should be."""

    model_config = ConfigDict(
        json_schema_extra={
            "x-kubernetes-validations": [
                fixed(
                    "sessionId",
                    "sessionId cannot be changed, set later or removed: the CRM knows the session by it."
                    " Make a new WhatsAppSession with the other sessionId.",
                ),
                rule(
                    "!has(self.login) || !has(self.login.method) || self.login.method != 'PairingCode'"
                    " || has(self.phoneNumber)",
                    "login.method PairingCode needs phoneNumber, the phone that the code is made for:"
                    " set phoneNumber, or use login.method QR.",
                ),
            ]
        }
    )

    cliente_id: int = Field(
        description="The client that this session belongs to: a whole number from 1. Immutable.",
        json_schema_extra={
            "format": "int64",
            "x-kubernetes-validations": [
                rule("self >= 1", "clienteId must be a whole number from 1: set the client's number."),
                rule(
                    f"self <= {MAX_CLIENTE_ID}",
                    f"clienteId must be a whole number up to {MAX_CLIENTE_ID}: set the client's number.",
                ),
                rule(
                    "self == oldSelf",
                    "clienteId cannot be changed: the login is kept under it."
                    " Make a new WhatsAppSession for another client.",
                ),
            ],
        },
    )
    session_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_SESSION_ID,
        description="The CRM's own name for the session; the resource's name when left out. Immutable.",
        json_schema_extra={
            "x-kubernetes-validations": [
                rule(
                    f"self.matches({cel(SESSION_ID_PATTERN)})",
                    "sessionId has characters that do not print, or a space at an end:"
                    " write a name such as cliente_51.",
                )
            ]
        },
    )
    display_name: str | None = Field(
        default=None,
        max_length=200,
        description="What people call it: the hub and its dashboard show it. It may change at any time.",
    )
    description: str | None = Field(
        default=None, max_length=2000, description="What people ought to know of it, shown as displayName is."
    )
    operating_mode: OperatingMode = Field(
        default=OperatingMode.CONNECTED,
        description="Connected runs the session. Disconnected keeps its pod and closes WhatsApp. Suspended"
        " removes its pod. Both keep its login.",
    )
    phone_number: str | None = Field(
        default=None,
        max_length=20,
        description="The only number that may log in here, digits with the country code; any when left out.",
        json_schema_extra={
            "x-kubernetes-validations": [
                rule(
                    f"self.matches({cel(PHONE)})",
                    "phoneNumber must be 7 to 15 digits, country code first, without +, spaces or hyphens:"
                    " write 5491123456789.",
                )
            ]
        },
    )
    login: Login = Field(default_factory=Login, description="How a new login goes.")
    pacing: Pacing = Field(default_factory=Pacing, description="How fast the number may send.")
    proxy: Proxy | None = Field(default=None, description="Egress proxy of this number; none when left out.")
    webhooks: list[Webhook] | None = Field(
        default=None,
        max_length=MAX_WEBHOOKS,
        description="Who is told of events. Left out: the operator's default. An empty list: nobody.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
    )
    key_version: int = Field(
        default=1,
        description="Raise it to rotate the pod's API key without a restart: the old key works for 10 more"
        " minutes.",
        json_schema_extra={
            "format": "int64",
            "x-kubernetes-validations": [
                rule(
                    "self >= 1 && self <= 1000000",
                    "keyVersion must be a whole number from 1 to 1000000: raise it by one to rotate the key.",
                ),
                rule(
                    "self >= oldSelf",
                    "keyVersion can only grow, so that an old key never works again: raise it by one.",
                ),
            ],
        },
    )
    storage: Storage = Field(default_factory=Storage, description="The volume that holds the login.")
    image: str | None = Field(
        default=None,
        min_length=1,
        max_length=500,
        description="Image of the session pod; the operator's when left out. Takes effect in the next pod.",
        json_schema_extra={
            "x-kubernetes-validations": [
                rule(
                    "!self.contains(' ')",
                    "image has a space: write a reference such as registry.example/whatsapp-session:0.1.0.",
                )
            ]
        },
    )
    resources: Resources = Field(
        default_factory=Resources,
        description="CPU and memory of the session pod. Takes effect in the next pod.",
    )
    immutable_replicas: int = Field(
        default=1,
        ge=1,
        le=1,
        description="Always 1: one login, one pod."
        " It exists so that one PodDisruptionBudget can cover many sessions.",
    )


def parse(data: dict[str, Any]) -> Spec:
    """Read `spec`; raises pydantic's ValidationError, which the caller shows as `Stalled/InvalidSpec`."""
    return Spec.model_validate(data)
