"""Passwords, with argon2id. Hashing takes a tenth of a second of one core, by design: it runs in a thread."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 8, 200
AT_ONCE = 2
"""Hashes at one time: each takes 64 MiB, and a flood of logins must not take the machine's memory."""


class PasswordError(ValueError):
    """A password that cannot be set; the text says which can."""


class Passwords:
    """Makes and checks hashes, a few at a time."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """`hasher`: how much work a hash is; argon2's recommended parameters by default."""
        self._hasher = hasher or PasswordHasher()
        self._nobody = ""
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """A hash to keep; raises PasswordError."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise PasswordError(f"The password is not {SHORTEST} to {LONGEST} characters. Choose another.")
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, kept: str | None, password: str) -> bool:
        """Whether `password` is the kept one. None (nobody of that name) takes as long as a wrong one."""
        async with self._turn:
            right = await asyncio.to_thread(self._verify, kept, password[: LONGEST + 1])
        return right and kept is not None

    def _verify(self, kept: str | None, password: str) -> bool:
        if kept is None and not self._nobody:
            self._nobody = self._hasher.hash("nobody has this password")
        try:
            return self._hasher.verify(kept or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
