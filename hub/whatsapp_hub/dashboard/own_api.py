"""The hub's own API, called by its pages in the same process.

Why by its functions: what may be done to keys, users and receivers, and what the audit log says of it, is
decided in one place, whoever asks.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any

from fastapi.responses import Response

from whatsapp_hub.api.caller import Caller
from whatsapp_hub.dashboard.visitor import Visitor


def caller(visitor: Visitor) -> Caller:
    """The visitor, as the API knows who calls."""
    return Caller(
        tenant_id=visitor.tenant_id,
        actor=visitor.actor,
        scopes=visitor.scopes,
        role=visitor.role,
        user_id=visitor.user_id,
        name=visitor.name,
        language=visitor.language,
    )


async def data(answer: Awaitable[Response]) -> dict[str, Any]:
    """`data` of an answer. Raises what the route raises: ApiError, BackendError, ValidationError."""
    found: dict[str, Any] = json.loads(bytes((await answer).body))["data"]
    return found
