"""Which archives an image's packages come from, read from the machine's own apt sources."""

from __future__ import annotations

import pytest

from whatsapp_tools.base_image import archives, certificates, sources_list

MAIN, SECURITY = "http://deb.example/debian", "http://deb.example/debian-security"
SOURCES = {
    "nothing": ("", (None, None)),
    "another vendor's archive only": ("deb https://apt.example/apt stable main", (None, None)),
    "one line each": (
        f"deb {MAIN} bookworm main\ndeb {SECURITY} bookworm-security main",
        (MAIN, SECURITY),
    ),
    "deb822": (
        f"Types: deb\nURIs: {MAIN}/\nSuites: bookworm\n\nTypes: deb\nURIs: {SECURITY}\n",
        (MAIN, SECURITY),
    ),
    "options before the address": (f"deb [signed-by=/a.gpg] {MAIN} bookworm main", (MAIN, None)),
    "the first one counts": (
        f"deb {MAIN} bookworm main\ndeb http://b.example/debian b main",
        (MAIN, None),
    ),
}


@pytest.mark.parametrize(("text", "want"), SOURCES.values(), ids=SOURCES)
def test_archives_of(text: str, want: tuple[str | None, str | None]) -> None:
    assert archives(text) == want


def test_the_images_sources_hold_the_security_archive_and_the_updates() -> None:
    assert sources_list(MAIN, SECURITY).splitlines() == [
        f"deb {MAIN} bookworm main",
        f"deb {MAIN} bookworm-updates main",
        f"deb {SECURITY} bookworm-security main",
    ]


def test_a_bundle_is_split_into_its_certificates() -> None:
    one, two = (
        f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----" for body in ("QQ==", "Qg==")
    )
    assert certificates(f"# first\n{one}\n\n# second\n{two}\n") == [f"{one}\n", f"{two}\n"]
