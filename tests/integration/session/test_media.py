"""Files that come in: fetched from WhatsApp's page, stored, and given back byte for byte."""

from __future__ import annotations

import base64
from typing import Any

from integration.session.conftest import FRIEND, PHONE, Phones
from integration.session.processes import SessionProcess, eventually

PAGE = b"<html><script>alert(1)</script></html>" + bytes(range(256)) * 4000


async def send_file(phones: Phones, content: bytes, name: str, mime: str = "application/pdf") -> None:
    media = {"data": base64.b64encode(content).decode(), "mimeType": mime, "fileName": name}
    await phones.post(f"/phones/{FRIEND}/send", {"to": PHONE, "type": "document", "media": media})


async def received(session: SessionProcess) -> dict[str, Any]:
    (event,) = await session.events(1, "after=0&types=message.received")
    return event["data"]  # type: ignore[no-any-return]


async def test_a_file_comes_in_and_is_given_so_that_no_browser_runs_it(
    ready: SessionProcess, phones: Phones
) -> None:
    await send_file(phones, PAGE, '../../päge".html', "text/html")
    media = (await received(ready))["media"]
    assert media["state"] == "pending"
    answer = await ready.get(f"/media/{media['id']}")  # waits until it is there
    assert answer.status_code == 200, answer.text
    assert answer.content == PAGE
    assert answer.headers["content-type"] == "text/html"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    (told,) = await ready.events(1, "after=0&types=message.media")
    assert told["data"]["media"]["state"] == "stored"
    assert told["data"]["media"]["size"] == len(PAGE)
    stored = [path for path in (ready.sessions_dir / "media-cliente_51").rglob("*") if path.is_file()]
    assert [path.name for path in stored] == [media["id"]]


async def test_a_file_that_is_too_large_is_told_so(
    phones: Phones, simulator: Any, start_session: Any
) -> None:
    session = await start_session(simulator.url, MEDIA_MAX_MB="1")
    view = await session.reaches("QR_REQUIRED")
    await phones.scan(view["qr"]["code"])
    await session.reaches("READY")
    await send_file(phones, PAGE * 2, "page.pdf")
    (told,) = await session.events(1, "after=0&types=message.media")
    assert told["data"]["media"]["state"] == "tooLarge"
    answer = await session.get(f"/media/{told['data']['media']['id']}")
    assert (answer.status_code, answer.json()["error"]) == (404, "media_not_found")
    assert "MEDIA_MAX_MB" in answer.json()["message"]


async def test_the_file_of_an_own_message_is_stored_too(ready: SessionProcess, phones: Phones) -> None:
    data = base64.b64encode(PAGE).decode()
    media = {"data": data, "mimeType": "application/pdf", "fileName": "page.pdf"}
    sent = await ready.post("/messages", {"to": FRIEND, "type": "document", "media": media})
    assert sent.status_code == 200, sent.text
    (told,) = await ready.events(1, "after=0&types=message.media")
    assert told["data"]["messageId"] == sent.json()["messageId"]
    assert (await ready.get(f"/media/{told['data']['media']['id']}")).content == PAGE


async def test_a_file_outlives_the_process_and_one_that_was_removed_is_fetched_again(
    ready: SessionProcess, phones: Phones
) -> None:
    await send_file(phones, PAGE, "page.pdf")
    media = (await received(ready))["media"]
    assert (await ready.get(f"/media/{media['id']}")).content == PAGE
    await ready.end()
    await ready.start()
    assert (await ready.get(f"/media/{media['id']}")).content == PAGE
    await ready.reaches("READY")
    (stored,) = (ready.sessions_dir / "media-cliente_51" / "incoming").glob("*")
    stored.unlink()

    async def back() -> bool:
        answer = await ready.get(f"/media/{media['id']}")
        return answer.status_code == 200 and answer.content == PAGE

    await eventually(back, "the file is fetched again")
