"""The API key of one session pod: derived from a master key, never read from the cluster.

Why derived: an operator or a hub that had to read keys back would need the right to read every Secret. Each
has a master key of its own (the operator knows both, for it writes the pod's Secret), so a hub's key opens
pods and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

KEY_VERSION = 1
"""Of a resource that says nothing; raising `spec.keyVersion` rotates one session's key."""


HUB_WEBHOOK = "hub"
"""The webhook by which a session tells the hub; its calls are signed under the hub's master key."""


HUB_MASTER_ENTRY = "master-key"
"""The entry of the Secret with the hub's master key, and so the name of the file that the hub reads."""


def hub_master(content: bytes) -> bytes:
    """The hub's master key from its Secret's entry or from the file that shows it.

    Text without white space around it: an editor's final newline must not make two keys of one.
    """
    return content.strip()


def derive(master: bytes, namespace: str, name: str, *, version: int = KEY_VERSION) -> str:
    """64 hex characters: HMAC-SHA256(master, `namespace/name/version`)."""
    if not master:
        raise ValueError("the master key is empty: delete its Secret, and the operator makes a new one")
    return hmac.new(master, f"{namespace}/{name}/{version}".encode(), hashlib.sha256).hexdigest()


def webhook_secret(master: bytes, namespace: str, name: str, webhook: str, *, version: int) -> str:
    """What the calls of one webhook are signed with when its resource names no Secret: `whsec_<base64>`.

    A name of a webhook has no slash, so that no text is made for two purposes.
    """
    text = f"{namespace}/{name}/webhook/{webhook}/{version}"
    return f"whsec_{base64.b64encode(hmac.new(master, text.encode(), hashlib.sha256).digest()).decode()}"
