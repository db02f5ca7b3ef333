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


CALLBACK_STATUSES = ("connected", "disconnected", "expired", "pending")
"""The closed set of `status` in contracts C and D."""


def callback_status(state: State, reason: Reason | None, logged_out_by: str | None) -> str:
    """The `status` of contracts C and D; `expired` where a person has to scan a new QR.

    `logged_out_by` is the session view's: a logout that was asked for is `disconnected`.
    """
    if state is State.READY:
        return "connected"
    if state is not State.DISCONNECTED:
        return "pending"
    by_phone = reason is Reason.LOGGED_OUT and logged_out_by == "phone"
    return "expired" if by_phone or reason is Reason.QR_EXPIRED else "disconnected"
