"""Whether a callback was signed with a session's secret (Standard Webhooks)."""

from __future__ import annotations

from collections.abc import Mapping

from standardwebhooks import Webhook, WebhookVerificationError

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
LONGEST_ID = 200


def signed(headers: Mapping[str, str]) -> str | None:
    """The `webhook-id` of a call that says it is signed; None for one that does not, or not readably."""
    values = [headers.get(name, "") for name in HEADERS]
    if not all(values) or len(values[0]) > LONGEST_ID or not values[0].isprintable():
        return None
    return values[0]


def proves(body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    """Whether `body` was signed with `secret`, not more than five minutes from now."""
    try:
        text = body.decode()
        Webhook(secret).verify(text, {name: headers.get(name, "") for name in HEADERS}, json_parse=False)
    except (WebhookVerificationError, UnicodeDecodeError, ValueError, OverflowError):
        return False
    return True
