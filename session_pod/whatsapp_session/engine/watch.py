"""What the page shows, turned into facts. Pure: two looks at a page and the time between decide.

Why looks and not wa-js's events: on a restored login `conn.authenticated` is not emitted, `conn.main_ready`
is true on the QR screen, and events from before wa-js had hooked never come. A look has no history to miss;
events only say when to look.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from whatsapp_contracts.sessions import Account
from whatsapp_session.engine.protocol import Stage
from whatsapp_session.facts import (
    AccountChanged,
    BanFound,
    ConflictFound,
    Fact,
    LoggedOut,
    NetworkWentAway,
    PairingCodeShown,
    QrShown,
    Scanned,
    Synced,
)

FIRST_QR = timedelta(seconds=60)
NEXT_QR = timedelta(seconds=20)
"""How long the real site shows its first code and each later one."""
PAIRING_CODE = timedelta(seconds=180)
"""How long the real site's pairing code can be typed."""
PAIRING_RETRY = timedelta(seconds=30)
"""Before a pairing code that was refused is asked for again."""
OFFLINE_GRACE = timedelta(seconds=5)
"""A connection that WhatsApp itself restores sooner was not lost: nobody needs to hear of it."""
FIRST_GRACE = timedelta(seconds=20)
"""The same before the first connection of a page."""
BANNED_MODES = frozenset({"TOS_BLOCK", "SMB_TOS_BLOCK"})
OFFLINE_INFO = frozenset({"OFFLINE", "OPENING", "CONNECTING"})
LIMITS = {
    Stage.INJECT: timedelta(seconds=60),
    Stage.BOOT: timedelta(seconds=60),
    Stage.SYNC: timedelta(minutes=5),
}
"""How long a page may stay in a stage. The first sync after a scan is long on old accounts."""


