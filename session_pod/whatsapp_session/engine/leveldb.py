"""The browser's databases after a volume was full, or the power went: what is whole in their logs is kept.

Why: the login is in LevelDB files. A write that met a full volume leaves half a record, Chromium goes on
behind it, and deletes the whole database at a later start because its log is damaged: the login would be lost
for one record that nobody needs. So logs are looked through before a browser starts, and written anew without
the halves.

Format: LevelDB's `doc/log_format.md`; blocks of 32 KiB, records of a masked CRC-32C, a length, a type, data.
"""

from __future__ import annotations

import contextlib
import logging
import os
import struct
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)

BLOCK = 32 * 1024
HEADER = struct.Struct("<IHB")
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4


def _table() -> tuple[int, ...]:
    rows = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        rows.append(value)
    return tuple(rows)


TABLE = _table()


def repair(profile: Path) -> list[Path]:
    """Write every damaged log under `profile` anew; which those were. No browser may run on it.

    A log that cannot be read or written is left as it is: the browser may still get on with it.
    """
    repaired = []
    for path in sorted([*profile.rglob("*.log"), *profile.rglob("MANIFEST-*")]):
        if not (path.parent / "CURRENT").exists():
            continue  # not a database
        with contextlib.suppress(OSError):
            data = path.read_bytes()
            if not sound(data):
                kept = list(salvaged(data))
                _replace(path, written(kept))
                log.warning(
                    "a database of the browser was damaged: %d records of its log are kept", len(kept)
                )
                repaired.append(path)
    return repaired


def sound(data: bytes) -> bool:
    """Whether the records of a log follow each other to its end. Lengths and types tell: checksums, which are
    slow, are not looked at. Zeros up to the end of a block are padding."""
    position, open_record = 0, False
    while position < len(data):
        left = BLOCK - position % BLOCK
        if left < HEADER.size:
            position += left
            continue
        if position + HEADER.size > len(data):
            return False
        checksum, length, kind = HEADER.unpack_from(data, position)
        if (checksum, length, kind) == (0, 0, 0):
            block_end = min(len(data), position + left)
            if any(data[position:block_end]):
                return False
            position = block_end
            continue
        end = position + HEADER.size + length
        if not FULL <= kind <= LAST or HEADER.size + length > left or end > len(data):
            return False
        if (kind in {MIDDLE, LAST}) != open_record:
            return False
        open_record = kind in {FIRST, MIDDLE}
        position = end
    return not open_record


def salvaged(data: bytes) -> Iterator[bytes]:
    """The whole records of a log, in order, wherever they lie: behind a half one the blocks have shifted."""
    position = 0
    parts: list[bytes] | None = None
    while position + HEADER.size <= len(data):
        checksum, length, kind = HEADER.unpack_from(data, position)
        end = position + HEADER.size + length
        whole = FULL <= kind <= LAST and HEADER.size + length <= BLOCK and end <= len(data)
        if not whole or masked(crc32c(data[position + 6 : end])) != checksum:
            position += 1
            continue
        payload = data[position + HEADER.size : end]
        position = end
        if kind == FULL:
            parts = None
            yield payload
        elif kind == FIRST:
            parts = [payload]
        elif parts is not None:
            parts.append(payload)
            if kind == LAST:
                yield b"".join(parts)
                parts = None


def written(records: list[bytes]) -> bytes:
    """A log with these records."""
    out = bytearray()
    for record in records:
        rest, first = memoryview(record), True
        while first or rest:
            left = BLOCK - len(out) % BLOCK
            if left < HEADER.size:
                out += bytes(left)
                left = BLOCK
            piece, rest = rest[: left - HEADER.size], rest[left - HEADER.size :]
            kind = {(True, True): FULL, (True, False): FIRST, (False, True): LAST, (False, False): MIDDLE}[
                first, not rest
            ]
            body = bytes([kind]) + bytes(piece)
            out += HEADER.pack(masked(crc32c(body)), len(piece), kind) + piece
            first = False
    return bytes(out)


def crc32c(data: bytes) -> int:
    """CRC-32C (Castagnoli)."""
    value = 0xFFFFFFFF
    for byte in data:
        value = TABLE[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


def masked(checksum: int) -> int:
    """LevelDB's masking: a checksum of data that holds checksums is weak."""
    return (((checksum >> 15) | (checksum << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def _replace(path: Path, data: bytes) -> None:
    """All or nothing, on disk when it returns."""
    fresh = path.with_name(path.name + ".repaired")
    try:
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
