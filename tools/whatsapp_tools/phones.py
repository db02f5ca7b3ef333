"""The simulator's phones over HTTP, and the eye that reads a QR from its picture.

Why the picture: a scan must take what a phone's camera would see, never a string that was
passed along beside it.
"""

from __future__ import annotations

import io
from typing import Any

import httpx
import zxingcpp
from PIL import Image

from whatsapp_tools.terminal import ToolError


def read_qr(png: bytes) -> str:
    """The text of the one QR code in a PNG; raises ValueError when there is none."""
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))
    if len(found) != 1:
        raise ValueError(f"The picture holds {len(found)} QR codes instead of one.")
    return str(found[0].text)


class Phones:
    """A simulator's control API (`/docs` on the simulator)."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._http = httpx.Client(timeout=30)

    def close(self) -> None:
        self._http.close()

    def _call(self, method: str, path: str, **kwargs: Any) -> Any:
        """The answer's JSON; raises ToolError with the simulator's own words, or when it is away."""
        try:
            answer = self._http.request(method, f"{self.base_url}{path}", **kwargs)
        except httpx.HTTPError as error:
            raise ToolError(f"The simulator does not answer {method} {path}: {error!r}") from None
        if not answer.is_success:
            raise ToolError(
                f"The simulator answered {method} {path} with {answer.status_code}: {answer.text}"
            )
        return answer.json()

    def create(self, number: str) -> Any:
        """Make the phone `number`; nothing happens when it exists."""
        return self._call("POST", f"/phones/{number}", json={})

    def scan(self, number: str, code: str) -> Any:
        """The phone `number` scans a code; an old or used one raises ToolError."""
        return self._call("POST", f"/phones/{number}/scan", json={"code": code})

    def send(self, number: str, to: str, text: str) -> Any:
        """The phone `number` writes to `to`."""
        return self._call("POST", f"/phones/{number}/send", json={"to": to, "text": text})

    def messages(self, number: str, **query: str) -> list[dict[str, Any]]:
        """What this phone has sent and received, oldest first, with acknowledgements."""
        return self._call("GET", f"/phones/{number}/messages", params=query)  # type: ignore[no-any-return]

    def unlink(self, number: str) -> Any:
        """The phone removes its linked devices."""
        return self._call("POST", f"/phones/{number}/unlink", json={})

    def phone(self, number: str) -> dict[str, Any]:
        """One phone with its linked devices."""
        return self._call("GET", f"/phones/{number}")  # type: ignore[no-any-return]

    def connections(self, number: str | None = None) -> list[dict[str, Any]]:
        """The open WhatsApp connections, of one number or of all."""
        found = self._call("GET", "/connections", params={"open": "true"})
        return [c for c in found if number is None or c["number"] == number]
