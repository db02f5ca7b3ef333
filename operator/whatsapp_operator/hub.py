"""What the hub has in every session: a key of its own to the pod, and the webhook that tells it. No I/O.

Why apart from the operator's own: the two have a master key each, so that neither can act as the other. What
is derived here is handed to pods and never used by the operator itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from whatsapp_contracts import keys
from whatsapp_operator.references import Missing
from whatsapp_operator.tellable import WebhookFormat

NAME = keys.HUB_WEBHOOK


@dataclass(frozen=True, kw_only=True)
class Hub:
    """Where sessions reach it, and the master key that its keys are derived from."""

    url: str
    master: bytes = field(repr=False)

    def api_keys(self, namespace: str, name: str, versions: Sequence[int]) -> tuple[str, ...]:
        """What it calls the session's pod with, in the order of `versions`."""
        return tuple(keys.derive(self.master, namespace, name, version=each) for each in versions)

    def webhook(self, namespace: str, name: str, versions: Sequence[int]) -> dict[str, Any]:
        """The receiver as `PUT /config` has it: every event by contract D, signed under the hub's master."""
        return {
            "name": NAME,
            "url": self.url,
            "events": ["*"],
            "format": WebhookFormat.ORCHESTRATOR.value,
            "secrets": [
                keys.webhook_secret(self.master, namespace, name, NAME, version=each) for each in versions[:2]
            ],
            "headers": {},
        }


def taken() -> Missing:
    """A webhook of the resource's own has the hub's name; an API server with our schema refuses it."""
    return Missing(
        what=f"webhook {NAME}",
        reason="NameReserved",
        message=f"webhook {NAME}: this name is the hub's own, which is told beside it: give it another name",
    )
