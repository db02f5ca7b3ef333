"""The types of the fixtures that make sessions, for tests to name."""

from __future__ import annotations

from collections.abc import Callable

from whatsapp_tools.product import Session

SessionMaker = Callable[..., Session]
LoggedIn = Callable[..., Session]
