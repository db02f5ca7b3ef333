from __future__ import annotations

from pathlib import Path

import pytest

from whatsapp_session.keys import KeyFileError, Keys, presented


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "api-keys"
    path.write_text("old-key\n\nnew-key\n")
    return path


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": "wrong"},
        {"x-api-key": ""},
        {"x-api-key": "old-key\nnew-key"},
        {"x-api-key": "old-ke"},
        {"x-api-key": "ñ"},
        {"authorization": "old-key"},
        {"authorization": "Basic old-key"},
        {"authorization": "Bearer"},
        {"authorization": "Bearer "},
        {"x-api-key": "wrong", "authorization": "Bearer old-key"},
    ],
    ids=str,
)
def test_no_key_or_a_wrong_one_is_refused(file: Path, headers: dict[str, str]) -> None:
    assert not Keys(file).accepts(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": "old-key"},
        {"x-api-key": "new-key"},
        {"authorization": "Bearer new-key"},
        {"authorization": "bearer new-key"},
    ],
    ids=str,
)
def test_each_line_is_a_key_in_either_header(file: Path, headers: dict[str, str]) -> None:
    assert Keys(file).accepts(headers)


def test_a_missing_file_is_an_error_that_says_what_to_put_there(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="Put one key per line there"):
        Keys(tmp_path / "missing")


def test_a_file_without_a_key_is_an_error_and_not_an_open_door(file: Path) -> None:
    file.write_text("\n  \n")
    with pytest.raises(KeyFileError, match="has no key"):
        Keys(file)


def test_a_changed_file_is_read_again(file: Path) -> None:
    keys = Keys(file)
    file.write_text("next-key\n")
    assert keys.accepts({"x-api-key": "next-key"})
    assert not keys.accepts({"x-api-key": "old-key"})


@pytest.mark.parametrize("change", ["emptied", "removed"])
def test_a_file_that_is_gone_for_a_moment_leaves_the_old_keys(
    file: Path, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    keys = Keys(file)
    if change == "emptied":
        file.write_text("")
    else:
        file.unlink()
    assert keys.accepts({"x-api-key": "old-key"})
    assert not keys.accepts({"x-api-key": ""})
    assert "stay as they were" in caplog.text
    assert "old-key" not in caplog.text


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "127.0.0.1:3001", "origin": "https://example.com"},
        {"host": "localhost:3001", "origin": "null"},
        {"host": "rebound.example.com:3001"},
        {"host": "rebound.example.com", "origin": "http://rebound.example.com"},
        {"host": "192.0.2.1"},
        {"host": ""},
        {"host": "[broken"},
    ],
    ids=str,
)
def test_without_a_file_no_page_of_another_site_passes(headers: dict[str, str]) -> None:
    assert not Keys(None).accepts(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "127.0.0.1:3001"},
        {"host": "localhost"},
        {"host": "[::1]:3001"},
        {"host": "localhost:3001", "origin": "http://localhost:5173"},
    ],
    ids=str,
)
def test_without_a_file_this_machine_passes(headers: dict[str, str]) -> None:
    assert Keys(None).accepts(headers)


def test_a_key_beyond_ascii_is_compared_by_its_bytes(file: Path) -> None:
    file.write_text("contraseña\n", "utf-8")
    sent = "contraseña".encode().decode("latin-1")  # as ASGI gives it
    assert Keys(file).accepts({"x-api-key": sent})


def test_without_a_file_everybody_passes() -> None:
    assert Keys(None).accepts({})


def test_the_api_key_header_decides_over_a_token() -> None:
    assert presented({"x-api-key": "a", "authorization": "Bearer b"}) == "a"
