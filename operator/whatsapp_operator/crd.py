"""The CustomResourceDefinition, generated from `spec.Spec`: `python -m whatsapp_operator.crd [--check]`.

Why generated: the schema is what `kubectl apply` refuses by, the model what the operator believes; one
source keeps them one. The file under `crds/` and the chart's template are written together, and a test
fails when either is not what this module would write.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

from whatsapp_contracts.kubernetes import GROUP, KIND, PLURAL, SHORT_NAME, VERSION
from whatsapp_operator.spec import ROOT_RULES, Spec
from whatsapp_operator.status_schema import STATUS

Schema = dict[str, Any]

HEADER = (
    "# Generated from operator/whatsapp_operator/spec.py by `python -m whatsapp_operator.crd`: do not edit.\n"
)
_DROPPED = ("$ref", "$defs", "title", "anyOf", "default")

CRD_FILE = Path("crds/whatsappsessions.yaml")
CHART_FILE = Path("charts/whatsapp-operator/templates/crd.yaml")

COLUMNS = (
    ("State", "string", ".status.state", 0, "The session's state."),
    ("Ready", "string", '.status.conditions[?(@.type=="Ready")].status', 0, "Whether it can send."),
    ("Phone", "string", ".status.phone", 0, "The number that is logged in."),
    ("Reason", "string", ".status.reason", 0, "Why it is in this state."),
    ("Update", "string", '.status.conditions[?(@.type=="UpdateAvailable")].status', 0, "Next pod differs."),
    ("Age", "date", ".metadata.creationTimestamp", 0, "How long it exists."),
    ("Cliente", "integer", ".spec.clienteId", 1, "The client it belongs to."),
    ("Node", "string", ".status.pod.node", 1, "The node its pod runs on."),
    ("Image", "string", ".status.pod.image", 1, "The image of its pod."),
    ("Endpoint", "string", ".status.endpoint", 1, "Its API inside the cluster."),
    ("Mode", "string", ".spec.operatingMode", 1, "What it should be doing."),
)


def crd() -> Schema:
    """The whole definition."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": KIND.lower(),
                "shortNames": [SHORT_NAME],
                "categories": ["all"],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": root_schema()},
                    "subresources": {
                        "status": {},
                        "scale": {
                            "specReplicasPath": ".spec.immutableReplicas",
                            "statusReplicasPath": ".status.immutableReplicas",
                            "labelSelectorPath": ".status.selector",
                        },
                    },
                    "additionalPrinterColumns": [
                        dict(
                            zip(("name", "type", "jsonPath", "priority", "description"), column, strict=True)
                        )
                        for column in COLUMNS
                    ],
                }
            ],
        },
    }


def root_schema() -> Schema:
    """`openAPIV3Schema` of the resource."""
    return {
        "type": "object",
        "description": "A WhatsApp session: one login, one pod, one volume.",
        "required": ["spec"],
        "x-kubernetes-validations": ROOT_RULES,
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": spec_schema(),
            "status": STATUS,
        },
    }


def spec_schema() -> Schema:
    """`spec` as a structural schema, from the model's JSON schema."""
    document = Spec.model_json_schema(by_alias=True)
    return _structural(document, document.get("$defs", {}))


def _structural(schema: Schema, definitions: Schema) -> Schema:
    """JSON schema to Kubernetes' structural subset: no `$ref`, no titles, no null, defaults kept."""
    own = {key: value for key, value in schema.items() if key not in _DROPPED}
    if "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        own = _structural(target, definitions) | own
    for choice in schema.get("anyOf", ()):
        if choice.get("type") != "null" and "x-kubernetes-int-or-string" not in own:
            own = _structural(choice, definitions) | own
    if own.get("x-kubernetes-int-or-string"):
        own.pop("type", None)
        own["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    if schema.get("default") is not None:
        own["default"] = schema["default"]
    if "properties" in own and not schema.get("$ref"):
        own["properties"] = {name: _structural(part, definitions) for name, part in own["properties"].items()}
    for inner in ("items", "additionalProperties"):
        if isinstance(schema.get(inner), dict):
            own[inner] = _structural(schema[inner], definitions)
    if any("default" in part for part in own.get("properties", {}).values()) and not own.get("required"):
        own["default"] = {}  # so that the defaults of the fields inside are filled in
    return own


def crd_text() -> str:
    """`crds/whatsappsessions.yaml`."""
    return HEADER + _yaml(crd())


def chart_text() -> str:
    """The chart's copy: switched by `crds.install`, and kept by `helm uninstall`.

    Kept, because removing the definition would delete every session in the cluster.
    """
    definition = crd()
    definition["metadata"]["annotations"] = {"helm.sh/resource-policy": "keep"}
    return f"{HEADER}{{{{- if .Values.crds.install }}}}\n{_yaml(definition)}{{{{- end }}}}\n"


def _yaml(document: Schema) -> str:
    return yaml.dump(document, sort_keys=False, width=110, allow_unicode=True, Dumper=_Plain)


class _Plain(yaml.SafeDumper):
    """No anchors: Kubernetes tools read them, people do not."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def main(arguments: list[str]) -> int:
    """Write both files below the current folder, or with `--check` only say whether they are in step."""
    wanted = {CRD_FILE: crd_text(), CHART_FILE: chart_text()}
    if arguments == ["--check"]:
        stale = [str(path) for path, text in wanted.items() if not path.exists() or path.read_text() != text]
        if stale:
            print(f"not in step with spec.py: {', '.join(stale)}\nrun: python -m whatsapp_operator.crd")
        return 1 if stale else 0
    if arguments:
        print(f"unknown argument {arguments[0]!r}\nuse: python -m whatsapp_operator.crd [--check]")
        return 2
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