def whole(text: str) -> str:
    """`text` with half surrogate pairs replaced: pages make them by cutting an emoji, UTF-8 has none."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look at the page: what wa-js says, plainly."""

    ready: bool = False  # wa-js has found the modules
    authenticated: bool = False
    main_loaded: bool = False
    mode: str | None = None  # wa-js StreamMode
    info: str | None = None  # wa-js StreamInfo
    online: bool = True
    code: str | None = None
    idle: bool = False  # the QR stopped rotating
    pairing_over: bool = False  # the pairing code that was shown counts no more
    account: Account | None = None
    detail: str = "no page"  # for a person who reads where a page is stuck

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Look:
        """Read what the page's driver gives; raises KeyError for another driver's."""
        account = data["account"]
        return cls(
            ready=data["ready"],
            authenticated=data["authenticated"],
            main_loaded=data["mainLoaded"],
            mode=data["mode"],
            info=data["info"],
            online=data["online"],
            code=data["code"],
            idle=data["idle"],
            pairing_over=data["pairingOver"],
            account=Account(
                phone=account["phone"],
                platform=account["platform"],
                push_name=whole(account["pushName"]) if account["pushName"] else None,
                whatsapp_user_id=account["userId"],
            )
            if account
            else None,
            detail=data["detail"],
        )

    @property
    def connected(self) -> bool:
        """Whether WhatsApp is reached."""
        return self.online and self.mode != "OFFLINE" and self.info not in OFFLINE_INFO

    @property
    def usable(self) -> bool:
        """Logged in and able to send: field notes, 1."""
        return (
            self.ready
            and self.authenticated
            and self.main_loaded
            and self.mode == "MAIN"
            and self.connected
            and self.account is not None
        )


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a run knows of its page. `stage` and `since` are of this load; the rest outlives a reload."""

    stage: Stage = Stage.INJECT
    since: datetime | None = None  # in this stage
    offline_since: datetime | None = None
    told: type[Fact] | None = None  # the last fact of this run, after a reload None
    was_usable: bool = False
    account: Account | None = None  # as it was told last
    code: str | None = None
    code_since: datetime | None = None
    codes: int = 0
    lasts: tuple[timedelta, timedelta] = (FIRST_QR, NEXT_QR)  # observed, when there was something to observe
    pairing: bool = False  # the login is by pairing code: no QR is told
    pair_at: datetime | None = None  # when the next pairing code is due
    pairing_failures: int = 0

    def reloaded(self) -> Seen:
        """The same run on a new load of the page."""
        return replace(self, stage=Stage.INJECT, since=None, offline_since=None, told=None, pair_at=None)

    def stuck(self, now: datetime, limits: Mapping[Stage, timedelta] = LIMITS) -> bool:
        """Whether the page is in its stage for longer than that may last."""
        limit = limits.get(self.stage)
        return limit is not None and self.since is not None and now - self.since > limit

    @property
    def healthy(self) -> bool:
        """Whether the page came to something: a QR, a login, or a network that is away."""
        return self.told in {QrShown, PairingCodeShown, Synced, NetworkWentAway}


def judge(seen: Seen, look: Look, now: datetime) -> tuple[Seen, Fact | None]:
    """What is known after this look, and the fact it brings, if any."""
    seen = _timed(seen, look, now)
    if not look.ready:
        return seen, None
    if look.mode == "CONFLICT" and look.authenticated:
        return _tell(seen, ConflictFound())
    if look.mode in BANNED_MODES:
        return _tell(seen, BanFound())
    if look.usable and look.account:
        account = _fuller(seen.account, look.account)
        changed = seen.told is Synced and seen.account != account
        seen = replace(seen, was_usable=True, account=account, code=None, codes=0)
        return (seen, AccountChanged(account=account)) if changed else _tell(seen, Synced(account=account))
    grace = OFFLINE_GRACE if seen.healthy else FIRST_GRACE
    if seen.offline_since and now - seen.offline_since >= grace:
        because = "the page has no connection."
        return _tell(replace(seen, code=None, pair_at=None), NetworkWentAway(because=because))
    if look.authenticated:
        waited = seen.told in {QrShown, PairingCodeShown}
        return _tell(replace(seen, code=None), Scanned()) if waited else (seen, None)
    if seen.was_usable and (look.code or look.mode == "QR"):  # a page that still boots is not logged out
        return _tell(seen, LoggedOut(because="The device was unlinked by the phone or by WhatsApp."))
    if look.code and look.code != seen.code and not seen.pairing:
        return _shown(seen, look.code, now)
    return seen, None


def pairing_due(seen: Seen, look: Look, now: datetime) -> bool:
    """Whether the page should be asked for a pairing code: it waits for a login, and has none that counts."""
    waits = (
        look.ready and look.connected and not look.authenticated and (bool(look.code) or look.mode == "QR")
    )
    over = look.pairing_over and seen.told is PairingCodeShown
    return seen.pairing and waits and (seen.pair_at is None or now >= seen.pair_at or over)


def pairing_code(
    seen: Seen, code: str, now: datetime, lasts: timedelta = PAIRING_CODE
) -> tuple[Seen, PairingCodeShown]:
    """WhatsApp gave a pairing code, told as `ABCD-1234`."""
    letters = re.sub(r"[^A-Za-z0-9]", "", code).upper()
    shown = replace(seen, pair_at=now + lasts, pairing_failures=0, told=PairingCodeShown)
    return shown, PairingCodeShown(code=f"{letters[:4]}-{letters[4:]}", expires_at=now + lasts)


def no_pairing_code(seen: Seen, now: datetime, retry: timedelta = PAIRING_RETRY) -> Seen:
    """WhatsApp gave none."""
    return replace(seen, pair_at=now + retry, pairing_failures=seen.pairing_failures + 1)


def _timed(seen: Seen, look: Look, now: datetime) -> Seen:
    """Note how long the page is in its stage, and how long without a connection."""
    if not look.ready:
        stage = Stage.INJECT
    elif look.authenticated and not look.usable:
        stage = Stage.SYNC
    elif look.usable or look.code or seen.told is PairingCodeShown:
        stage = Stage.ALIVE
    else:
        stage = Stage.BOOT
    since = seen.since if seen.stage is stage and seen.since else now
    offline_since = None if look.connected or not look.ready else seen.offline_since or now
    if offline_since:
        since = now  # a stage that waits for the network is not stuck
    return replace(seen, stage=stage, since=since, offline_since=offline_since)


def _shown(seen: Seen, code: str, now: datetime) -> tuple[Seen, Fact]:
    """A new code: how long it will last is what its predecessor lasted, or the real site's time if less.

    The last one only: a code that a lost line ended early must not shorten all that follow.
    """
    first, later = seen.lasts
    if seen.code and seen.code_since:
        lasted = now - seen.code_since
        first, later = (min(FIRST_QR, lasted), later) if seen.codes == 1 else (first, min(NEXT_QR, lasted))
    expires_at = now + (first if seen.codes == 0 else later)
    shown = replace(seen, code=code, code_since=now, codes=seen.codes + 1, lasts=(first, later), told=QrShown)
    return shown, QrShown(code=code, expires_at=expires_at)


def _fuller(known: Account | None, now: Account) -> Account:
    """What is known of the account; a name that a look misses for a moment is not forgotten."""
    if known is None or known.phone != now.phone:
        return now
    return replace(
        now,
        platform=now.platform or known.platform,
        push_name=now.push_name or known.push_name,
        whatsapp_user_id=now.whatsapp_user_id or known.whatsapp_user_id,
    )


def _tell(seen: Seen, fact: Fact) -> tuple[Seen, Fact | None]:
    """Tell a fact once, until another one comes between."""
    if seen.told is type(fact):
        return seen, None
    return replace(seen, told=type(fact)), fact
