"""How a session is logged in, and the types of the fixtures that make sessions."""

from __future__ import annotations

from collections.abc import Callable

from whatsapp_tools.phones import Phones
from whatsapp_tools.product import Session

SessionMaker = Callable[..., Session]
LoggedIn = Callable[..., Session]


def log_in(session: Session, phones: Phones, number: str, **spec: object) -> None:
    """Apply, scan the picture that is shown, wait for Ready."""
    session.apply(**spec)
    session.wait_qr()
    phones.scan(number, session.picture_code())
    session.wait_ready()
