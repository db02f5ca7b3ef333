"""A page whose driver answers what a test says, and that remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from whatsapp_session.engine.page import WhatsAppPage
from whatsapp_session.engine.protocol import Stage


@dataclass
class FakePage:
    """A fake: the real one is tested with real Chromium in `tests/integration/session/engine`."""

    answers: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    files: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    async def call(self, stage: Stage, method: str, argument: Any = None, *, timeout: float) -> Any:
        assert timeout > 0
        self.asked.append((method, argument))
        given = self.answers.get(method)
        answer = given(argument) if given else None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def methods(self) -> list[str]:
        return [method for method, _ in self.asked]

    @property
    def page(self) -> WhatsAppPage:
        return cast(WhatsAppPage, self)
