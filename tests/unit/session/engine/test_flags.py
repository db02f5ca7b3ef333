from __future__ import annotations

import pytest

from whatsapp_session.engine import flags

REAL = "https://web.whatsapp.com/"


def switches(url: str = REAL, *, sandbox: bool = False, shared_memory: bool = True) -> list[str]:
    return flags.switches(
        profile="/data/cliente_51",
        url=url,
        user_agent=flags.user_agent("156.0.8078.79"),
        sandbox=sandbox,
        shared_memory=shared_memory,
    )


def test_the_real_site_is_never_treated_as_anything_but_what_it_is() -> None:
    assert not [
        flag for flag in switches() if "insecure" in flag or "certificate" in flag or "security" in flag
    ]


@pytest.mark.parametrize(
    ("url", "want"),
    [
        (REAL, None),
        ("http://127.0.0.1:8080/", None),
        ("http://localhost:8080/", None),
        ("http://[::1]:8080/", None),
        ("http://whatsapp-simulator:8080/", "http://whatsapp-simulator:8080"),
        ("http://10.0.0.7/path", "http://10.0.0.7"),
    ],
)
def test_only_plain_http_of_another_machine_needs_to_count_as_secure(url: str, want: str | None) -> None:
    assert flags.insecure_origin(url) == want
    flag = f"--unsafely-treat-insecure-origin-as-secure={want}"
    assert (flag in switches(url)) == (want is not None)


def test_a_proxy_is_for_everything_and_its_password_is_on_no_command_line() -> None:
    arguments = {"profile": "/data", "url": REAL, "user_agent": "x", "sandbox": False, "shared_memory": True}
    through = flags.switches(**arguments, proxy="http://proxy:3128")  # type: ignore[arg-type]
    added = set(through) - set(flags.switches(**arguments))  # type: ignore[arg-type]
    assert added == {"--proxy-server=http://proxy:3128", "--proxy-bypass-list=<-loopback>"}


def test_the_sandbox_is_off_unless_asked_for() -> None:
    assert "--no-sandbox" in switches()
    assert "--no-sandbox" not in switches(sandbox=True)


def test_a_small_dev_shm_is_not_used() -> None:
    assert "--disable-dev-shm-usage" in switches(shared_memory=False)
    assert "--disable-dev-shm-usage" not in switches()


@pytest.mark.parametrize(
    "flag",
    [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-breakpad",
        "--disable-quic",
        "--no-first-run",
        "--disable-gpu",
        "--user-data-dir=/data/cliente_51",
        "--remote-debugging-pipe",
    ],
)
def test_what_a_session_relies_on_is_there(flag: str) -> None:
    assert switches().count(flag) == 1


def test_no_switch_opens_a_debugging_port_or_says_headless() -> None:
    assert not [flag for flag in switches() if "debugging-port" in flag or "Headless" in flag]


def test_no_switch_is_given_twice_since_chromium_takes_the_last() -> None:
    names = [flag.split("=")[0] for flag in switches("http://sim:1/", shared_memory=False)]
    assert len(names) == len(set(names))


def test_the_client_hints_name_the_browser_that_the_user_agent_names() -> None:
    override = flags.user_agent_override("156.0.8078.79")
    assert override["userAgent"] == flags.user_agent("156.0.8078.79")
    brands = {brand["brand"]: brand["version"] for brand in override["userAgentMetadata"]["brands"]}
    assert brands["Google Chrome"] == brands["Chromium"] == "156"
    assert override["userAgentMetadata"]["fullVersion"] == "156.0.8078.79"


def test_the_user_agent_is_chromes_of_the_same_version() -> None:
    assert flags.user_agent("156.0.8078.79") == (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/156.0.0.0 Safari/537.36"
    )
