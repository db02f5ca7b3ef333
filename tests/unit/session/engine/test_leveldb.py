"""What a full volume did to a browser's log is taken out of it, and nothing else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from whatsapp_session.engine import leveldb
from whatsapp_session.engine.leveldb import BLOCK, HEADER, crc32c, masked, repair, salvaged, sound, written

DICE = random.Random(7)
RECORDS = [DICE.randbytes(size) for size in (3, 0, 828, 40_000, 1, 100_000, 32_700, 17, 60)]


def torn(record: bytes, keep: int) -> bytes:
    """The beginning of a record, as a write that met a full volume leaves it."""
    return written([record])[:keep]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    folder = tmp_path / "IndexedDB" / "site.indexeddb.leveldb"
    folder.mkdir(parents=True)
    (folder / "CURRENT").write_text("MANIFEST-000001\n")
    return folder


def test_the_checksum_is_castagnolis_and_masked_as_leveldb_does() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4
    assert masked(0) == 0xA282EAD8


@pytest.mark.parametrize("keep", [3, 7, 500])
def test_half_a_record_in_the_middle_goes_and_all_behind_it_stays(keep: int) -> None:
    damaged = written(RECORDS[:4]) + torn(RECORDS[2], keep) + written(RECORDS[4:])
    assert not sound(damaged)
    assert list(salvaged(damaged)) == RECORDS


def test_half_a_record_at_the_end_goes() -> None:
    damaged = written(RECORDS) + torn(RECORDS[2], 300)
    assert not sound(damaged)
    assert list(salvaged(damaged)) == RECORDS


def test_a_record_of_several_pieces_without_its_end_goes_whole() -> None:
    damaged = written(RECORDS[:1]) + torn(RECORDS[5], 70_000) + written(RECORDS[6:])
    assert list(salvaged(damaged)) == RECORDS[:1] + RECORDS[6:]


def test_pieces_of_two_records_are_not_put_together() -> None:
    body = bytes([leveldb.LAST]) + b"end"
    stray = HEADER.pack(masked(crc32c(body)), 3, leveldb.LAST) + b"end"
    assert not sound(stray)
    assert list(salvaged(stray + written(RECORDS[:1]))) == RECORDS[:1]


def test_a_record_with_a_wrong_checksum_is_not_kept() -> None:
    damaged = bytearray(written(RECORDS[:3]) + torn(RECORDS[2], 10))
    damaged[8] ^= 1
    assert RECORDS[0] not in list(salvaged(bytes(damaged)))


@pytest.mark.parametrize(
    "records", [[], RECORDS, [b"x" * (BLOCK - HEADER.size)] * 3, [b"y" * (BLOCK - 10)] * 2]
)
def test_a_whole_log_is_sound_and_comes_back_as_it_was(records: list[bytes]) -> None:
    assert sound(written(records))
    assert list(salvaged(written(records))) == records


def test_zeros_up_to_the_end_of_a_block_are_padding() -> None:
    assert sound(written(RECORDS[:1]) + bytes(100))
    assert not sound(written(RECORDS[:1]) + bytes(100) + b"x")


def test_only_damaged_logs_of_databases_are_written_anew(database: Path, tmp_path: Path) -> None:
    damaged, whole, other = database / "000003.log", database / "MANIFEST-000001", tmp_path / "chrome.log"
    damaged.write_bytes(written(RECORDS) + torn(RECORDS[2], 99))
    whole.write_bytes(written(RECORDS[:3]))
    other.write_bytes(b"started")
    assert repair(tmp_path) == [damaged]
    assert damaged.read_bytes() == written(RECORDS)
    assert whole.read_bytes() == written(RECORDS[:3])
    assert other.read_bytes() == b"started"
    assert repair(tmp_path) == []


def test_a_log_that_cannot_be_written_is_left_as_it_is(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = database / "000003.log"
    damaged.write_bytes(written(RECORDS) + b"half")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert repair(database) == []
    assert damaged.read_bytes() == written(RECORDS) + b"half"
    assert sorted(path.name for path in database.iterdir()) == ["000003.log", "CURRENT"]
