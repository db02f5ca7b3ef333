"""A file from a URL that somebody else wrote: guarded, bounded in size and in time.

Why chunks: a file of 64 MiB must never be in memory as a whole.
"""

from __future__ import annotations

import asyncio
import re
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

import aiohttp
from yarl import URL

from whatsapp_session.net.guard import ForbiddenAddress, Guard

REDIRECTS = 3
REDIRECT_CODES = {301, 302, 303, 307, 308}
CHUNK = 64 * 1024
LONGEST_NAME = 200
HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": "identity",  # a packed answer may unpack to any size
    "User-Agent": "whatsapp-session",
}


class FetchFailed(Exception):
    """The file did not come; the text says why."""


class TooLarge(Exception):
    """The file has more bytes than `limit`."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the file has more than {limit} bytes. Send a smaller one.")


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What the answer says of the file, and its content. Reading `chunks` raises FetchFailed and TooLarge."""

    mime_type: str | None
    file_name: str | None
    chunks: AsyncIterator[bytes]


@asynccontextmanager
async def fetch(guard: Guard, url: str, *, limit: int, timeout: float) -> AsyncIterator[Fetched]:
    """The file at `url`, at most `limit` bytes, whole within `timeout` seconds; three redirects are followed.

    Raises ForbiddenAddress, FetchFailed and TooLarge.
    """
    until = asyncio.get_running_loop().time() + timeout
    async with guard.client(headers=HEADERS, timeout=aiohttp.ClientTimeout(total=None)) as client:
        answer = await _answer(client, guard, url, until, timeout)
        try:
            if answer.status != 200:
                raise FetchFailed(f"the server of the file answered {answer.status}.")
            if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise FetchFailed("the server of the file sends it packed, which was not asked for.")
            if (answer.content_length or 0) > limit:
                raise TooLarge(limit)
            typed = "Content-Type" in answer.headers
            yield Fetched(
                mime_type=answer.content_type if typed else None,
                file_name=file_name(answer),
                chunks=_chunks(answer, limit, until, timeout),
            )
        finally:
            answer.close()


async def _answer(
    client: aiohttp.ClientSession, guard: Guard, url: str, until: float, timeout: float
) -> aiohttp.ClientResponse:
    guard.check(url)
    target = URL(url)
    for _ in range(REDIRECTS + 1):
        try:
            async with asyncio.timeout_at(until):
                answer = await client.get(target, allow_redirects=False)
        except TimeoutError:
            raise FetchFailed(f"the file did not come within {timeout:.0f} s.") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchFailed(f"the server of the file cannot be reached: {type(error).__name__}.") from None
        if answer.status not in REDIRECT_CODES:
            return answer
        answer.close()
        try:
            target = target.join(URL(answer.headers["Location"]))
        except (KeyError, ValueError):
            raise FetchFailed("the server of the file redirects to nowhere.") from None
        guard.check(target)
    raise FetchFailed(f"the server of the file redirects more than {REDIRECTS} times.")


async def _chunks(
    answer: aiohttp.ClientResponse, limit: int, until: float, timeout: float
) -> AsyncIterator[bytes]:
    size = 0
    while True:
        try:
            async with asyncio.timeout_at(until):
                chunk = await answer.content.read(CHUNK)
        except TimeoutError:
            raise FetchFailed(f"the file did not come within {timeout:.0f} s.") from None
        except (aiohttp.ClientError, OSError) as error:
            raise FetchFailed(f"the file broke off: {type(error).__name__}.") from None
        if not chunk:
            return
        size += len(chunk)
        if size > limit:
            raise TooLarge(limit)
        yield chunk


def file_name(answer: aiohttp.ClientResponse) -> str | None:
    """A plain name without a folder: what the server says, else the end of the URL."""
    with warnings.catch_warnings(action="ignore"):  # aiohttp's, for a header that is nonsense
        disposition = answer.content_disposition
    said = disposition.filename if disposition else None
    name = PurePosixPath((said or answer.url.name).replace("\\", "/")).name
    return re.sub(r"[\x00-\x1f\x7f]", "", name)[-LONGEST_NAME:] or None


__all__ = ["FetchFailed", "Fetched", "ForbiddenAddress", "TooLarge", "fetch", "file_name"]
