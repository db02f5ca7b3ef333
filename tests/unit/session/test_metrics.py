from __future__ import annotations

from prometheus_client import generate_latest

from unit.session.conftest import Bring, Wait
from unit.session.doubles import ACCOUNT, QR, FakeEngine, message
from whatsapp_contracts.events import Event
from whatsapp_contracts.states import State
from whatsapp_session.metrics import Metrics
from whatsapp_session.session import Session


async def test_they_count_events_and_show_the_state_and_name_nobody(
    session: Session, engine: FakeEngine, bring: Bring, told: list[Event], until: Wait
) -> None:
    metrics = Metrics()
    metrics.watch(session)
    await bring(State.READY)
    engine.tell(message(1))
    await until(lambda: told[-1].type == "session.state" and session.view.last_activity is not None)
    for event in told:
        metrics.saw(event)
    text = generate_latest(metrics.registry).decode()
    assert "whatsapp_session_messages_received_total 1.0" in text
    assert "whatsapp_session_qr_codes_total 1.0" in text
    assert 'whatsapp_session_state{state="READY"} 1.0' in text
    assert 'whatsapp_session_state{state="INIT"} 0.0' in text
    assert all(line.startswith(("#", "whatsapp_session_")) for line in text.splitlines())
    for secret in (ACCOUNT.phone, "Ana", QR.code, "cliente_51", "text 1", "5491100000002"):
        assert secret not in text


def test_what_waits_on_the_volume_is_shown_in_sums_that_name_no_receiver() -> None:
    metrics = Metrics()
    metrics.watch_volume(
        outbox=lambda: {"queued": 2, "sent": 1},
        pending=lambda: {"crm-of-ana": 3, "other": 4},
        dead=lambda: {"crm-of-ana": 1},
        journal=lambda: 4096,
    )
    text = generate_latest(metrics.registry).decode()
    assert 'whatsapp_session_outbox_entries{state="queued"} 2.0' in text
    assert "whatsapp_session_webhook_pending 7.0" in text
    assert "whatsapp_session_webhook_dead_letters 1.0" in text
    assert "whatsapp_session_journal_bytes 4096.0" in text
    assert "ana" not in text
