"""One state machine, four vocabularies (`docs/contracts.md`, "One state machine, four vocabularies").

Why here: the session pod owns the state, but the operator and the hub repeat it in their
own closed value sets. The tables below are the only place where one is turned into another.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """What a session is, as contract A and the custom resource spell it."""

    INIT = "INIT"
    QR_REQUIRED = "QR_REQUIRED"
    READY = "READY"
    DISCONNECTED = "DISCONNECTED"


class Reason(StrEnum):
    """Why a session is `DISCONNECTED`; the other states have no reason of their own."""

    LOGGED_OUT = "LoggedOut"
    QR_EXPIRED = "QRExpired"
    STOPPED = "Stopped"
    NETWORK_LOST = "NetworkLost"
    CONFLICT = "Conflict"
    PHONE_MISMATCH = "PhoneMismatch"
    BROWSER_FAILED = "BrowserFailed"
    BANNED = "Banned"


_MANAGER_WORDS = {
    State.INIT: "desconectado",
    State.QR_REQUIRED: "qr",
    State.READY: "conectado",
    State.DISCONNECTED: "desconectado",
}


def manager_word(state: State) -> str:
    """The word of contract A's `GET /session-manager/state`: `conectado`, `qr` or `desconectado`."""
    return _MANAGER_WORDS[state]
