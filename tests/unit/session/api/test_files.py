from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from whatsapp_session.api.safe_files import content_type, disposition
from whatsapp_session.media.index import File, FileState
from whatsapp_session.media.store import MediaStore

ID = "med_" + "0" * 32


def put(media: MediaStore, content: bytes | None, **fields: Any) -> None:
    if content is not None:
        media.part(ID).write_bytes(content)
        media.take(ID)
    known: dict[str, Any] = {"state": FileState.STORED, "size": len(content or b""), "mime_type": "image/png"}
    file: dict[str, Any] = {"id": ID, "message_id": "false_1@c.us_A", "chat_id": "1@c.us", "info": {"id": ID}}
    media.index.put(File(**(file | known | fields)))


async def test_an_unknown_file_is_404(http: httpx.AsyncClient) -> None:
    answer = await http.get(f"/media/{ID}")
    assert (answer.status_code, answer.json()["error"]) == (404, "media_not_found")
    assert "No message here has" in answer.json()["message"]


async def test_a_file_that_was_too_large_is_404_with_its_reason(
    http: httpx.AsyncClient, media: MediaStore
) -> None:
    put(media, None, state=FileState.TOO_LARGE, reason="The file is larger than 9 bytes.")
    answer = await http.get(f"/media/{ID}")
    assert (answer.status_code, answer.json()["error"]) == (404, "media_not_found")
    assert "larger than 9 bytes" in answer.json()["message"]


async def test_a_file_is_given_byte_for_byte(http: httpx.AsyncClient, media: MediaStore) -> None:
    content = bytes(range(256)) * 4096
    put(media, content, file_name="a.png")
    answer = await http.get(f"/media/{ID}")
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["content-disposition"] == "attachment; filename=\"a.png\"; filename*=UTF-8''a.png"


async def test_a_page_of_a_stranger_runs_nowhere(http: httpx.AsyncClient, media: MediaStore) -> None:
    put(media, b"<script>alert(1)</script>", mime_type="text/html", file_name="a.html")
    answer = await http.get(f"/media/{ID}")
    assert answer.headers["content-type"] == "text/html"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


NAMES = {
    "plain": ("a b.pdf", 'attachment; filename="a b.pdf"; filename*=UTF-8\'\'a%20b.pdf'),
    "quotes": ('a"; x="b', "attachment; filename=\"a__ x=_b\"; filename*=UTF-8''a%22%3B%20x%3D%22b"),
    "a line break": ("a\r\nX: 1", "attachment; filename=\"a__X: 1\"; filename*=UTF-8''a%0D%0AX%3A%201"),
    "a path": ("../../a", "attachment; filename=\".._.._a\"; filename*=UTF-8''..%2F..%2Fa"),
    "other letters": ("päge.pdf", "attachment; filename=\"p_ge.pdf\"; filename*=UTF-8''p%C3%A4ge.pdf"),
    "half of a pair": ("a\ud800", "attachment; filename=\"a_\"; filename*=UTF-8''a%3F"),
    "none": (None, "attachment; filename=\"fallback\"; filename*=UTF-8''fallback"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "want"), NAMES.values(), ids=NAMES)
def test_no_name_writes_a_header_or_a_path(name: str | None, want: str) -> None:
    assert disposition(name, "fallback") == want
    assert disposition(name, "fallback").isprintable()


@pytest.mark.parametrize(
    ("said", "want"),
    [
        ("IMAGE/PNG", "image/png"),
        ("audio/ogg; codecs=opus", "audio/ogg; codecs=opus"),
        ("text/html\r\nX-Evil: 1", "application/octet-stream"),
        ("png", "application/octet-stream"),
        (None, "application/octet-stream"),
    ],
)
def test_a_type_that_cannot_stand_in_a_header_is_bytes(said: str | None, want: str) -> None:
    assert content_type(said) == want


async def test_no_file_outside_the_store_is_given(
    http: httpx.AsyncClient, media: MediaStore, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    for path in ("/media/..%2Fsecret", "/media/%2e%2e/secret", f"/media/{tmp_path}/secret"):
        answer = await http.get(path)
        assert answer.status_code in {400, 404}
        assert b"secret" not in answer.content.replace(path.encode(), b"").replace(b"/secret", b"")
