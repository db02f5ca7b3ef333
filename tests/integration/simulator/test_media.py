"""Files of every kind, really uploaded and downloaded by the unmodified wa-js, compared byte for byte."""

from __future__ import annotations

import base64
import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.async_api import Error

from integration.simulator.people import ANA, BEA, arrived, attributes, messages, newest, phone, send
from integration.simulator.processes import Simulator
from integration.simulator.wa_page import WaPage
from whatsapp_simulator.samples import sample

OpenPage = Callable[..., Awaitable[WaPage]]
SEND = "([to, file, options]) => WPP.chat.sendFileMessage(to, file, {createChat: true, ...options})"
DOWNLOAD = "(key) => WPP.chat.downloadMedia(key).then(WPP.util.blobToBase64)"
# Kind → how wa-js is asked for it, and WhatsApp's type.
KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "image": ({"type": "image", "caption": "look"}, "image"),
    "video": ({"type": "video", "caption": "look"}, "video"),
    "gif": ({"type": "video", "isGif": True}, "video"),
    "audio": ({"type": "audio"}, "audio"),
    "voice": ({"type": "audio", "isPtt": True, "waveform": True}, "ptt"),
    "document": ({"type": "document", "filename": "tabla ñ.pdf"}, "document"),
    "sticker": ({"type": "sticker"}, "sticker"),
}


@pytest.fixture
async def page(simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage) -> WaPage:
    await phone(http, BEA, name="Bea")
    opened = await open_page(simulator)
    await opened.link(http, ANA)
    return opened


def data_url(data: bytes, mime_type: str) -> str:
    return f"data:{mime_type.partition(';')[0]};base64,{base64.b64encode(data).decode()}"


