"""A form that holds a file: the part `file` goes to the volume while it arrives, `message` is kept as it is.

Why not the framework's form: it puts files into the machine's temporary folder, which in a pod is memory, or
cannot be written at all.
"""

from __future__ import annotations

from collections.abc import Callable

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.api.errors import ApiError, wrong
from whatsapp_session.api.fields import printable
from whatsapp_session.api.gate import CLOSE, MAX_BODY
from whatsapp_session.media.store import Upload

CURE = "Send the part message with the JSON, and the part file."


class FormBody:
    """Fed with pieces; afterwards `message`, and the file's `upload`, `file_name` and `mime_type`."""

    def __init__(self, boundary: bytes, begin: Callable[[], Upload]) -> None:
        """Raises ApiError for a boundary that none can be."""
        self.message: bytearray | None = None
        self.upload: Upload | None = None
        self.file_name: str | None = None
        self.mime_type: str | None = None
        self._begin = begin
        self._header = (bytearray(), bytearray())
        self._headers: dict[bytes, bytes] = {}
        self._into: bytearray | Upload | None = None
        self._pieces: list[bytes] = []
        self._told: list[tuple[str, bytes]] = []  # what the parser found, in order
        self._ended = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": lambda: self._told.append(("begin", b"")),
                    "on_header_field": lambda data, start, end: self._told.append(("name", data[start:end])),
                    "on_header_value": lambda data, start, end: self._told.append(("value", data[start:end])),
                    "on_header_end": lambda: self._told.append(("header", b"")),
                    "on_headers_finished": lambda: self._told.append(("headers", b"")),
                    "on_part_data": lambda data, start, end: self._told.append(("data", data[start:end])),
                    "on_end": lambda: self._told.append(("end", b"")),
                },
            )
        except FormParserError:
            raise wrong("The form's boundary cannot be used. Let your HTTP library choose it.") from None

    async def feed(self, piece: bytes) -> None:
        """Take in the next bytes. Raises ApiError, and what the upload raises."""
        try:
            self._parser.write(piece)
        except FormParserError:
            raise wrong(f"The body is not a form. {CURE}") from None
        told, self._told = self._told, []
        for what, data in told:
            await self._take(what, data)

    def end(self) -> None:
        """Nothing follows; raises ApiError when something is missing."""
        if not self._ended:
            raise wrong("The form ends before its last boundary. Send it whole.")
        if self.message is None:
            raise wrong(f"The form has no part message. {CURE}")

    async def _take(self, what: str, data: bytes) -> None:
        match what:
            case "begin":
                self._headers = {}
            case "name":
                self._header[0].extend(data)
            case "value":
                self._header[1].extend(data)
            case "header":
                name, value = self._header
                self._headers[bytes(name).lower()] = bytes(value)
                self._header = (bytearray(), bytearray())
            case "headers":
                self._part()
            case "data":
                await self._write(data)
            case _:
                self._ended = True

    def _part(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if name == "message" and self.message is None:
            self.message = self._into = bytearray()
        elif name == "file" and self.upload is None:
            self.upload = self._into = self._begin()
            self.file_name = options.get(b"filename", b"").decode("utf-8", "replace") or None
            self.mime_type = self._headers.get(b"content-type", b"").decode("latin-1") or None
        elif name in {"message", "file"}:
            raise wrong(f"The form has the part {name} twice. Send it once.")
        else:
            raise wrong(f"The form has a part {printable(name)!r}. {CURE}")

    async def _write(self, data: bytes) -> None:
        if isinstance(self._into, bytearray):
            self._into += data
            if len(self._into) > MAX_BODY:
                raise ApiError(
                    ErrorCode.PAYLOAD_TOO_LARGE,
                    f"The part message is larger than {MAX_BODY} bytes. Send the file as the part file.",
                    CLOSE,
                )
        elif self._into is not None:
            await self._into.write(data)
