"""Files by the hash of their bytes, and the small ones that the simulator makes."""

from __future__ import annotations

import hashlib
import io
import struct
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from whatsapp_simulator import media_store
from whatsapp_simulator.errors import Refused
from whatsapp_simulator.kinds import MEDIA
from whatsapp_simulator.media_store import MediaStore
from whatsapp_simulator.samples import SECONDS, sample


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.mark.parametrize("name", ["", "..", "a" * 64, "../" * 20 + "etc", "a" * 63 + "/", "A" * 65])
def test_a_name_that_is_none_finds_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside").write_text("secret")
    assert MediaStore(tmp_path / "media").path(name) is None


async def test_a_file_that_is_too_large_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_store, "MAX_BYTES", 5)
    with pytest.raises(Refused) as caught:
        await MediaStore(tmp_path).take(chunks(b"1234", b"56"))
    assert (caught.value.code, caught.value.status) == ("media_too_large", 413)
    assert names(tmp_path) == []


async def test_the_same_bytes_have_one_name_however_they_come(tmp_path: Path) -> None:
    store = MediaStore(tmp_path)
    name, size = await store.take(chunks(b"hel", b"lo"))
    assert (name, size) == (hashlib.sha256(b"hello").hexdigest(), 5)
    assert store.put(b"hello") == name
    path = store.path(name)
    assert path is not None
    assert path.read_bytes() == b"hello"
    assert names(tmp_path) == [name]


def test_a_reset_forgets_the_files(tmp_path: Path) -> None:
    name = MediaStore(tmp_path / "media").put(b"hello")
    assert MediaStore(tmp_path / "media", reset=True).path(name) is None


@pytest.mark.parametrize("kind", MEDIA)
def test_each_kind_has_a_small_file_that_never_changes(kind: str) -> None:
    made = sample(kind)
    assert 100 < len(made.data) < 100_000
    assert made == sample(kind)


def test_pictures_can_be_opened_and_have_the_size_that_is_told() -> None:
    for kind, form in (("image", "JPEG"), ("sticker", "WEBP")):
        made = sample(kind)
        with Image.open(io.BytesIO(made.data)) as picture:
            assert (picture.format, picture.size) == (form, (made.width, made.height))


def test_the_sound_plays_as_long_as_is_told() -> None:
    with wave.open(io.BytesIO(sample("audio").data)) as sound:
        assert sound.getnframes() / sound.getframerate() == sample("audio").seconds == SECONDS


def test_the_voice_note_is_opus_in_ogg_of_whole_pages() -> None:
    data, pages = sample("voice").data, 0
    while data:
        assert data[:4] == b"OggS"
        table = data[27 : 27 + data[26]]
        data, pages = data[27 + len(table) + sum(table) :], pages + 1
    assert pages == 3
    assert b"OpusHead" in sample("voice").data


def test_the_video_is_made_of_whole_boxes() -> None:
    data, names = sample("video").data, []
    while data:
        (size,) = struct.unpack(">I", data[:4])
        names.append(data[4:8])
        assert 8 <= size <= len(data)
        data = data[size:]
    assert names == [b"ftyp", b"moov"]
