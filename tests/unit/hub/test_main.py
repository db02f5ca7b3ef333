"""`whatsapp-hub`: its command line, and the first organization."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from whatsapp_hub.__main__ import main
from whatsapp_hub.security import api_keys

CREATE = ["admin", "create", "--tenant", "crm", "--email", "Admin@crm.example"]


def environ(folder: Path, **more: str) -> dict[str, str]:
    return {"DATA_DIR": str(folder), **more}


def test_the_first_administrator_and_key_are_printed_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(CREATE, environ(tmp_path)) == 0
    said = capsys.readouterr().out
    key = re.findall(r"was_\S+", said)[0]
    password = re.findall(r"password: +(\S+)", said)[0]
    with closing(sqlite3.connect(tmp_path / "hub.sqlite3")) as database:
        email, kept = database.execute("SELECT email, password_hash FROM users").fetchone()
        (kept_key,) = database.execute("SELECT key_hash FROM api_keys").fetchone()
    assert email == "admin@crm.example"
    assert kept.startswith("$argon2id$")
    assert api_keys.matches(key, kept_key)
    assert password.encode() not in (tmp_path / "hub.sqlite3").read_bytes()


def test_a_password_that_was_given_is_not_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(CREATE, environ(tmp_path, ADMIN_PASSWORD="given by a Secret")) == 0
    assert "given by a Secret" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "more", "names"),
    [
        (["serve"], {"PORT": "x"}, "PORT"),
        (["serve"], {"MASTER_KEY_FILE": "/proc"}, "MASTER_KEY_FILE"),
        (["migrate"], {"DATABASE_URL": "postgresql://hub@127.0.0.1:1/hub"}, "DATABASE_URL"),
        ([*CREATE[:-1], "nobody"], {}, "--email"),
        (CREATE, {"ADMIN_PASSWORD": "short"}, "ADMIN_PASSWORD"),
    ],
)
def test_what_is_wrong_is_one_line_with_the_cure_and_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], more: dict[str, str], names: str
) -> None:
    assert main(arguments, environ(tmp_path, **more)) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert names in line


def test_the_same_address_twice_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(CREATE, environ(tmp_path))
    assert main(CREATE, environ(tmp_path)) == 2
    assert "has a user already" in capsys.readouterr().err


def test_migrating_says_that_it_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate"], environ(tmp_path)) == 0
    assert capsys.readouterr().out == "The database has today's tables.\n"


def printed(capsys: pytest.CaptureFixture[str], pattern: str) -> str:
    found = re.search(pattern, capsys.readouterr().out)
    assert found
    return found[1]


def query(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "hub.sqlite3")) as database:
        return database.execute(sql).fetchall()


KEYS = ["admin", "keys"]
OF_CRM = ["--tenant", "crm"]


@pytest.mark.parametrize(
    ("arguments", "more", "names"),
    [
        (["admin", "reset-password", "--email", "nobody@crm.example"], {}, "--email"),
        (["admin", "reset-password", "--email", "nul\0"], {}, "--email"),
        (
            ["admin", "reset-password", "--email", "Admin@crm.example"],
            {"ADMIN_PASSWORD": "x"},
            "ADMIN_PASSWORD",
        ),
        ([*KEYS, "list", "--tenant", "nobody"], {}, "--tenant"),
        ([*KEYS, "create", *OF_CRM, "--name", ""], {}, "--name"),
        ([*KEYS, "revoke", *OF_CRM, "--id", "77"], {}, "--id"),
        ([*KEYS, "revoke", *OF_CRM, "--id", str(2**40)], {}, "--id"),
    ],
)
def test_what_is_not_there_cannot_be_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], more: dict[str, str], names: str
) -> None:
    assert main(CREATE, environ(tmp_path)) == 0
    before = query(tmp_path, "SELECT password_hash FROM users"), query(tmp_path, "SELECT * FROM api_keys")
    capsys.readouterr()
    assert main(arguments, environ(tmp_path, **more)) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert names in line
    assert before == (
        query(tmp_path, "SELECT password_hash FROM users"),
        query(tmp_path, "SELECT * FROM api_keys"),
    )


def test_a_lost_password_is_replaced_and_every_token_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(CREATE, environ(tmp_path))
    first = printed(capsys, r"password: +(\S+)")
    ((old, ended),) = query(tmp_path, "SELECT password_hash, tokens_after FROM users")
    assert main(["admin", "reset-password", "--email", "admin@crm.example"], environ(tmp_path)) == 0
    second = printed(capsys, r"password: +(\S+)")
    ((new, after),) = query(tmp_path, "SELECT password_hash, tokens_after FROM users")
    assert (ended, bool(after), first != second, old != new) == (None, True, True, True)
    assert PasswordHasher().verify(new, second)


def test_keys_are_made_listed_and_revoked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(CREATE, environ(tmp_path))
    made = [*KEYS, "create", *OF_CRM, "--name", "erp", "--scope", "sessions:read"]
    capsys.readouterr()
    assert main(made, environ(tmp_path)) == 0
    key = printed(capsys, r"(was_\S+)")
    assert api_keys.matches(key, query(tmp_path, "SELECT key_hash FROM api_keys WHERE name = 'erp'")[0][0])
    for state in ("never used", "revoked", "revoked"):
        assert main([*KEYS, "list", *OF_CRM], environ(tmp_path)) == 0
        listed = capsys.readouterr().out
        assert key not in listed
        assert listed.splitlines()[1].split("\t")[2:] == ["erp", "sessions:read", state]
        assert main([*KEYS, "revoke", *OF_CRM, "--id", "2"], environ(tmp_path)) == 0
        capsys.readouterr()


def test_an_administrator_is_made_while_a_hub_has_the_database_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["migrate"], environ(tmp_path)) == 0
    with closing(sqlite3.connect(tmp_path / "hub.sqlite3")) as running:
        running.execute("BEGIN")
        assert running.execute("SELECT count(*) FROM users").fetchone() == (0,)
        assert main(CREATE, environ(tmp_path)) == 0
        running.commit()
        assert running.execute("SELECT count(*) FROM users").fetchone() == (1,)
