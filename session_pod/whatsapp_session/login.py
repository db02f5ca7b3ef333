"""Who may log in, how, and for how long codes are shown. Pure.

Why apart: the rules come from the configuration, which may change at any moment of a login.
"""

from __future__ import annotations

import re

from whatsapp_contracts.sessions import Account
from whatsapp_session.config import DISCONNECTED, PAIRING_CODE, Config
from whatsapp_session.engine.protocol import LoginWish

ONE_NUMBER = (
    (re.compile(r"549(\d{10})"), r"54\1"),  # Argentina: a 9 for mobiles, which some write and some do not
    (re.compile(r"521(\d{10})"), r"52\1"),  # Mexico: a 1, until 2019
    (re.compile(r"55(\d{2})9(\d{8})"), r"55\1\2"),  # Brazil: older accounts lack the ninth digit
)


def closed(config: Config) -> bool:
    """Whether WhatsApp shall stay closed, whoever asks."""
    return config.operating_mode == DISCONNECTED


def wish(config: Config) -> LoginWish:
    """How a run shall log in where there is no login."""
    paired = config.login.method == PAIRING_CODE
    return LoginWish(pair_with=config.phone_number if paired else None)


def ended(config: Config, shown: int) -> bool:
    """Whether no further code may be shown after `shown` of them."""
    allowed = config.login.max_qr_rotations
    return allowed is not None and shown >= allowed


def wrong(config: Config, account: Account | None) -> bool:
    """Whether this account may not be here. An account whose number is not known yet is not judged."""
    if config.phone_number is None or account is None or not account.phone:
        return False
    return _plain(config.phone_number) != _plain(account.phone)


def last_digits(phone: str | None) -> str:
    """As much of a number as a message may show."""
    return (phone or "")[-4:]


def _plain(phone: str) -> str:
    """One spelling of numbers that WhatsApp and people write in two."""
    for pattern, plain in ONE_NUMBER:
        if pattern.fullmatch(phone):
            return pattern.sub(plain, phone)
    return phone
