"""The pages and their files: strict headers, and no browser that calls itself headless."""

from __future__ import annotations

import re

import httpx
import pytest

from whatsapp_simulator.page_routes import PAGE, SCRIPTS
from whatsapp_simulator.pictures import read_qr

CHROME = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0 Safari/537.36"}


async def test_a_browser_that_calls_itself_headless_is_turned_away(http: httpx.AsyncClient) -> None:
    headless = {"user-agent": CHROME["user-agent"].replace("Chrome", "HeadlessChrome")}
    page = (await http.get("/", headers=headless)).text
    assert "set the user agent" in page
    assert "<script" not in page


@pytest.mark.parametrize("name", ["nothing.js", "index.html", "..%2fapp.py", "loader.js%00"])
async def test_only_scripts_and_styles_are_served_as_files(http: httpx.AsyncClient, name: str) -> None:
    assert (await http.get(f"/page/{name}")).status_code == 404


@pytest.mark.parametrize("path", ["/", "/phone"])
async def test_a_page_has_a_strict_policy_and_every_file_that_it_names(
    http: httpx.AsyncClient, path: str
) -> None:
    page = await http.get(path, headers=CHROME)
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    files = re.findall(r'(?:src|href)="(/page/[^"]+)"', page.text)
    assert files
    for file in files:
        assert (await http.get(file)).status_code == 200


def test_no_page_file_is_left_out_of_the_pages() -> None:
    named = "".join((PAGE / page).read_text() for page in ("index.html", "phone.html")) + " ".join(SCRIPTS)
    assert [
        path.name for path in PAGE.iterdir() if path.suffix in (".js", ".css") and path.name not in named
    ] == []


async def test_the_whatsapp_page_has_one_script_so_that_it_is_there_whole_or_not_at_all(
    http: httpx.AsyncClient,
) -> None:
    page = (await http.get("/", headers=CHROME)).text
    assert re.findall(r'<script src="([^"]+)"', page) == ["/page/app.js"]
    script = (await http.get("/page/app.js")).text
    positions = [script.index((PAGE / name).read_text()) for name in SCRIPTS]
    assert positions == sorted(positions)
    assert (SCRIPTS[0], SCRIPTS[-1]) == ("loader.js", "boot.js")


async def test_the_qr_picture_shows_the_text(http: httpx.AsyncClient) -> None:
    picture = await http.get("/qr.png", params={"text": "2@abc"})
    assert picture.headers["content-type"] == "image/png"
    assert read_qr(picture.content) == "2@abc"


async def test_a_qr_text_that_is_too_long_is_refused(http: httpx.AsyncClient) -> None:
    assert (await http.get("/qr.png", params={"text": "x" * 2000})).status_code == 400