async def test_what_is_gone_cannot_be_downloaded(
    page: WaPage, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    sent = await send(http, BEA, type="image")
    key = f"false_{BEA}@c.us_{sent['id']}"
    await arrived(page, key)
    (tmp_path / "simulator" / "media" / sent["media"]["sha256"]).unlink()
    with pytest.raises(Error, match="410"):
        await page.run(DOWNLOAD, key)
    assert await page.run("(key) => WPP.whatsapp.MsgStore.get(key).mediaData.mediaStage", key) == (
        "ERROR_MISSING"
    )


async def test_a_text_has_nothing_to_download(page: WaPage, http: httpx.AsyncClient) -> None:
    sent = await send(http, BEA, text="hello")
    key = f"false_{BEA}@c.us_{sent['id']}"
    await arrived(page, key)
    with pytest.raises(Error, match="not contains media"):
        await page.run(DOWNLOAD, key)


async def test_every_kind_of_file_is_uploaded_byte_for_byte(page: WaPage, http: httpx.AsyncClient) -> None:
    for number, (kind, (options, wa_type)) in enumerate(KINDS.items(), start=1):
        made = sample(kind)
        key = f"true_{BEA}@c.us_3EB0{number:018X}"
        arguments = [f"{BEA}@c.us", data_url(made.data, made.mime_type), {**options, "messageId": key}]
        sent = await page.run(SEND, arguments)
        assert (sent["id"], sent["sendMsgResult"]["messageSendResult"]) == (key, "OK"), kind
        message = await newest(http, BEA)
        assert (message["id"], message["type"]) == (key.split("_")[2], kind)
        assert message["text"] == options.get("caption", "")
        assert message["media"]["fileName"] == options.get("filename")
        answer = await http.get(f"/phones/{BEA}/messages/{message['id']}/media")
        assert answer.content == made.data, kind
        about = await attributes(page, key)
        assert (about["type"], about["mimetype"], about["isGif"]) == (
            wa_type, made.mime_type.partition(";")[0], kind == "gif",
        )  # fmt: skip
        if kind in ("audio", "voice"):
            assert about["duration"] in (1, 2)
    assert [row["repeats"] for row in (await http.get("/ledger")).json()] == [0] * len(KINDS)


async def test_every_kind_of_file_is_downloaded_byte_for_byte(page: WaPage, http: httpx.AsyncClient) -> None:
    for kind, (_, wa_type) in KINDS.items():
        made = sample(kind)
        sent = await send(http, BEA, type=kind, text="look")
        about = await attributes(page, f"false_{BEA}@c.us_{sent['id']}")
        assert (about["type"], about["mimetype"], about["size"]) == (wa_type, made.mime_type, len(made.data))
        assert (about.get("duration"), about.get("filename")) == (made.seconds, made.file_name)
        assert about["caption"] == "look"
        assert about["body"] != "look"  # a thumbnail, or nothing: clients must read the caption
        got = await page.run(DOWNLOAD, f"false_{BEA}@c.us_{sent['id']}")
        assert base64.b64decode(got.partition(",")[2]) == made.data, kind


async def test_a_larger_file_comes_and_goes_whole(page: WaPage, http: httpx.AsyncClient) -> None:
    data = bytes(range(256)) * 20_000
    await page.run(SEND, [f"{BEA}@c.us", data_url(data, "application/zip"), {"type": "document"}])
    message = await newest(http, BEA)
    assert (await http.get(f"/phones/{BEA}/messages/{message['id']}/media")).content == data
    media = {"data": base64.b64encode(data).decode(), "mimeType": "application/zip", "fileName": "all.zip"}
    sent = await send(http, BEA, type="document", media=media)
    await arrived(page, f"false_{BEA}@c.us_{sent['id']}")
    got = await page.run(DOWNLOAD, f"false_{BEA}@c.us_{sent['id']}")
    assert base64.b64decode(got.partition(",")[2]) == data


async def test_a_picture_becomes_a_sticker_of_the_right_form(page: WaPage, http: httpx.AsyncClient) -> None:
    made = sample("image")
    await page.run(SEND, [f"{BEA}@c.us", data_url(made.data, made.mime_type), {"type": "sticker"}])
    message = await newest(http, BEA)
    assert (message["type"], message["media"]["mimeType"]) == ("sticker", "image/webp")
    answer = await http.get(f"/phones/{BEA}/messages/{message['id']}/media")
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (512, 512))


async def test_a_file_that_is_sent_while_the_network_is_down_arrives_afterwards(
    page: WaPage, http: httpx.AsyncClient
) -> None:
    await http.post("/network", json={"down": True})
    await page.until("() => !WPP.whatsapp.Socket.canSend")
    made = sample("image")
    start = SEND.replace("=> WPP", "=> { window.sending = WPP") + "; }"
    await page.run(start, [f"{BEA}@c.us", data_url(made.data, made.mime_type), {"type": "image"}])
    await page.until("() => WPP.whatsapp.MsgStore.some((msg) => msg.type === 'image')")
    assert await messages(http, BEA) == []
    await http.post("/network", json={"down": False})
    assert (await page.run("window.sending"))["sendMsgResult"]["messageSendResult"] == "OK"
    message = await newest(http, BEA)
    assert (await http.get(f"/phones/{BEA}/messages/{message['id']}/media")).content == made.data


async def test_files_of_the_past_can_be_downloaded_after_a_restart(
    page: WaPage, simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    made = sample("image")
    await page.run(SEND, [f"{BEA}@c.us", data_url(made.data, made.mime_type), {"type": "image"}])
    sent = await send(http, BEA, type="voice")
    keys = [f"true_{BEA}@c.us_{(await messages(http, BEA))[0]['id']}", f"false_{BEA}@c.us_{sent['id']}"]
    await arrived(page, keys[1])
    await page.close()
    again = await open_page(simulator)
    await again.ready()
    for key, data in zip(keys, (made.data, sample("voice").data), strict=True):
        got = await again.run(DOWNLOAD, key)
        assert base64.b64decode(got.partition(",")[2]) == data
