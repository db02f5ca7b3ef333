"""All states of a session and the only code that changes them: no browser, no clock, no I/O.

Why as data: contract A's table of states is a promise to people who wrote clients years ago; here it can
be read beside that table, and a test walks through every pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from whatsapp_contracts.events import SESSION_QR, SESSION_STATE, timestamp
from whatsapp_contracts.sessions import PairingCode, QrCode, SessionView
from whatsapp_contracts.states import Reason, State
from whatsapp_session.facts import (
    AccountChanged,
    BanFound,
    BrowserLost,
    ConfigTaken,
    ConflictFound,
    Fact,
    Healing,
    LoggedOut,
    LoginAsked,
    NetworkWentAway,
    PairingCodeShown,
    QrShown,
    RotationsEnded,
    Scanned,
    Stopped,
    StorageChanged,
    Synced,
    WrongPhone,
)

FOUR_DEVICES = "When the phone says that no more can be linked, unlink one of its four devices first."
Place = State | Reason
"""Where a session is: a state, or `DISCONNECTED` for that reason."""

LIVE: tuple[Place, ...] = (State.INIT, State.QR_REQUIRED, State.READY, Reason.NETWORK_LOST)
"""A browser runs, or is being started."""
ENDED: tuple[Place, ...] = tuple(reason for reason in Reason if reason is not Reason.NETWORK_LOST)
"""No browser runs until somebody asks for a login."""


def _each(places: tuple[Place, ...], fact: type[Fact], to: Place) -> dict[tuple[Place, type[Fact]], Place]:
    return {(place, fact): to for place in places}


NEXT: Mapping[tuple[Place, type[Fact]], Place] = {
    **_each((*LIVE, *ENDED), LoginAsked, State.INIT),
    (State.READY, LoginAsked): State.READY,  # changes nothing
    **_each((State.INIT, State.QR_REQUIRED, Reason.NETWORK_LOST), QrShown, State.QR_REQUIRED),
    **_each((State.INIT, State.QR_REQUIRED, Reason.NETWORK_LOST), PairingCodeShown, State.QR_REQUIRED),
    **_each((State.INIT, State.QR_REQUIRED, Reason.NETWORK_LOST), RotationsEnded, Reason.QR_EXPIRED),
    (State.QR_REQUIRED, Scanned): State.INIT,
    **_each((State.INIT, State.QR_REQUIRED, Reason.NETWORK_LOST), Synced, State.READY),
    (State.READY, AccountChanged): State.READY,
    **_each(LIVE, NetworkWentAway, Reason.NETWORK_LOST),
    **_each((State.INIT, State.QR_REQUIRED, State.READY), Healing, State.INIT),
    (Reason.NETWORK_LOST, Healing): Reason.NETWORK_LOST,  # still no network: B, C and D must not flap
    **_each((*LIVE, *ENDED), LoggedOut, Reason.LOGGED_OUT),
    **_each(LIVE, Stopped, Reason.STOPPED),
    **{(place, Stopped): place for place in ENDED},  # already closed; why it was is worth keeping
    **_each(LIVE, WrongPhone, Reason.PHONE_MISMATCH),
    **_each(LIVE, ConflictFound, Reason.CONFLICT),
    **_each(LIVE, BanFound, Reason.BANNED),
    **_each(LIVE, BrowserLost, Reason.BROWSER_FAILED),
    **{(place, ConfigTaken): place for place in (*LIVE, *ENDED)},
    **{(place, StorageChanged): place for place in (*LIVE, *ENDED)},
}


class UnexpectedFact(Exception):
    """This fact means nothing in this state; the session is as it was."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """The session and what its next QR is numbered after, pairing codes included."""

    view: SessionView
    attempts: int = 0

    @property
    def place(self) -> Place:
        """The state, or the reason of `DISCONNECTED`."""
        return self.view.reason or self.view.state


def new(revision: str = "") -> Session:
    """A session before its first login was asked for, under the configuration `revision`."""
    view = SessionView(state=State.DISCONNECTED, reason=Reason.STOPPED, message="Not started.")
    return Session(view=replace(view, config_revision=revision))


def advance(session: Session, fact: Fact, now: datetime) -> tuple[Session, str | None]:
    """The session after `fact`, and the type of the event to tell, None when nothing changed.

    Raises UnexpectedFact, and changes nothing, for a fact that the table does not have here.
    """
    place = NEXT.get((session.place, type(fact)))
    if place is None:
        raise UnexpectedFact(f"{type(fact).__name__} in {session.place.value}")
    if isinstance(fact, ConfigTaken | StorageChanged):
        return _beside(session, fact)
    if isinstance(fact, Stopped) and fact.by_mode:
        place = Reason.STOPPED  # a mode that somebody set outweighs how the login ended before
    elif place == session.place and isinstance(fact, LoginAsked | Stopped) and place is not State.INIT:
        return session, None
    view = replace(
        session.view,
        state=place if isinstance(place, State) else State.DISCONNECTED,
        reason=place if isinstance(place, Reason) else None,
        message=sentence(fact),
        qr=None,
        pairing_code=None,
        logged_out_by=None,
        connected_since=None,
    )
    attempts = session.attempts
    match fact:
        case QrShown(code=code, expires_at=expires_at):
            attempts += 1
            qr = QrCode(code=code, expires_at=timestamp(expires_at), attempt=attempts)
            view = replace(view, qr=qr, account=None)
        case PairingCodeShown(code=code, expires_at=expires_at):
            attempts += 1
            pairing = PairingCode(code=code, expires_at=timestamp(expires_at))
            view = replace(view, pairing_code=pairing, account=None)
        case Synced():
            attempts = 0
            view = replace(view, account=fact.account, connected_since=timestamp(now))
        case AccountChanged():
            view = replace(session.view, account=fact.account)
        case LoginAsked():
            attempts = 0
        case LoggedOut():
            view = replace(view, account=None, logged_out_by="request" if fact.by_request else "phone")
        case BanFound() | WrongPhone():
            view = replace(view, account=None)
    if view == session.view:
        return session, None
    return Session(view=view, attempts=attempts), SESSION_QR if isinstance(fact, QrShown) else SESSION_STATE


def _beside(session: Session, fact: ConfigTaken | StorageChanged) -> tuple[Session, str | None]:
    """What changes in every state, and no state with it."""
    match fact:
        case ConfigTaken():
            view = replace(session.view, config_revision=fact.revision)
        case StorageChanged():
            view = replace(session.view, storage_pressure=fact.pressure)
    return replace(session, view=view), None if view == session.view else SESSION_STATE


def touched(session: Session, now: datetime) -> Session:
    """The session after a message went in or out."""
    return replace(session, view=replace(session.view, last_activity=timestamp(now)))


def sentence(fact: Fact) -> str:
    """What a person reads in `message`: what happened and, where something is to be done, what."""
    match fact:
        case LoginAsked():
            return "Starting the browser."
        case QrShown():
            return (
                f"Scan the QR code with WhatsApp on the phone: Linked devices, Link a device. {FOUR_DEVICES}"
            )
        case PairingCodeShown():
            return (
                "Type the pairing code on the phone: Linked devices, Link a device, "
                f"Link with phone number instead. {FOUR_DEVICES}"
            )
        case RotationsEnded():
            codes = "1 code was" if fact.shown == 1 else f"{fact.shown} codes were"
            return f"{codes} shown and none was used. For a new one: POST /session-manager/login"
        case Scanned():
            return "The QR code was scanned; WhatsApp is syncing."
        case Synced() | AccountChanged():
            return "Connected."
        case NetworkWentAway():
            return f"WhatsApp cannot be reached: {fact.because} It connects again by itself."
        case Healing():
            return f"{fact.because} Starting again; the login is kept."
        case LoggedOut():
            return f"{fact.because} For a new QR code: POST /session-manager/login"
        case Stopped(by_mode=True):
            return "operatingMode is Disconnected; the login is kept. To connect: set it to Connected."
        case WrongPhone():
            done = (
                "It was unlinked again."
                if fact.unlinked
                else "It could not be unlinked: remove it in that phone's Linked devices."
            )
            return (
                f"The number that logged in ends in {fact.found}, phoneNumber in {fact.expected}. {done} "
                "Correct phoneNumber or take the right phone, then: POST /session-manager/login"
            )
        case ConfigTaken() | StorageChanged():
            return ""  # they leave the message as it is
        case Stopped():
            return "Disconnected by request; the login is kept. To connect: POST /session-manager/login"
        case ConflictFound():
            return (
                "WhatsApp is open with this login in another browser. Close it there, then: "
                "POST /session-manager/login"
            )
        case BanFound():
            return "WhatsApp refuses this number. Look at WhatsApp on the phone for what it says."
        case BrowserLost():
            return f"{fact.because} Healing did not help. To try again: POST /session-manager/login"
