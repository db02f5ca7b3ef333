"""The definition is in step with the types, and promises what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from whatsapp_operator.crd import CHART_FILE, CRD_FILE, chart_text, crd, crd_text, main

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("file", "text"), [(CRD_FILE, crd_text()), (CHART_FILE, chart_text())])
def test_the_file_is_what_the_types_say(file: Path, text: str) -> None:
    """Run `python -m whatsapp_operator.crd` when this fails."""
    assert (ROOT / file).read_text() == text


def test_a_stale_file_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([]) == 0
    assert main(["--check"]) == 0
    (tmp_path / CRD_FILE).write_text("old")
    assert main(["--check"]) == 1
    assert "run: python -m whatsapp_operator.crd" in capsys.readouterr().out
    assert main(["--wrong"]) == 2


def schema() -> dict[str, Any]:
    version = crd()["spec"]["versions"][0]
    return dict(version["schema"]["openAPIV3Schema"])


def every(part: Any) -> list[dict[str, Any]]:
    """All objects within."""
    if isinstance(part, list):
        return [found for each in part for found in every(each)]
    if isinstance(part, dict):
        return [part, *(found for each in part.values() for found in every(each))]
    return []


def test_no_field_is_accepted_and_ignored() -> None:
    assert not any("x-kubernetes-preserve-unknown-fields" in each for each in every(schema()))
    free = [each for each in every(schema()) if "additionalProperties" in each]
    assert [each["description"][:14] for each in free] == ["Headers to add"]
    assert set(schema()["properties"]["spec"]["properties"]) == {
        "clienteId",
        "sessionId",
        "displayName",
        "description",
        "operatingMode",
        "storage",
        "image",
        "resources",
        "immutableReplicas",
        "phoneNumber",
        "login",
        "pacing",
        "proxy",
        "webhooks",
        "keyVersion",
    }


def test_the_schema_is_structural() -> None:
    for each in every(schema()):
        assert "$ref" not in each
        assert "title" not in each or isinstance(each["title"], dict)


def test_every_rule_says_what_to_do() -> None:
    rules = [rule for each in every(schema()) for rule in each.get("x-kubernetes-validations", ())]
    assert len(rules) >= 10
    for rule in rules:
        assert rule["message"].endswith(".")
        assert len(rule["message"]) > 30


def test_what_the_operator_may_give_has_no_default_in_the_schema() -> None:
    """A default that is written into every resource could not be changed by the chart's values any more."""
    fields = schema()["properties"]["spec"]["properties"]
    assert "default" not in fields["webhooks"]
    assert "default" not in fields["pacing"]
    assert not any("default" in each for each in fields["pacing"]["properties"].values())


def test_every_text_list_and_map_of_the_spec_has_a_bound() -> None:
    for each in every(schema()["properties"]["spec"]):
        if each.get("type") == "string" and "enum" not in each and len(each) > 1:
            assert "maxLength" in each, each
        if each.get("type") == "array":
            assert "maxItems" in each
        if "additionalProperties" in each:
            assert "maxProperties" in each


def test_the_session_id_has_no_default_in_the_schema() -> None:
    assert "default" not in schema()["properties"]["spec"]["properties"]["sessionId"]


def test_uninstalling_the_chart_keeps_the_definition() -> None:
    text = (ROOT / CHART_FILE).read_text()
    body = yaml.safe_load("\n".join(line for line in text.splitlines() if not line.startswith("{{")))
    assert body["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert body["spec"] == crd()["spec"]
