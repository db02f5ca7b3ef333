"""Access tokens: a JWT that lives 24 hours. A new login revokes none: clients log in before every QR.

`iat` has microseconds, which JWT allows: a password that was changed ends the tokens of the same second that
came before, and not the one that came after.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

LIFETIME = timedelta(hours=24)
ALGORITHM = "HS256"
ISSUER = "whatsapp-hub"


@dataclass(frozen=True, kw_only=True)
class Token:
    """Whose it is. Role and whether the user is still there are asked of the database at each call."""

    user_id: int
    tenant_id: int


@dataclass(frozen=True, kw_only=True)
class Read:
    """A token that was read, and when it was issued."""

    user_id: int
    tenant_id: int
    issued: datetime


def issue(token: Token, key: bytes, now: datetime) -> str:
    """A signed token for `token`."""
    claims = {
        "iss": ISSUER,
        "sub": str(token.user_id),
        "tenant": token.tenant_id,
        "iat": now.timestamp(),
        "exp": now + LIFETIME,
    }
    return jwt.encode(claims, key, ALGORITHM)


def read(text: str, key: bytes, now: datetime) -> Read | None:
    """Whose token this is; None when it is not ours, was changed, or is past its time."""
    options = {"require": ["exp", "iat", "iss", "sub"], "verify_exp": False, "verify_iat": False}
    try:
        claims = jwt.decode(text, key, [ALGORITHM], issuer=ISSUER, options=options)  # type: ignore[arg-type]
        if now >= datetime.fromtimestamp(int(claims["exp"]), UTC):
            return None
        return Read(
            user_id=int(claims["sub"]),
            tenant_id=int(claims["tenant"]),
            issued=datetime.fromtimestamp(float(claims["iat"]), UTC),
        )
    except (jwt.InvalidTokenError, ValueError, TypeError, KeyError, OverflowError, OSError):
        return None


def ended_by(now: datetime) -> datetime:
    """`users.tokens_after` that ends every token up to now, those of this very moment too."""
    return now + timedelta(microseconds=1)
