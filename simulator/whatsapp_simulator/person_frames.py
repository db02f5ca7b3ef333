"""What a page says besides messages: typing, looking at others, and the pairing code that it shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from whatsapp_simulator.errors import Refused
from whatsapp_simulator.numbers import phone_number
from whatsapp_simulator.page_frames import BadFrame, Frame, text_of
from whatsapp_simulator.pages import Page
from whatsapp_simulator.pairing_codes import ShownCode, plain_code
from whatsapp_simulator.presence import STATES
from whatsapp_simulator.world import World


class PersonFrames:
    """The handlers of one page."""

    def __init__(self, world: World, page: Page) -> None:
        self._world = world
        self._page = page

    def handlers(self) -> dict[str, Callable[[Frame], None]]:
        """By the frame's type."""
        return {
            "link_code": self._link_code,
            "chatstate": self._chatstate,
            "subscribe": self._subscribe,
        }

    def _answer(self, frame: Frame, answer: Frame) -> None:
        self._page.tell({"type": "answer", "ask": frame.get("ask"), **answer})

    def _me(self, frame: Frame) -> str:
        if self._page.device is None:
            raise BadFrame(f"{frame['type']}: this page is not logged in")
        return self._page.device.number

    def _link_code(self, frame: Frame) -> None:
        if self._page.keys is None or self._page.device:
            raise BadFrame("link_code: only a page that waits to be linked shows a code")
        try:
            number, code = phone_number(text_of(frame, "phone")), plain_code(text_of(frame, "code"))
        except Refused as error:
            self._answer(frame, error.body())
            return
        shown = self._world.pages.codes.show(self._page.key, number, code)
        seconds = self._world.settings.pairing_code_seconds
        asyncio.get_running_loop().call_later(seconds, self._expired, shown)
        self._answer(frame, {"ttl": seconds})

    def _expired(self, shown: ShownCode) -> None:
        if self._world.pages.codes.expire(shown):
            self._page.tell({"type": "link_code_expired"})

    def _chatstate(self, frame: Frame) -> None:
        number, state = self._me(frame), frame.get("state")
        known = next((one for one in STATES if one == state), None)
        if known is None:
            raise BadFrame(f"chatstate: field 'state' must be one of {', '.join(STATES)}")
        try:
            chat = self._world.exchange.directory.chat_of(text_of(frame, "chat"))
            self._world.presences.show(number, chat, known)
        except Refused:
            pass  # as at WhatsApp: typing to nobody is heard by nobody

    def _subscribe(self, frame: Frame) -> None:
        number, wid = self._me(frame), text_of(frame, "chat")
        try:
            state = self._world.presences.seen(number, self._world.exchange.directory.chat_of(wid))
        except Refused:
            return
        self._page.tell({"type": "presence", "chat": wid, "state": state})
