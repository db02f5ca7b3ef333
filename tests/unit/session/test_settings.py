from __future__ import annotations

from pathlib import Path

import pytest

from whatsapp_session import settings
from whatsapp_session.settings import SettingsError, read


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The least that is needed; the browser is a program that exists everywhere."""
    return {"CLIENTE_ID": "51", "CHROMIUM_PATH": "/bin/true"}


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CLIENTE_ID", "", "CLIENTE_ID is not set. Set it to the client's number, such as: CLIENTE_ID=51"),
        ("CLIENTE_ID", "0", "'0' is not a whole number from 1 to 2147483647"),
        ("CLIENTE_ID", "-1", "'-1' is not a whole number"),
        ("CLIENTE_ID", "5.1", "'5.1' is not a whole number"),
        ("CLIENTE_ID", "٥١", "is not a whole number"),
        ("CLIENTE_ID", "2147483648", "is not a whole number from 1 to 2147483647"),
        ("CLIENTE_ID", "9" * 5000, "is not a whole number from 1 to 2147483647"),
        ("SESSION_ID", "x" * 101, "SESSION_ID is longer than 100 characters"),
        ("SESSION_ID", "a\nb", "not printable"),
        ("PORT", "http", "PORT='http' is not a port. Set it to a number from 0 to 65535, such as: PORT=3001"),
        ("PORT", "65536", "such as: PORT=3001"),
        ("METRICS_PORT", "-1", "such as: METRICS_PORT=9101"),
        ("HOST", "0.0.0.0", "Set API_KEY_FILE to a file with one key per line, or HOST=127.0.0.1"),
        ("HOST", "session.example", "Set API_KEY_FILE"),
        (
            "WHATSAPP_URL",
            "web.whatsapp.com",
            "is not an http or https address. Set it, such as: WHATSAPP_URL=",
        ),
        ("WHATSAPP_URL", "http://[", "is not an http or https address"),
        ("WHATSAPP_URL", "http://host:port/", "is not an http or https address"),
        ("CHROMIUM_PATH", "/nonexistent", "Install it: apt-get install chromium-headless-shell"),
        ("CHROMIUM_PATH", "/etc", "is not a program"),
        ("CHROMIUM_SANDBOX", "yes", "CHROMIUM_SANDBOX='yes' is unknown. Set it to one of: off, on"),
        ("MEDIA_MAX_MB", "0", "'0' is not a whole number from 1 to 2048. Set MEDIA_MAX_MB=64"),
        ("MEDIA_MAX_MB", "4096", "not a whole number from 1 to 2048"),
        ("MEDIA_KEEP_DAYS", "a week", "Set MEDIA_KEEP_DAYS=7"),
        ("MEDIA_KEEP_MB", "-1", "Set MEDIA_KEEP_MB=512"),
        ("JOURNAL_KEEP_DAYS", "1.5", "Set JOURNAL_KEEP_DAYS=7"),
        ("JOURNAL_KEEP_MB", "9" * 5000, "Set JOURNAL_KEEP_MB=256"),
        ("ALLOWED_NETWORKS", "10.0.0.0/8, crm local", "ALLOWED_NETWORKS: 'crm local' is not a network"),
        ("LOG_FORMAT", "xml", "Set it to one of: text, json"),
        ("QR_TERMINAL", "maybe", "Set it to one of: auto, always, never"),
    ],
)
def test_a_wrong_setting_is_one_line_that_says_what_to_set(
    environ: dict[str, str], name: str, value: str, says: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(environ | {name: value})
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_defaults_are_the_contracts(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read(environ) == settings.Settings(
        cliente_id=51,
        session_id="cliente_51",
        host="127.0.0.1",
        port=3001,
        sessions_dir=tmp_path / "sessions",
        api_key_file=None,
        metrics_port=9101,
        whatsapp_url="https://web.whatsapp.com/",
        chromium_path=Path("/bin/true"),
        chromium_sandbox=False,
        log_format="text",
        qr_terminal="auto",
        restarted_at="",
        config_file=None,
        allowed_networks=(),
        media_max_bytes=64 * 2**20,
        media_keep_days=7,
        media_keep_bytes=512 * 2**20,
        journal_keep_days=7,
        journal_keep_bytes=256 * 2**20,
    )


def test_sizes_are_in_mib_and_networks_in_a_comma_list(environ: dict[str, str]) -> None:
    found = read(environ | {"MEDIA_MAX_MB": "1", "ALLOWED_NETWORKS": " 10.0.0.0/8 ,crm.local,"})
    assert found.media_max_bytes == 1024 * 1024
    assert found.allowed_networks == ("10.0.0.0/8", "crm.local")


def test_the_login_lies_alone_in_its_folder_and_the_rest_beside_it(environ: dict[str, str]) -> None:
    found = read(environ | {"SESSIONS_DIR": "/data"})
    assert found.login_dir == Path("/data/cliente_51")
    assert found.beside("journal") == Path("/data/journal-cliente_51")


def test_with_a_key_it_listens_to_everybody_unless_told_otherwise(environ: dict[str, str]) -> None:
    with_key = environ | {"API_KEY_FILE": "/run/keys"}
    assert read(with_key).host == "0.0.0.0"
    assert read(with_key | {"HOST": "127.0.0.1"}).host == "127.0.0.1"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_loopback_needs_no_key(environ: dict[str, str], host: str) -> None:
    assert read(environ | {"HOST": host}).host == host


def test_help_names_every_setting(environ: dict[str, str]) -> None:
    names: set[str] = set()

    class Asked(dict[str, str]):
        def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
            names.add(name)
            return super().get(name, default)

    read(Asked(environ))
    assert {line.split()[0] for line in settings.HELP.splitlines()} == names
