"""Access tokens: a JWT that lives 24 hours. A new login revokes none: clients log in before every QR."""

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


def issue(token: Token, key: bytes, now: datetime) -> str:
    """A signed token for `token`."""
    claims = {
        "iss": ISSUER,
        "sub": str(token.user_id),
        "tenant": token.tenant_id,
        "iat": now,
        "exp": now + LIFETIME,
    }
    return jwt.encode(claims, key, ALGORITHM)


def read(text: str, key: bytes, now: datetime) -> Token | None:
    """Whose token this is; None when it is not ours, was changed, or is past its time."""
    options = {"require": ["exp", "iss", "sub"], "verify_exp": False, "verify_iat": False}
    try:
        claims = jwt.decode(text, key, [ALGORITHM], issuer=ISSUER, options=options)  # type: ignore[arg-type]
        if now >= datetime.fromtimestamp(int(claims["exp"]), UTC):
            return None
        return Token(user_id=int(claims["sub"]), tenant_id=int(claims["tenant"]))
    except (jwt.InvalidTokenError, ValueError, TypeError, KeyError, OverflowError):
        return None
