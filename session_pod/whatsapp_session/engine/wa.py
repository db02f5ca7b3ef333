"""The script in the page, how it is called, and what its answers mean. The page's half is `driver/`.

Why one script: it follows every load of the page by itself (`add_init_script`, which WhatsApp's strict CSP
allows), so that no load is ever without it and none has it twice.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from whatsapp_session.engine.messages import item
from whatsapp_session.engine.protocol import EngineError, NotConnected, NotFound, SendFailed, SendRefused
from whatsapp_session.engine.watch import Look
from whatsapp_session.facts import AckSeen, ChatMessage, Happening

log = logging.getLogger(__name__)

NAME = "__whatsappSession"
CONFIG = "{disableGoogleAnalytics: true, linkPreviewApiServers: []}"
"""wa-js would otherwise tell Google of logins, and ask other parties' servers about links."""
DRIVER = ("base", "messages", "look", "events", "files", "sending", "reading")
"""The files of the driver: one scope, each uses those before it."""
ERRORS: Mapping[str, type[EngineError]] = {
    "offline": NotConnected,
    "missing": NotFound,
    "refused": SendRefused,
    "unknown": SendFailed,
}
"""What a call in the page can end in; every other kind is a plain EngineError."""


def script(bundle: str) -> str:
    """What runs at the start of every load: wa-js and the driver, in the top frame of a real page only."""
    folder = resources.files("whatsapp_session").joinpath("engine/driver")
    driver = "\n".join(folder.joinpath(f"{name}.js").read_text("utf-8") for name in DRIVER)
    return (
        "if (window === window.top && location.protocol.startsWith('http')) {\n"
        f"window.WPPConfig = {CONFIG};\n"
        f"{bundle}\n"
        f"Object.defineProperty(window, '{NAME}', {{value: (() => {{\n{driver}\nreturn methods;\n}})()}});\n"
        "}"
    )


def call(method: str) -> str:
    """The expression that calls the driver; null where there is none yet.

    Its answer is JSON text: as objects, hundreds of messages take Playwright over a second.
    """
    return (
        f"async (argument) => window.{NAME} ? JSON.stringify(await window.{NAME}.{method}(argument)) : null"
    )


def answered(said: object) -> Any:
    """What the driver answered, None where there is none."""
    return json.loads(said) if isinstance(said, str) else None


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One answer of the pull loop."""

    look: Look
    items: tuple[ChatMessage | AckSeen | Happening, ...] = ()
    load: str = ""
    """Of which load of the page; empty for a page without the driver."""


def turn(answer: dict[str, Any] | None) -> Turn:
    """Read `next`'s answer; None, from a page without the driver, is a page that is not ready."""
    if answer is None:
        return Turn(look=Look())
    items = tuple(_items(answer["items"]))
    return Turn(look=Look.from_json(answer["look"]), items=items, load=answer["load"])


def _items(data: list[dict[str, Any]]) -> Iterator[ChatMessage | AckSeen | Happening]:
    """What could be read: one message nobody foresaw must not cost those beside it."""
    for one in data:
        try:
            read = item(one)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            log.warning("left out: the page told something that could not be read (%s)", type(error).__name__)
            continue
        if read:
            yield read


def value(answer: Mapping[str, Any] | None) -> Any:
    """What a call in the page gave; raises what it ended in."""
    if answer is None:
        raise NotConnected("The page is loading.")
    if "error" in answer:
        raise ERRORS.get(answer["error"], EngineError)(sentence(answer["because"]))
    return answer["ok"]


def sentence(words: str) -> str:
    """With its full stop."""
    return words if words.endswith((".", "!", "?")) else f"{words}."
