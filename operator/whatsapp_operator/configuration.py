"""What a session's pod is told: `docs/contracts.md`, `PUT /config`, from spec, defaults and Secrets. No I/O.

Why one document for both ways: the running pod is told by a call, and the next start reads the same bytes
from the Secret, so the two can never mean different things. Nothing in here is made into a pod.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from whatsapp_contracts import keys
from whatsapp_operator import hub as the_hub
from whatsapp_operator.hub import Hub
from whatsapp_operator.references import Missing, Reference, credentials, signing
from whatsapp_operator.spec import OperatingMode, Spec
from whatsapp_operator.tellable import Proxy, Webhook
from whatsapp_operator.template import Defaults

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What a pod is to be told.

    `document` is the whole JSON with its secrets: it goes to the pod and into its Secret, nowhere else.
    `shown` is what of it may be read in `status`. `missing` says what could not be had, with the cure.
    """

    revision: str
    document: Mapping[str, Any] = field(repr=False)
    shown: Mapping[str, Any]
    missing: tuple[Missing, ...] = ()


def referenced(spec: Spec) -> frozenset[str]:
    """The names of the Secrets that this spec refers to."""
    names = {hook.secret_ref.name for hook in spec.webhooks or () if hook.secret_ref}
    if spec.proxy is not None and spec.proxy.secret_ref is not None:
        names.add(spec.proxy.secret_ref.name)
    return frozenset(names)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the document is made from beside the spec.

    `key_versions`: in force, the newest first. `before`: the last document of this session, whose secrets
    hold on while a Secret that it had cannot be read: a webhook that is taken out would lose its place.
    `hub`: when there is one, it is told whatever the spec says.
    """

    namespace: str
    name: str
    uid: str
    generation: int
    master: bytes = field(repr=False)
    key_versions: tuple[int, ...] = (1,)
    references: Mapping[str, Reference] = field(default_factory=dict, repr=False)
    before: Mapping[str, Any] = field(default_factory=dict, repr=False)
    hub: Hub | None = None


def configure(spec: Spec, defaults: Defaults, facts: Facts) -> Configuration:
    """The document for these wishes; the same wishes give the same revision."""
    missing: list[Missing] = []
    given = defaults.webhooks if spec.webhooks is None else ()
    told = [_webhook(hook, facts, missing) for hook in spec.webhooks or given]
    own = [hook.url for hook in given]
    if facts.hub is not None:
        told.append(facts.hub.webhook(facts.namespace, facts.name, facts.key_versions))
        own.append(facts.hub.url)
    mode = OperatingMode.DISCONNECTED if spec.operating_mode is OperatingMode.DISCONNECTED else "Connected"
    content: Document = {
        "operatingMode": str(mode),
        "phoneNumber": spec.phone_number,
        "login": {"method": spec.login.method.value, "maxQRRotations": spec.login.max_qr_rotations},
        "pacing": {
            "messagesPerMinute": spec.pacing.messages_per_minute or defaults.messages_per_minute,
            "burst": spec.pacing.burst or defaults.burst,
        },
        "proxy": _proxy(spec.proxy, facts, missing),
        "webhooks": [each for each in told if each is not None],
    }
    if own:
        content["allowedHosts"] = sorted({urlsplit(url).hostname or "" for url in own})
    revision = revision_of(content, facts.master)
    owner = {"revision": revision, "owner": facts.uid, "generation": facts.generation}
    return Configuration(
        revision=revision, document=owner | content, shown=_shown(content), missing=tuple(missing)
    )


def revision_of(content: Document, master: bytes) -> str:
    """16 hex characters. Keyed, because it is shown in `status` and the content has passwords in it."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hmac.new(master, f"config/{text}".encode(), hashlib.sha256).hexdigest()[:16]


def dumped(document: Mapping[str, Any]) -> str:
    """The document as the Secret's entry has it."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _webhook(hook: Webhook, facts: Facts, missing: list[Missing]) -> Document | None:
    if facts.hub is not None and hook.name == the_hub.NAME:
        missing.append(the_hub.taken().told(kept=False))
        return None
    reference = hook.secret_ref
    if reference is None:
        secrets = [
            keys.webhook_secret(facts.master, facts.namespace, facts.name, hook.name, version=version)
            for version in facts.key_versions[:2]
        ]
    else:
        what = f"webhook {hook.name}"
        found = signing(what, reference.name, reference.key, facts.references.get(reference.name), facts.name)
        if isinstance(found, Missing):
            kept = next((each for each in _webhooks(facts.before) if each.get("name") == hook.name), None)
            missing.append(found.told(kept=kept is not None))
            if kept is None:
                return None
            secrets = list(kept.get("secrets") or ())
        else:
            secrets = list(found)
    return {
        "name": hook.name,
        "url": hook.url,
        "events": list(hook.events or ["*"]),
        "format": hook.format.value,
        "secrets": secrets,
        "headers": dict(sorted((hook.headers or {}).items())),
    }


def _proxy(proxy: Proxy | None, facts: Facts, missing: list[Missing]) -> Document | None:
    """Without its credentials a proxy refuses: that is better than a number that goes out beside it."""
    if proxy is None:
        return None
    reference, told = proxy.secret_ref, Document(server=proxy.server)
    if reference is None:
        return told
    found = credentials("proxy", reference.name, facts.references.get(reference.name), facts.name)
    if isinstance(found, Missing):
        kept = facts.before.get("proxy") or {}
        same = kept.get("server") == proxy.server and "username" in kept
        missing.append(found.told(kept=same))
        return {key: kept[key] for key in ("server", "username", "password")} if same else told
    return told | {"username": found[0], "password": found[1]}


def _webhooks(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = document.get("webhooks")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _shown(content: Document) -> Document:
    shown: Document = {
        key: content[key] for key in ("operatingMode", "phoneNumber", "login", "pacing") if content[key]
    }
    if content["proxy"]:
        shown["proxy"] = content["proxy"]["server"]
    return shown | {"webhooks": [hook["name"] for hook in content["webhooks"]]}
