"""The session now, as the event that a follower without a place begins with. It is never stored."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from whatsapp_contracts.events import SESSION_SNAPSHOT, Event, timestamp
from whatsapp_session.session import Session


async def snapshot(session: Session) -> Event:
    """The session now, under the `seq` that its last change had; what changes meanwhile follows live."""
    _, seq = await session.kept()
    return Event(
        id=f"snapshot_{uuid.uuid4().hex}",
        seq=seq,
        type=SESSION_SNAPSHOT,
        time=timestamp(datetime.now(UTC)),
        session=session.name,
        data=session.view.to_json(),
    )
