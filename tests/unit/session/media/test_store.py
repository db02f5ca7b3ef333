from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from unit.session.doubles import NOW
from whatsapp_session.database import Database
from whatsapp_session.media.index import File, FileState
from whatsapp_session.media.store import MediaStore
from whatsapp_session.outbox.errors import StorageFull

DAY = 86_400.0
AT = NOW.timestamp()


def put(media: MediaStore, id: str, *, size: int = 10, days_ago: float = 0) -> File:
    """A stored file, as the worker leaves it."""
    media.part(id).write_bytes(b"x" * size)
    assert media.take(id) == size
    file = File(
        id=id,
        message_id=id,
        chat_id="1@c.us",
        info={"id": id},
        state=FileState.STORED,
        size=size,
        created_at=AT - days_ago * DAY,
        stored_at=AT - days_ago * DAY,
    )
    media.index.put(file)
    return file


def states(media: MediaStore, *ids: str) -> list[FileState | None]:
    found = [media.index.get(id) for id in ids]
    return [file.state if file else None for file in found]


def test_a_part_is_not_a_file(media: MediaStore) -> None:
    media.part("med_1").write_bytes(b"half")
    assert media.open(File(id="med_1", message_id="", chat_id="", info={})) is None
    media.drop("med_1")
    media.drop("med_1")
    assert list(media.part("med_1").parent.glob("*")) == []


def test_a_start_removes_the_parts_of_the_process_before(media: MediaStore) -> None:
    put(media, "med_1")
    media.part("med_2").write_bytes(b"half")
    media.start()
    assert [file.name for file in media.part("x").parent.glob("*")] == ["med_1"]


async def test_files_go_by_age(media: MediaStore) -> None:
    old, young = put(media, "med_1", days_ago=8), put(media, "med_2", days_ago=6)
    assert await media.sweep(NOW, False) == 10
    assert states(media, old.id, young.id) == [FileState.REMOVED, FileState.STORED]
    assert media.open(old) is None
    with media.open(young) or pytest.fail("gone") as file:
        assert file.read() == b"x" * 10


async def test_files_go_oldest_first_when_all_are_too_much(media: MediaStore) -> None:
    for number in range(5):
        put(media, f"med_{number}", size=300, days_ago=5 - number)
    assert await media.sweep(NOW, False) == 600
    assert states(media, *(f"med_{number}" for number in range(5))) == [
        FileState.REMOVED, FileState.REMOVED, FileState.STORED, FileState.STORED, FileState.STORED,
    ]  # fmt: skip


async def test_under_pressure_files_go_and_none_is_taken(media: MediaStore) -> None:
    put(media, "med_1")
    assert await media.sweep(NOW, True) == 10
    assert media.pressure
    with pytest.raises(StorageFull):
        media.begin()
    assert await media.sweep(NOW, True) == 0
    await media.sweep(NOW, False)
    assert not media.pressure


async def test_a_file_that_somebody_removed_is_no_obstacle(media: MediaStore) -> None:
    put(media, "med_1", days_ago=8)
    (media.part("x").parent / "med_1").unlink()
    await media.sweep(NOW, False)
    assert states(media, "med_1") == [FileState.REMOVED]


async def test_old_rows_are_forgotten_once_their_file_is_gone(media: MediaStore) -> None:
    put(media, "med_1", days_ago=100)
    await media.sweep(NOW, False)
    await media.sweep(NOW + timedelta(days=1), False)
    assert states(media, "med_1") == [None]


async def test_a_staged_file_goes_only_when_no_message_needs_it(media: MediaStore) -> None:
    media.staging.folder.mkdir(parents=True)
    staged = media.staging.folder / "left"
    staged.write_bytes(b"x")
    asked: list[bool] = []

    def in_use() -> set[str]:
        asked.append(True)
        return {str(staged)}

    media.in_use = in_use
    await media.sweep(NOW, False)
    assert asked
    assert staged.exists()


async def test_a_database_that_cannot_be_written_ends_no_sweep(media: MediaStore, database: Database) -> None:
    put(media, "med_1", days_ago=8)
    with database.transaction() as db:
        db.execute("DROP TABLE media")
    assert await media.sweep(NOW, False) == 0


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A volume of 64 KiB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = shutil.which("mount")
    options = [mount or "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if mount is None or subprocess.run(options, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_real_volume_that_is_full_refuses_a_file_and_keeps_the_others(
    tiny: Path, database: Database
) -> None:
    media = MediaStore(tiny / "media", database, max_bytes=2**20, keep_days=7, keep_bytes=2**20)
    put(media, "med_1", size=1000)
    with pytest.raises(StorageFull):
        await media.begin().write(b"x" * 300_000)
    assert list(media.staging.folder.glob("*")) == []
    assert states(media, "med_1") == [FileState.STORED]
    small = media.begin()
    await small.write(b"x" * 1000)
    kept = await small.keep(kind="document", mime_type=None, file_name=None)
    assert kept.file.read_bytes() == b"x" * 1000
