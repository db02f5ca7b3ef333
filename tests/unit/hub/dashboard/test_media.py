"""A message's file, shown by the dashboard."""

from __future__ import annotations

import pytest

from unit.hub.dashboard.talking import person, talking
from unit.hub.world import World
from whatsapp_hub.dashboard.media import asked_range, described

FILE = "/sessions/1/media/med_1"


@pytest.mark.parametrize(
    "kind",
    [
        "text/html",
        "image/svg+xml",
        "application/xhtml+xml",
        "text/xml",
        "application/pdf",
        "",
        "image/png, text/html",
    ],
)
async def test_what_could_run_is_a_download_without_a_type(world: World, kind: str) -> None:
    pod = await talking(world)
    pod.files["med_1"] = (kind, b"<script>alert(1)</script>")
    answer = await (await person(world)).get(FILE)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize("kind", ["image/png", "audio/ogg; codecs=opus", "video/mp4"])
async def test_pictures_sound_and_film_are_shown_in_place(world: World, kind: str) -> None:
    pod = await talking(world)
    pod.files["med_1"] = (kind, b"0123456789")
    answer = await (await person(world, "viewer")).get(FILE)
    assert answer.content == b"0123456789"
    assert answer.headers["content-type"] == kind.partition(";")[0]
    assert answer.headers["content-disposition"].startswith("inline")
    assert "private" in answer.headers["cache-control"]


async def test_a_file_that_is_gone_and_a_session_that_is_away(world: World) -> None:
    await talking(world)
    me = await person(world)
    assert (await me.get(FILE)).status_code == 404
    assert (await me.get("/sessions/1/media/..%2Fx")).status_code == 404
    world.backend.broken = "away"
    assert (await me.get(FILE)).status_code == 503


RANGES: dict[str, tuple[str, int, bytes]] = {
    "the beginning": ("bytes=0-3", 206, b"0123"),
    "from somewhere": ("bytes=7-", 206, b"789"),
    "the end": ("bytes=-2", 206, b"89"),
    "over the end": ("bytes=8-99", 206, b"89"),
    "behind the end": ("bytes=10-", 416, b""),
    "turned around": ("bytes=5-2", 416, b""),
    "two": ("bytes=0-1,3-4", 200, b"0123456789"),
    "none": ("bytes=-", 200, b"0123456789"),
    "another unit": ("lines=1-2", 200, b"0123456789"),
}


@pytest.mark.parametrize(("asked", "status", "content"), RANGES.values(), ids=RANGES)
async def test_a_part_can_be_asked_for(world: World, asked: str, status: int, content: bytes) -> None:
    pod = await talking(world)
    pod.files["med_1"] = ("audio/ogg", b"0123456789")
    answer = await (await person(world)).get(FILE, Range=asked)
    assert (answer.status_code, answer.content) == (status, content)


def test_a_part_of_nothing_is_none() -> None:
    assert asked_range("bytes=0-", 0) == (0, 0)
    assert asked_range("bytes=-0", 10) == (10, 10)


@pytest.mark.parametrize("said", ["inline\r\nSet-Cookie: a=b", "x", "", "attachment\n"])
def test_no_header_is_written_by_a_files_name(said: str) -> None:
    assert described("image/png", said)["Content-Disposition"] == "inline"
