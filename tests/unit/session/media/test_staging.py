from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from whatsapp_session.media.staging import Empty, Staging, TooLarge, WrongType
from whatsapp_session.outbox.errors import StorageFull
from whatsapp_session.outgoing import Media

LIMIT = 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def made(tmp_path: Path) -> Staging:
    return Staging(tmp_path / "outgoing", max_bytes=LIMIT)


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


async def stage(made: Staging, *content: bytes, kind: str = "document") -> Media:
    return await made.begin().whole(pieces(*content), kind=kind, mime_type=None, file_name="a.bin")


def files(made: Staging) -> list[Path]:
    return sorted(made.folder.glob("*"))


async def test_a_file_lies_whole_under_its_hash(made: Staging) -> None:
    media = await stage(made, b"one ", b"two " * 200_000)
    content = b"one " + b"two " * 200_000
    assert media.file.read_bytes() == content
    assert media.file.name.startswith(media.sha256)
    assert (media.size, media.mime_type, media.file_name) == (
        len(content),
        "application/octet-stream",
        "a.bin",
    )
    assert files(made) == [media.file]
    assert media.file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("content", "kind", "error"),
    [
        ([b"x" * (LIMIT + 1)], "document", TooLarge),
        ([b"x" * LIMIT, b"x"], "document", TooLarge),
        ([], "document", Empty),
        ([b""], "document", Empty),
        ([b"%PDF-1.7"], "image", WrongType),
    ],
)
async def test_what_cannot_be_sent_leaves_nothing(
    made: Staging, content: list[bytes], kind: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await stage(made, *content, kind=kind)
    assert files(made) == []


async def test_a_source_that_breaks_off_leaves_nothing(made: Staging) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 600_000
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await made.begin().whole(broken(), kind="document", mime_type=None, file_name=None)
    assert files(made) == []


async def test_a_caller_that_goes_away_leaves_nothing(made: Staging) -> None:
    half = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"x" * 600_000
        half.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(made.begin().whole(endless(), kind="document", mime_type=None, file_name=None))
    await half.wait()
    assert len(files(made)) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert files(made) == []


async def test_one_content_lies_there_once_and_each_message_has_its_own_name(made: Staging) -> None:
    one, two = await stage(made, PNG), await stage(made, PNG)
    assert one.path != two.path
    assert one.file.stat().st_ino == two.file.stat().st_ino
    made.release(one.path)
    assert not one.file.exists()
    assert two.file.read_bytes() == PNG
    made.release(two.path)
    made.release(two.path)
    assert files(made) == []


async def test_without_hard_links_each_message_has_its_own_file(
    made: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    one, two = await stage(made, PNG), await stage(made, PNG)
    made.release(one.path)
    assert two.file.read_bytes() == PNG


async def test_nothing_outside_the_folder_is_let_go_of(made: Staging, tmp_path: Path) -> None:
    outside = tmp_path / "login"
    outside.write_bytes(b"")
    made.release(outside)
    made.release(made.folder / ".." / "login")
    assert outside.exists()


@pytest.mark.parametrize("at", ["write", "sync"])
async def test_a_full_volume_refuses_and_leaves_nothing(
    made: Staging, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if at == "write":
        monkeypatch.setattr("whatsapp_session.media.staging.os.open", full)
    else:
        monkeypatch.setattr("whatsapp_session.media.staging.os.fsync", full)
    with pytest.raises(StorageFull, match="volume is full"):
        await stage(made, PNG)
    monkeypatch.undo()
    assert files(made) == []


async def test_what_a_process_left_goes_but_nothing_that_is_needed_or_young(made: Staging) -> None:
    needed, left = await stage(made, b"needed"), await stage(made, b"left")
    made.clear({needed.path})
    assert len(files(made)) == 2
    made.clear({needed.path}, older=-1)
    assert files(made) == [needed.file]
    assert left.path not in {str(file) for file in files(made)}
