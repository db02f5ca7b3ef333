"""The files that were uploaded, each once, by the hash of its bytes.

Why files beside the database: a video of many megabytes would make every backup and every write wait.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from whatsapp_simulator.errors import Refused

MAX_BYTES = 256 * 1024 * 1024


class MediaStore:
    """One folder; names are SHA-256 in hex."""

    def __init__(self, folder: Path, *, reset: bool = False) -> None:
        self._folder = folder
        if reset:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes) -> str:
        """Keeps the bytes; their name."""
        name = hashlib.sha256(data).hexdigest()
        if not (self._folder / name).exists():
            part = self._part()
            part.write_bytes(data)
            part.replace(self._folder / name)
        return name

    async def take(self, chunks: AsyncIterator[bytes]) -> tuple[str, int]:
        """Keeps what comes in; its name and size. Raises `Refused(media_too_large)`, keeping nothing."""
        digest, size, part = hashlib.sha256(), 0, self._part()
        try:
            with part.open("wb") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > MAX_BYTES:
                        raise Refused("media_too_large", f"A file has at most {MAX_BYTES} bytes.", status=413)
                    digest.update(chunk)
                    file.write(chunk)
            part.replace(self._folder / digest.hexdigest())
        finally:
            part.unlink(missing_ok=True)
        return digest.hexdigest(), size

    def path(self, name: str) -> Path | None:
        """Where the file with this name lies; None when there is none (or the name is none)."""
        path = self._folder / name
        return path if len(name) == 64 and name.isalnum() and path.is_file() else None

    def _part(self) -> Path:
        return self._folder / f".{secrets.token_hex(8)}.part"
