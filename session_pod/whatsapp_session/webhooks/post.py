"""One attempt: a signed POST, and what came of it in a few words. Never raises for what a receiver does.

Why the words are ours: a receiver's text may hold anything, and `lastError` and the log may not.
"""

from __future__ import annotations

import asyncio
import os
from datetime import datetime

import aiohttp
from yarl import URL

from whatsapp_session.config import Webhook
from whatsapp_session.net.guard import ForbiddenAddress
from whatsapp_session.webhooks.calls import Call, headers
from whatsapp_session.webhooks.policy import Answer

TIMEOUT = 15.0
"""Seconds for an attempt as a whole, from the look-up of the name to the status."""
READ = 64 * 1024
"""Bytes of an answer's body that are read away, so that the connection can be used again."""


async def post(
    client: aiohttp.ClientSession, webhook: Webhook, call: Call, now: datetime, *, timeout: float = TIMEOUT
) -> Answer:
    """Send `call` once; `now` is signed."""
    answer: Answer | None = None
    try:
        async with (
            asyncio.timeout(timeout),
            client.post(
                target(webhook.url, call.path),
                data=call.body.encode(),
                headers={**dict(webhook.headers), **headers(call, webhook.secrets, now)},
                allow_redirects=False,
            ) as response,
        ):
            answer = Answer(status=response.status, retry_after=response.headers.get("Retry-After"))
            await _read_away(response)
    except TimeoutError:
        return answer or Answer(trouble=f"no answer within {timeout:.0f} s")
    except ForbiddenAddress as error:
        return Answer(trouble=f"forbidden: {error}")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return answer or Answer(trouble=_words(error))
    return answer


def target(url: str, path: str) -> URL:
    """The address of a call: `path` behind the receiver's own, its query stays."""
    base = URL(url)
    if not path:
        return base
    return base.with_path(base.raw_path.rstrip("/") + path, encoded=True, keep_query=True)


async def _read_away(response: aiohttp.ClientResponse) -> None:
    left = READ
    while left > 0 and (some := await response.content.read(left)):
        left -= len(some)
    if left <= 0:
        response.close()


def _words(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "its host name is not found"
        case aiohttp.ClientConnectorCertificateError():
            return "its certificate is not valid"
        case aiohttp.ClientConnectorSSLError():
            return "it speaks no TLS"
        case aiohttp.ClientConnectorError():
            number = error.os_error.errno  # none where several addresses were tried
            return f"no connection: {os.strerror(number)}" if number else "no connection"
        case aiohttp.ServerDisconnectedError() | ConnectionError():
            return "the connection broke off"
        case _:
            return f"no answer: {type(error).__name__}"
