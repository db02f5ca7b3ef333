"""What a phone or a page may not do, as values with a code, a status and a cure.

Why one type: the control API, the phone page and the WhatsApp page all show the same sentence.
"""

from __future__ import annotations


class Refused(Exception):
    """A request that was understood and turned down. `code` is stable, `message` ends with the cure."""

    def __init__(self, code: str, message: str, *, status: int = 409) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def body(self) -> dict[str, str]:
        """The JSON of an error answer."""
        return {"error": self.code, "message": self.message}
