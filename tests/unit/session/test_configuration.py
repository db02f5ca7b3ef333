from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from whatsapp_session.config import Config, ConfigError, Pacing, Webhook, read
from whatsapp_session.configuration import Configuration, FileError, chosen
from whatsapp_session.database import Database
from whatsapp_session.outbox.errors import StorageFull

SECRET = "whsec_" + "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.json"


def write(file: Path, **fields: Any) -> None:
    file.write_text(json.dumps(fields), "utf-8")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file or directory. Set it to a JSON file, or unset it."),
        ("{", "is not JSON. Correct it."),
        ("[" * 100_000, "is not JSON. Correct it."),
        ("[]", "the configuration is not a JSON object. Correct it."),
        ('{"operatingMode":"Off"}', "operatingMode is unknown. Set it to one of: Connected, Disconnected."),
        (f'{{"webhooks":[{{"url":"x","secrets":["{SECRET}"]}}]}}', "webhooks[0].url is not an address"),
        ('{"allowedHosts":[7]}', "allowedHosts has an entry that is no host name. Correct it."),
        ('{"allowedHosts":"hub"}', "allowedHosts is not a list. Correct it."),
        (" " * (2**20 + 1), "is larger than 1 MiB"),
    ],
    ids=[
        "missing",
        "half",
        "deep",
        "a list",
        "a wrong word",
        "a wrong webhook",
        "a number",
        "a text",
        "huge",
    ],
)
def test_a_file_that_is_wrong_at_the_start_is_one_line_with_the_cure_and_without_a_secret(
    database: Database, file: Path, content: str | None, says: str
) -> None:
    if content is not None:
        file.write_text(content, "utf-8")
    with pytest.raises(FileError) as caught:
        Configuration(database, file)
    assert f"CONFIG_FILE={file}" in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_without_a_file_and_a_call_the_defaults_are_in_force(database: Database) -> None:
    assert Configuration(database, None).current == Config()


def test_keys_of_a_newer_release_are_left_out_of_a_file(database: Database, file: Path) -> None:
    write(file, phoneNumber="5491123456789", typing={"simulate": True})
    assert Configuration(database, file).current == Config(phone_number="5491123456789")


PUT = Config(owner="uid-1", generation=3, revision="put")
CASES: dict[str, tuple[Config | None, Config | None, Config]] = {
    "neither": (None, None, Config()),
    "only a call": (PUT, None, PUT),
    "only a file": (None, Config(revision="file"), Config(revision="file")),
    "an older file, mounted late": (PUT, Config(owner="uid-1", generation=2), PUT),
    "the same generation": (
        PUT,
        Config(owner="uid-1", generation=3, revision="file"),
        Config(owner="uid-1", generation=3, revision="file"),
    ),
    "a newer file": (PUT, Config(owner="uid-1", generation=4), Config(owner="uid-1", generation=4)),
    "another owner's, though it counts from one": (
        PUT,
        Config(owner="uid-2", generation=1),
        Config(owner="uid-2", generation=1),
    ),
}


@pytest.mark.parametrize(("put", "given", "want"), CASES.values(), ids=CASES)
def test_the_operators_last_word_counts(put: Config | None, given: Config | None, want: Config) -> None:
    assert chosen(put, given) == want


async def test_what_was_put_is_in_force_everywhere_and_outlives_the_process(tmp_path: Path) -> None:
    database = Database(tmp_path / "journal.sqlite3")
    configuration = Configuration(database, None)
    told: list[Config] = []

    async def broken(_: Config) -> None:
        raise RuntimeError("one part's bug")

    async def part(wanted: Config) -> None:
        assert configuration.current == wanted
        told.append(wanted)

    configuration.appliers += [broken, part]
    webhook = Webhook(name="crm", url="https://crm.example/x", secrets=(SECRET,), headers=(("X-A", "b"),))
    wanted = Config(revision="7", pacing=Pacing(messages_per_minute=5, burst=2), webhooks=(webhook,))
    await configuration.put(wanted)
    assert told == [wanted]
    database.close()
    database = Database(tmp_path / "journal.sqlite3")
    assert Configuration(database, None).current == wanted
    database.close()


async def test_what_finds_no_room_is_not_taken(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration = Configuration(database, None)

    def full(_: Config) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(configuration, "_keep", full)
    with pytest.raises(StorageFull):
        await configuration.put(Config(revision="7"))
    assert configuration.current == Config()


def test_what_a_newer_release_put_and_this_one_cannot_read_ends_no_start(database: Database) -> None:
    Configuration(database, None)
    with database.transaction() as db:
        db.execute("""INSERT INTO configuration VALUES (1, '{"operatingMode":"Sleeping"}')""")
    assert Configuration(database, None).current == Config()


async def test_a_file_that_changes_is_taken_and_one_that_becomes_wrong_is_not(
    database: Database, file: Path
) -> None:
    write(file, revision="1")
    configuration = Configuration(database, file)
    told: list[str] = []

    async def part(wanted: Config) -> None:
        told.append(wanted.revision)

    configuration.appliers.append(part)
    await configuration.look()
    assert told == []
    file.write_text("{", "utf-8")  # noqa: ASYNC240
    with pytest.raises(FileError):
        await configuration.look()
    await configuration.look()  # said once
    write(file, revision="2")
    await configuration.look()
    assert (told, configuration.current.revision) == (["2"], "2")


async def test_a_mounted_file_that_is_behind_takes_nothing_back(database: Database, file: Path) -> None:
    write(file, owner="uid-1", generation=1, revision="old")
    configuration = Configuration(database, file)
    await configuration.put(Config(owner="uid-1", generation=3, revision="new"))
    write(file, owner="uid-1", generation=2, revision="between")
    await configuration.look()
    assert configuration.current.revision == "new"
    assert Configuration(database, file).current.revision == "new"


# What webhooks may reach although it is private


async def test_a_call_cannot_say_what_is_let_through(database: Database, file: Path) -> None:
    with pytest.raises(ConfigError, match="unknown key 'allowedHosts'"):
        read({"allowedHosts": ["metadata.internal"]})
    write(file, owner="uid-1", generation=1, allowedHosts=["hub.whatsapp.svc"])
    configuration = Configuration(database, file)
    await configuration.put(
        Config(owner="uid-1", generation=3, revision="put", allowed_hosts=("metadata.internal",))
    )
    assert configuration.current.revision == "put"
    assert configuration.current.allowed_hosts == ("hub.whatsapp.svc",)


async def test_a_mounted_file_says_it_though_what_was_put_is_newer(database: Database, file: Path) -> None:
    write(file, owner="uid-1", generation=1)
    configuration = Configuration(database, file)
    await configuration.put(Config(owner="uid-1", generation=3, revision="put"))
    told: list[Config] = []

    async def part(wanted: Config) -> None:
        told.append(wanted)

    configuration.appliers.append(part)
    write(file, owner="uid-1", generation=2, allowedHosts=["hub.whatsapp.svc"])
    await configuration.look()
    assert [(each.revision, each.allowed_hosts) for each in told] == [("put", ("hub.whatsapp.svc",))]
    again = Configuration(database, file).current
    assert (again.revision, again.allowed_hosts) == ("put", ("hub.whatsapp.svc",))


def test_it_is_shown_to_nobody_who_calls(database: Database, file: Path) -> None:
    write(file, allowedHosts=["hub.whatsapp.svc"])
    current = Configuration(database, file).current
    assert "hub.whatsapp.svc" not in json.dumps(current.to_json())
    assert read(current.to_json()) == Config(), "what GET /config says can be put again"
