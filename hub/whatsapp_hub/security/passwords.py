"""Passwords, with argon2id. Hashing takes a tenth of a second of one core, by design: it runs in a thread."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 8, 200
AT_ONCE = 2
"""Hashes at one time: each takes 64 MiB, and a flood of logins must not take the machine's memory."""

_hasher = PasswordHasher()
_nobody = _hasher.hash("nobody has this password")


class PasswordError(ValueError):
    """A password that cannot be set; the text says which can."""


class Passwords:
    """Makes and checks hashes, a few at a time."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """A hash to keep; raises PasswordError."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise PasswordError(f"The password is not {SHORTEST} to {LONGEST} characters. Choose another.")
        async with self._turn:
            return await asyncio.to_thread(_hasher.hash, password)

    async def matches(self, kept: str | None, password: str) -> bool:
        """Whether `password` is the kept one. None (nobody of that name) takes as long as a wrong one."""
        async with self._turn:
            right = await asyncio.to_thread(_verify, kept or _nobody, password[: LONGEST + 1])
        return right and kept is not None


def _verify(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
