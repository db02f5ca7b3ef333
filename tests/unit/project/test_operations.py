"""Whoever is on call finds every reason and every metric that is named in the page for them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from whatsapp_contracts.states import Reason
from whatsapp_operator import metrics, podstate

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "operations.md").read_text()
SOURCE = "\n".join(path.read_text() for path in sorted((ROOT / "operator/whatsapp_operator").glob("*.py")))
FIRST_ARGUMENT = re.compile(r"\b(?:stalled|progress)\(\s*\"([A-Z]\w+)\"")
REASON_ARGUMENT = re.compile(r"\bTrouble\(\s*reason=\"([A-Z]\w+)\"|Verdict\([^)]*?reason=\"([A-Z]\w+)\"")
RETURNED = re.compile(r"return \"([A-Z]\w+)\", \(?\s*f?\"")
CONFIGURED = re.compile(r"(?:return|=)\s*\(?\s*(?:False|None|True),\s*\"([A-Z]\w+)\"")
SECRETS = re.compile(r"\breason=\"(Secret\w+)\"|reason, message = \"(\w+)\"")


def _reasons() -> set[str]:
    found = {match for pattern in (FIRST_ARGUMENT, RETURNED) for match in pattern.findall(SOURCE)}
    found |= {one or other for one, other in REASON_ARGUMENT.findall(SOURCE)}
    found |= set(CONFIGURED.findall(SOURCE)) | {one or other for one, other in SECRETS.findall(SOURCE)}
    return found | {reason.value for reason in Reason} | set(podstate._WAITING_CURES)


def test_the_scan_finds_the_reasons_it_is_made_for() -> None:
    assert {"TwoPods", "ClaimForeign", "Suspended", "Starting", "PodFailed", "ExpansionRefused"} <= _reasons()
    assert {"InForce", "OlderRelease", "NoPod", "SecretMissing", "SecretInvalid"} <= _reasons()


@pytest.mark.parametrize("reason", sorted(_reasons() - {"Disconnected", "Connected", "ErrImagePull"}))
def test_every_reason_has_a_row(reason: str) -> None:
    rows = [
        line for line in PAGE.splitlines() if line.startswith("|") and f"`{reason}`" in line.split("|")[1]
    ]
    assert len(rows) == 1


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"whatsapp_operator_\w+", PAGE)) - {"whatsapp_operator_"})
)
def test_every_metric_of_the_operator_that_the_page_names_exists(name: str) -> None:
    families = {family.name for family in metrics.REGISTRY.collect()}
    assert name.removesuffix("_total") in families
