"""What an image is called, and what its revision says."""

from __future__ import annotations

from datetime import date

import pytest

from whatsapp_contracts import __version__
from whatsapp_tools import images


def test_without_a_prefix_an_image_has_a_name_that_no_registry_answers_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("IMAGE_PREFIX", raising=False)
    assert images.image_name("session") == f"localhost/whatsapp-session:{__version__}"


def test_a_prefix_names_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_PREFIX", "registry.example.com/team/")
    assert images.image_name("operator", "1.2.3") == "registry.example.com/team/whatsapp-operator:1.2.3"


def test_an_archive_is_named_after_the_image_wherever_it_is_pushed() -> None:
    local = images.archive_of(f"localhost/whatsapp-session:{__version__}")
    assert local == images.archive_of(f"registry.example.com/team/whatsapp-session:{__version__}")
    assert local.name == f"whatsapp-session-{__version__}.tar"


@pytest.mark.parametrize("service", images.INPUTS)
def test_the_inputs_of_an_image_exist_with_its_dockerfile_and_its_lock(service: str) -> None:
    for path in (*images.inputs(service), f"Dockerfile.{service}"):
        assert (images.ROOT / path).exists(), path


def test_packages_are_fetched_anew_every_week() -> None:
    assert images.week(date(2026, 11, 21)) == images.week(date(2026, 11, 16)) == "2026-W47"
    assert images.week(date(2026, 11, 23)) == "2026-W48"
    assert images.week(date(2027, 1, 1)) == "2026-W53"
