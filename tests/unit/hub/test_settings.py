"""Settings: what is wrong is named, with its cure, and no password is repeated."""

from __future__ import annotations

import pytest

from whatsapp_hub.settings import HELP, SettingsError, read

WRONG = {
    "PORT": "x",
    "METRICS_PORT": "70000",
    "DATABASE_URL": "mysql://hub:secret@db/hub",
    "HUB_BACKEND": "docker",
    "CALLBACK_URL": "hub:3000",
    "MESSAGES_KEEP_DAYS": "a year",
    "LOG_FORMAT": "xml",
}


@pytest.mark.parametrize(("name", "value"), WRONG.items())
def test_a_wrong_setting_is_named_with_its_cure(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read({name: value})
    assert name in str(raised.value)
    assert "Set it" in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("postgres://hub@db/hub", "postgresql+asyncpg://hub@db/hub"),
        ("postgresql://hub@db/hub", "postgresql+asyncpg://hub@db/hub"),
        ("sqlite:////var/hub.db", "sqlite+aiosqlite:////var/hub.db"),
    ],
)
def test_the_driver_is_ours_to_choose(given: str, url: str) -> None:
    assert read({"DATABASE_URL": given}).database_url == url


def test_without_settings_everything_is_in_one_folder_and_on_loopback() -> None:
    settings = read({})
    assert (settings.host, settings.port, settings.backend) == ("127.0.0.1", 3000, "processes")
    assert settings.database_url == f"sqlite+aiosqlite:///{settings.data_dir / 'hub.sqlite3'}"
    assert settings.master_key_file.parent == settings.data_dir


def test_the_help_names_every_setting() -> None:
    for name in (
        "HOST",
        "DATA_DIR",
        "MASTER_KEY_FILE",
        "FORWARDED_ALLOW_IPS",
        *IN_KUBERNETES,
        *WRONG,
        "HUB_ADMIN_DIR",
    ):
        assert name in HELP


IN_KUBERNETES = {
    "HUB_BACKEND": "kubernetes",
    "HUB_NAMESPACE": "whatsapp",
    "MASTER_KEY_FILE": "/run/master-key",
}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"HUB_NAMESPACE": ""}, "HUB_NAMESPACE is missing"),
        ({"HUB_NAMESPACE": "Not A Name"}, "HUB_NAMESPACE='Not A Name'"),
        ({"HUB_NAMESPACES": "crm,-x"}, "HUB_NAMESPACES has '-x'"),
        ({"MASTER_KEY_FILE": ""}, "MASTER_KEY_FILE is missing"),
        ({"CALLBACK_URL": "http://hub"}, "CALLBACK_URL is not for HUB_BACKEND=kubernetes"),
        ({"HUB_BACKEND": "processes"}, "HUB_NAMESPACE is not for HUB_BACKEND=processes"),
        ({"HUB_BACKEND": "", "HUB_NAMESPACE": "", "HUB_NAMESPACES": "*"}, "HUB_NAMESPACES is not for"),
    ],
)
def test_what_does_not_go_with_the_backend_is_named_with_its_cure(change: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read(IN_KUBERNETES | change)
    assert named in str(raised.value)
    assert "Set it" in str(raised.value) or "Leave it out" in str(raised.value)


@pytest.mark.parametrize(
    ("listed", "namespaces"),
    [
        ("", ("whatsapp",)),
        ("one, two,one", ("one", "two")),
        ("*", ("*",)),
        ("one,*", ("*",)),
    ],
)
def test_the_namespaces_of_the_sessions(listed: str, namespaces: tuple[str, ...]) -> None:
    settings = read(IN_KUBERNETES | {"HUB_NAMESPACES": listed})
    assert (settings.namespace, settings.namespaces) == ("whatsapp", namespaces)


def test_elsewhere_there_are_no_namespaces() -> None:
    assert (read({}).namespace, read({}).namespaces, read({}).admin_dir) == ("", (), None)
