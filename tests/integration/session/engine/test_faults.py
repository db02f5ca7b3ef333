"""What the engine says when the page, the line or WhatsApp fails under a call."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from integration.session.conftest import FRIEND, PHONE
from integration.session.engine.driven import Driven, media_of
from integration.session.processes import eventually
from whatsapp_session.engine import profile
from whatsapp_session.engine.protocol import EngineError, NotConnected, SendFailed
from whatsapp_session.facts import Healing, NetworkWentAway, Synced
from whatsapp_session.outgoing import Outgoing, Text

pytestmark = pytest.mark.timeout(300)
CHAT = f"{FRIEND}@c.us"


async def set_faults(driven: Driven, **faults: Any) -> None:
    answer = await driven.phones.http.put(f"{driven.url}/phones/{PHONE}/faults", json=faults)
    assert answer.is_success, answer.text


async def test_an_acceptance_that_never_comes_leaves_the_outcome_unknown_and_the_id_is_found(
    driven: Driven,
) -> None:
    await set_faults(driven, loseAcks=True, loseReceipts=True)
    bare = driven.bare_id()
    with pytest.raises(SendFailed, match="may still go out"):
        await driven.send_text(FRIEND, "hello", bare_id=bare, timeout=2)
    pending = await driven.engine.find(CHAT, bare, timeout=30)
    assert pending is not None
    assert pending.ack == 0
    again = asyncio.ensure_future(driven.send_text(FRIEND, "hello", bare_id=bare))
    await set_faults(driven)
    sent = await again
    assert sent.ack >= 1
    assert [row["id"] for row in await driven.rows(FRIEND)] == [bare]


async def test_nothing_is_sent_while_the_line_is_cut(driven: Driven) -> None:
    await driven.send_text(FRIEND, "before")
    begun = len(driven.told)
    await driven.phones.post(f"/phones/{PHONE}/cut", {"seconds": 3600})
    await driven.first(NetworkWentAway, begun)
    bare = driven.bare_id()
    with pytest.raises(NotConnected):
        await driven.engine.send(
            Outgoing(to=FRIEND, content=Text(text="during")), chat_id=CHAT, bare_id=bare, timeout=30
        )
    with pytest.raises(EngineError):
        await driven.engine.find(CHAT, bare, timeout=30)
    assert [row["text"] for row in await driven.rows(FRIEND)] == ["before"]


async def test_a_browser_killed_under_a_send_is_told_at_once_and_the_id_tells_what_became_of_it(
    driven: Driven,
) -> None:
    await set_faults(driven, loseAcks=True, loseReceipts=True)
    bare = driven.bare_id()
    sending = asyncio.ensure_future(driven.send_text(FRIEND, "hello", bare_id=bare, timeout=80))

    async def arrived() -> bool:
        return bool(await driven.rows(FRIEND))

    await eventually(arrived, "the message is at the friend's phone")
    begun = len(driven.told)
    for pid in profile.browsers(driven.login):
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(SendFailed, match="heals itself"):
        await asyncio.wait_for(sending, 20)
    await set_faults(driven)
    await driven.first(Healing, begun)
    await driven.first(Synced, begun)
    sent = await driven.send_text(FRIEND, "hello", bare_id=bare)
    assert sent.ack >= 1
    assert [row["id"] for row in await driven.rows(FRIEND)] == [bare]


async def test_a_browser_that_is_killed_under_an_upload_sent_nothing(
    driven: Driven, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await driven.send_text(FRIEND, "before")
    media = media_of(tmp_path, "document", bytes(64 * 1024 * 1024), "application/zip", "a.zip")
    monkeypatch.setattr("whatsapp_session.engine.files.PIECE", 64 * 1024)  # so that it takes its time
    sending = asyncio.ensure_future(driven.send(FRIEND, media))
    await asyncio.sleep(0.2)
    for pid in profile.browsers(driven.login):
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(NotConnected, match=r"Nothing was sent|starting|loading"):
        await asyncio.wait_for(sending, 20)
    assert [row["text"] for row in await driven.rows(FRIEND)] == ["before"]


async def test_a_receipt_is_an_acceptance_when_whatsapps_own_answer_is_lost(driven: Driven) -> None:
    await set_faults(driven, loseAcks=True)
    sent = await driven.send_text(FRIEND, "hello")
    assert sent.ack >= 2


async def test_a_page_that_whatsapp_loads_again_is_followed(driven: Driven) -> None:
    begun = len(driven.told)
    await driven.phones.post(f"/phones/{PHONE}/reload")
    await driven.first(Synced, begun)
    await driven.send_text(FRIEND, "after the reload")
    assert [row["text"] for row in await driven.rows(FRIEND)] == ["after the reload"]
