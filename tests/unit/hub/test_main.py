"""`whatsapp-hub`: its command line, and the first organization."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

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
