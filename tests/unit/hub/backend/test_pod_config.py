"""What a child process is told is what the session takes, and opens no more of this machine than it must."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from whatsapp_hub.backend.pod_config import file_config, put_config
from whatsapp_hub.backend.protocol import Receiver, Wanted
from whatsapp_session import config, configuration
from whatsapp_session.net.guard import ForbiddenAddress, Guard

URL, SECRET = "http://127.0.0.1:3000", "whsec_" + "A" * 43 + "="
CRM = Receiver(name="crm", url="https://crm.example/x", secret=SECRET, events=("message.*",))
WANTED = Wanted(
    uid="u", tenant="crm", session_id="a", cliente_id=1, phone_number="5491100000001", receivers=(CRM,)
)


def test_a_call_that_says_what_may_be_reached_would_be_refused() -> None:
    with pytest.raises(config.ConfigError):
        config.read(file_config(WANTED, URL, SECRET))


def test_the_session_takes_what_it_is_put() -> None:
    taken = config.read(put_config(WANTED, URL, SECRET))
    assert [(each.name, each.format, each.url) for each in taken.webhooks] == [
        ("hub", "Orchestrator", URL),
        ("crm", "Standard", "https://crm.example/x"),
    ]
    assert (taken.phone_number, taken.operating_mode, taken.owner) == ("5491100000001", "Connected", "u")


@pytest.mark.parametrize("mode", ["Disconnected", "Suspended"])
def test_every_other_mode_keeps_whatsapp_closed(mode: str) -> None:
    wanted = Wanted(uid="u", tenant="crm", session_id="a", cliente_id=1, operating_mode=mode)
    assert config.read(put_config(wanted, URL, SECRET)).operating_mode == "Disconnected"


def test_webhooks_reach_the_hub_on_this_machine_and_media_by_url_do_not() -> None:
    taken = configuration.parsed(json.dumps(file_config(WANTED, URL, SECRET)), Path("config.json"))
    media, webhooks = Guard(()), Guard(())
    webhooks.lend(taken.allowed_hosts)
    webhooks.check(URL)
    for guard in (media, webhooks):
        with pytest.raises(ForbiddenAddress):
            guard.check("http://127.0.0.2:9000/")
    with pytest.raises(ForbiddenAddress):
        media.check(URL)
