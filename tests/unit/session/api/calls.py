"""One good call of every route: what the tests that go over all of them begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MESSAGE = "false_5491100000002@c.us_3EB0AAAAAAAAAAAAAAAAAA"
OWN = "true_5491100000002@c.us_3EB0AAAAAAAAAAAAAAAAAA"
CHAT = "5491100000002@c.us"
GROUP = "120363041234567890@g.us"
MEDIA = "med_" + "0" * 32


@dataclass(frozen=True)
class Call:
    """`path` is a good one of the route `template`; `body` is the JSON that it needs."""

    method: str
    template: str
    path: str
    body: Any = None


def call(method: str, template: str, body: Any = None, **ids: str) -> Call:
    return Call(method, template, template.format(**ids), body)


OPEN = ("/health", "/healthz", "/readyz")
CALLS = (
    *(call("GET", path) for path in OPEN),
    call("GET", "/status"),
    call("GET", "/qr-code"),
    call("GET", "/pairing-code"),
    call("POST", "/send", {"to": "5491100000002", "message": "Hello"}),
    call("POST", "/disconnect"),
    call("GET", "/account-info"),
    call("POST", "/messages", {"to": "5491100000002", "text": "Hello"}),
    call("PUT", "/messages/{messageId}/reaction", {"emoji": "👍"}, messageId=MESSAGE),
    call("PATCH", "/messages/{messageId}", {"text": "Hello"}, messageId=OWN),
    call("DELETE", "/messages/{messageId}", messageId=OWN),
    call("POST", "/messages/{messageId}/forward", {"to": GROUP}, messageId=MESSAGE),
    call("GET", "/outbox"),
    call("GET", "/outbox/{outboxId}", outboxId="out_1"),
    call("DELETE", "/outbox/{outboxId}", outboxId="out_1"),
    call("GET", "/chats"),
    call("GET", "/chats/{chatId}/messages", chatId=CHAT),
    call("POST", "/chats/{chatId}/read", chatId=CHAT),
    call("POST", "/chats/{chatId}/typing", {"state": "composing"}, chatId=CHAT),
    call("POST", "/chats/{chatId}/presence", chatId=CHAT),
    call("GET", "/contacts"),
    call("GET", "/contacts/{number}", number="5491100000002"),
    call("GET", "/contacts/{contactId}/picture", contactId=CHAT),
    call("GET", "/groups"),
    call("GET", "/groups/{groupId}", groupId=GROUP),
    call("GET", "/groups/{groupId}/picture", groupId=GROUP),
    call("GET", "/media/{mediaId}", mediaId=MEDIA),
    call("GET", "/config"),
    call("PUT", "/config", {"pacing": {"burst": 5}}),
    call("GET", "/webhooks"),
    call("GET", "/webhooks/{name}/dead-letters", name="crm"),
    call("POST", "/webhooks/{name}/dead-letters/retry", name="crm"),
    call("POST", "/webhooks/{name}/dead-letters/{seq}/retry", name="crm", seq="7"),
    call("DELETE", "/webhooks/{name}/dead-letters", name="crm"),
    call("DELETE", "/webhooks/{name}/dead-letters/{seq}", name="crm", seq="7"),
    call("GET", "/session-manager/state"),
    call("GET", "/session-manager/qr"),
    call("GET", "/session-manager/status"),
    call("POST", "/session-manager/login"),
    call("POST", "/session-manager/logout"),
    call("GET", "/events"),
)
IDS = [f"{each.method} {each.template}" for each in CALLS]
CLOSED = [each for each in CALLS if each.path not in OPEN]
"""Those that need the key."""
