"""One attempt to have WhatsApp take a message, and what became of an attempt that nobody saw end.

Why its own words: whether something was certainly not sent, certainly sent, or may have been sent decides
everything that follows, and an exception's name does not say it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from whatsapp_session.engine.protocol import (
    EngineError,
    NotConnected,
    NotFound,
    SendFailed,
    SendRefused,
    WhatsAppEngine,
)
from whatsapp_session.facts import ChatMessage
from whatsapp_session.outgoing import Change, Media, Outgoing

log = logging.getLogger(__name__)

TIMEOUT = 30.0
"""Seconds until a send that WhatsApp did not accept is called unknown."""
MEDIA_TIMEOUT = 120.0
FIND_TIMEOUT = 15.0


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """WhatsApp has it; `message` is None for a change of another message."""

    message: ChatMessage | None


@dataclass(frozen=True, kw_only=True)
class Refused:
    """It was certainly not sent, and would not be if it were tried again."""

    error: EngineError


@dataclass(frozen=True, kw_only=True)
class NotNow:
    """It was certainly not sent; the next attempt may succeed."""

    error: EngineError


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """It may have been sent, or may still be."""

    error: EngineError


@dataclass(frozen=True, kw_only=True)
class Absent:
    """WhatsApp's store has never had it."""


Outcome = Delivered | Refused | NotNow | Unknown


async def deliver(engine: WhatsAppEngine, outgoing: Outgoing, *, chat_id: str, bare_id: str) -> Outcome:
    """Hand it to WhatsApp once."""
    try:
        if isinstance(outgoing.content, Change):
            await engine.change(outgoing, timeout=TIMEOUT)
            return Delivered(message=None)
        timeout = MEDIA_TIMEOUT if isinstance(outgoing.content, Media) else TIMEOUT
        message = await engine.send(outgoing, chat_id=chat_id, bare_id=bare_id, timeout=timeout)
        return Delivered(message=message)
    except NotConnected as error:
        return NotNow(error=error)
    except (SendRefused, NotFound) as error:
        return Refused(error=error)
    except EngineError as error:
        return Unknown(error=error)
    except Exception as error:  # a bug must not make two messages of one
        log.error("a send failed in a way nobody foresaw", exc_info=error)
        return Unknown(error=SendFailed(f"The send failed: {type(error).__name__}. See the log."))


async def outcome(
    engine: WhatsAppEngine, outgoing: Outgoing, *, chat_id: str | None, bare_id: str
) -> Delivered | Absent | Unknown:
    """Look up in WhatsApp's own store what became of an attempt."""
    if isinstance(outgoing.content, Change) or chat_id is None:
        return Absent()  # done twice is done once; without a chat nothing was handed over
    try:
        found = await engine.find(chat_id, bare_id, timeout=FIND_TIMEOUT)
    except EngineError as error:
        return Unknown(error=error)
    except Exception as error:
        log.error("a look-up failed in a way nobody foresaw", exc_info=error)
        return Unknown(error=SendFailed(f"The look-up failed: {type(error).__name__}. See the log."))
    if found is None or found.ack < 0:  # WhatsApp's own mark of a message that failed
        return Absent()
    if found.ack == 0:
        return Unknown(error=SendFailed("WhatsApp has not accepted the message yet."))
    return Delivered(message=found)
