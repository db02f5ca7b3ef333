from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from unit.session.engine.fake_page import FakePage
from whatsapp_session.engine import files
from whatsapp_session.engine.protocol import EngineStuck, NotFound, PageLost

DATA = bytes(range(256)) * 10_000


def giving(data: bytes) -> FakePage:
    """A page that has a file."""

    def piece(asked: dict[str, int]) -> dict[str, str]:
        return {"ok": base64.b64encode(data[asked["from"] : asked["to"]]).decode()}

    got = {"ok": {"handle": 3, "size": len(data), "mimeType": "image/png"}}
    return FakePage({"download": lambda _: got, "piece": piece})


async def test_a_file_above_the_limit_is_not_fetched(tmp_path: Path) -> None:
    page = FakePage({"download": lambda _: {"ok": {"size": 101}}})
    with pytest.raises(ValueError, match="101"):
        await files.download(page.page, "id", tmp_path / "file", limit=100, timeout=10)
    assert page.methods() == ["download"]
    assert not (tmp_path / "file").exists()


async def test_a_page_that_is_lost_leaves_no_half_file(tmp_path: Path) -> None:
    page = giving(DATA)
    page.answers["piece"] = lambda asked: PageLost("gone") if asked["from"] else {"ok": "AAAA"}
    with pytest.raises(PageLost):
        await files.download(page.page, "id", tmp_path / "file", limit=len(DATA), timeout=10)
    assert not (tmp_path / "file").exists()
    assert page.methods()[-1] == "drop"


async def test_a_file_comes_in_pieces_over_what_was_there_and_the_page_forgets_it(tmp_path: Path) -> None:
    page, into = giving(DATA), tmp_path / "file"
    into.write_bytes(b"before" * 1_000_000)
    assert await files.download(page.page, "id", into, limit=len(DATA), timeout=10) == "image/png"
    assert into.read_bytes() == DATA
    assert page.methods() == ["download", "piece", "piece", "piece", "drop"]
    assert page.asked[-1] == ("drop", 3)


async def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    await files.download(giving(b"").page, "id", tmp_path / "file", limit=10, timeout=10)
    assert (tmp_path / "file").read_bytes() == b""


async def test_a_file_goes_in_pieces_under_one_handle(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    page = FakePage({"upload": lambda asked: {"ok": asked["handle"] or 9}})
    assert await files.upload(page.page, path, timeout=10) == 9
    assert [asked["handle"] for _, asked in page.asked] == [None, 9, 9]
    assert b"".join(base64.b64decode(asked["data"]) for _, asked in page.asked) == DATA


async def test_an_upload_that_takes_too_long_is_forgotten_by_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    page = FakePage()

    async def call(stage: Any, method: str, argument: Any = None, *, timeout: float) -> Any:
        page.asked.append((method, argument))
        if method == "upload" and argument["handle"]:
            await asyncio.Event().wait()
        return {"ok": 9}

    monkeypatch.setattr(page, "call", call)
    with pytest.raises(EngineStuck, match="handing the file to the page"):
        await files.upload(page.page, path, timeout=0.2)
    assert page.asked[-1] == ("drop", 9)


async def test_no_more_files_than_two_are_in_the_page_at_once(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    page, gate, inside = FakePage(), asyncio.Event(), []

    async def call(stage: Any, method: str, argument: Any = None, *, timeout: float) -> Any:
        inside.append(method)
        await gate.wait()
        return {"ok": 9}

    page.call = call  # type: ignore[method-assign]
    uploads = [asyncio.ensure_future(files.upload(page.page, path, timeout=30)) for _ in range(4)]
    while len(inside) < 2:  # noqa: ASYNC110 - until both are in
        await asyncio.sleep(0)
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(inside) == 2
    gate.set()
    assert await asyncio.gather(*uploads) == [9] * 4


async def test_an_empty_picture_is_none_and_another_has_its_type() -> None:
    empty = FakePage({"picture": lambda _: {"ok": {"data": "", "mimeType": "image/png"}}})
    with pytest.raises(NotFound):
        await files.picture(empty.page, "x", timeout=1)
    page = FakePage({"picture": lambda _: {"ok": {"data": "AAAA", "mimeType": "image/jpeg; q=1"}}})
    got = await files.picture(page.page, "x", timeout=1)
    assert (got.content, got.mime_type) == (b"\0\0\0", "image/jpeg")
