"""An unrelated deploy changes nothing: same pod, same container, same WhatsApp connection.

This is the promise that the product exists for, so each way to break it is a test of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from e2e.makers import SessionMaker, log_in
from whatsapp_tools import base_image, images
from whatsapp_tools.cluster import ROOT, Cluster
from whatsapp_tools.demo import operator_pod
from whatsapp_tools.docker_engine import engine
from whatsapp_tools.phones import Phones
from whatsapp_tools.product import SYSTEM, Session, Status, install_operator, until

RELEASED_CHART = ROOT / "tests" / "fixtures" / "whatsapp-operator-0.1.0.tgz"
CRD = "crd/whatsappsessions.whatsapp.leadmaster.dev"


@dataclass(frozen=True)
class Facts:
    """What a deploy of something else must leave as it is."""

    pod: tuple[str, str, int]
    connection: str


@pytest.fixture(scope="module")
def sessions(
    product: Cluster, api: str, namespace: str, phones: Phones, two_numbers: tuple[str, str]
) -> Iterator[dict[str, Session]]:
    """Two sessions, by number, that stay READY through every deploy of this file."""
    found = {}
    for position, number in enumerate(two_numbers):
        found[number] = Session(product, api, f"steady-{position}", namespace)
        log_in(found[number], phones, number, clienteId=51 + position)
    yield found
    for session in found.values():
        session.delete(claim=True, wait=False)
        session.close()


@pytest.fixture(autouse=True)
def as_before(product: Cluster) -> Iterator[None]:
    """Whatever a test deployed, the next one meets this version's operator."""
    yield
    install_operator(product)


def _facts(sessions: dict[str, Session], phones: Phones) -> dict[str, Facts]:
    found = {}
    for number, session in sessions.items():
        (connection,) = phones.connections(number)
        found[number] = Facts(session.identity(), connection["id"])
    return found


def _acts(cluster: Cluster, new_session: SessionMaker) -> None:
    """The operator that is there now has read everything and works: it makes a new session's pod."""
    probe = new_session()
    probe.apply()
    until("a pod made by the new operator", lambda: probe.status().get("pod"), timeout=90)
    probe.delete(claim=True, wait=False)


def _update_available(status: Status) -> bool:
    return any(c["type"] == "UpdateAvailable" and c["status"] == "True" for c in status["conditions"])


def _wait_default(session: Session) -> None:
    until("the new default", lambda: session.resource()["spec"].get("tomorrow") == "yes", timeout=60)


def _wait_another_operator(cluster: Cluster, old: str) -> None:
    until("another operator pod", lambda: operator_pod(cluster) != old, timeout=60)


def test_another_default_session_image_changes_no_session(
    product: Cluster, sessions: dict[str, Session], phones: Phones, new_session: SessionMaker
) -> None:
    before = _facts(sessions, phones)
    install_operator(product, "session.image.tag=9.9.9")
    for session in sessions.values():
        session.wait_status("UpdateAvailable", _update_available, timeout=60)
        assert images.image_name("session", "9.9.9") in session.condition("UpdateAvailable")["message"]
    assert _facts(sessions, phones) == before
    _acts(product, new_session)
    assert _facts(sessions, phones) == before


def test_another_chart_value_changes_no_session(
    product: Cluster, sessions: dict[str, Session], phones: Phones, new_session: SessionMaker
) -> None:
    before, operator = _facts(sessions, phones), operator_pod(product)
    install_operator(product, "podAnnotations.changed=yes", "logLevel=debug")
    _wait_another_operator(product, operator)
    _acts(product, new_session)
    assert _facts(sessions, phones) == before


def test_the_chart_of_0_1_0_and_this_one_change_no_session(
    product: Cluster, sessions: dict[str, Session], phones: Phones, new_session: SessionMaker
) -> None:
    before = _facts(sessions, phones)
    install_operator(product, chart=RELEASED_CHART)
    _acts(product, new_session)
    assert _facts(sessions, phones) == before
    install_operator(product)
    _acts(product, new_session)
    assert _facts(sessions, phones) == before
    crd = product.kubectl("get", CRD, "-o", "jsonpath={.metadata.annotations}")
    assert '"helm.sh/resource-policy":"keep"' in crd


@pytest.fixture(scope="module")
def changed_operator(product: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An operator image whose pod builder adds one label and one variable: tomorrow's release."""
    context = tmp_path_factory.mktemp("changed-operator")
    for path in ("contracts/whatsapp_contracts", "operator/whatsapp_operator", "requirements"):
        shutil.copytree(ROOT / path, context / path, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Dockerfile.operator", context)
    change_the_pod_builder(context / "operator/whatsapp_operator/manifests.py")
    name = images.image_name("operator", "changed")
    with engine() as env:
        archive = images.build("operator", base=base_image.ensure(env), env=env, context=context, name=name)
    product.load([archive])
    return name


def change_the_pod_builder(module: Path) -> None:
    """Give every pod that is built from now on one more label and one more variable."""
    module.write_text(
        module.read_text()
        + """

_pod_of_today = pod


def pod(*args, **kwargs):  # type: ignore[no-untyped-def]
    manifest = _pod_of_today(*args, **kwargs)
    manifest["metadata"]["labels"]["example.com/tomorrow"] = "yes"
    manifest["spec"]["containers"][0]["env"].append({"name": "TOMORROW", "value": "yes"})
    return manifest
"""
    )


def test_an_operator_with_a_changed_pod_builder_changes_no_session(
    product: Cluster,
    sessions: dict[str, Session],
    phones: Phones,
    new_session: SessionMaker,
    changed_operator: str,
) -> None:
    before = _facts(sessions, phones)
    repository, tag = changed_operator.rsplit(":", 1)
    install_operator(product, f"image.repository={repository}", f"image.tag={tag}")
    probe = new_session()
    probe.apply()
    until("a pod made by the new operator", lambda: probe.status().get("pod"), timeout=90)
    made = probe.pod()
    assert made["metadata"]["labels"]["example.com/tomorrow"] == "yes", "the changed operator does not run"
    assert {"name": "TOMORROW", "value": "yes"} in made["spec"]["containers"][0]["env"]
    assert _facts(sessions, phones) == before
    for session in sessions.values():
        assert session.condition("UpdateAvailable")["status"] == "False", "a new operator alone is no update"


def test_a_crd_with_a_new_defaulted_field_changes_no_session(
    product: Cluster, sessions: dict[str, Session], phones: Phones, new_session: SessionMaker
) -> None:
    before = _facts(sessions, phones)
    crd = yaml.safe_load(product.kubectl("get", CRD, "-o", "yaml"))
    fields = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    fields["tomorrow"] = {"type": "string", "default": "yes"}
    product.kubectl(
        *("apply", "--server-side", "--force-conflicts", "--field-manager=tomorrow", "-f", "-"),
        input=yaml.safe_dump(
            {key: crd[key] for key in ("apiVersion", "kind", "spec")}
            | {"metadata": {"name": crd["metadata"]["name"]}}
        ),
    )
    try:
        for session in sessions.values():
            _wait_default(session)
        _acts(product, new_session)
        product.kubectl("-n", SYSTEM, "rollout", "restart", "deployment")
        product.kubectl("-n", SYSTEM, "rollout", "status", "deployment", "--timeout=120s")
        _acts(product, new_session)
        assert _facts(sessions, phones) == before
    finally:
        product.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(ROOT / "crds"))


def test_an_operator_restarted_twice_changes_no_session(
    product: Cluster, sessions: dict[str, Session], phones: Phones, new_session: SessionMaker
) -> None:
    before = _facts(sessions, phones)
    versions = {n: s.resource()["metadata"]["resourceVersion"] for n, s in sessions.items()}
    for _ in range(2):
        old = operator_pod(product)
        product.kubectl("-n", SYSTEM, "delete", "pod", old, "--grace-period=0", "--force")
        _wait_another_operator(product, old)
        _acts(product, new_session)
    assert _facts(sessions, phones) == before
    assert versions == {n: s.resource()["metadata"]["resourceVersion"] for n, s in sessions.items()}, (
        "a restart of the operator costs a quiet session no write"
    )


def test_sessions_work_while_the_operator_is_away_and_nothing_changes_when_it_is_back(
    product: Cluster, sessions: dict[str, Session], phones: Phones, new_session: SessionMaker
) -> None:
    before = _facts(sessions, phones)
    (one, session), (two, other) = sessions.items()
    product.kubectl("-n", SYSTEM, "scale", "deployment", "--all", "--replicas=0")
    until("no operator", lambda: not product.get("pods", "", SYSTEM)["items"], timeout=90)
    with other.events("message.received") as events:
        sent = session.call("POST", "/send", json={"to": two, "message": "the operator is away"})
        assert sent.status_code == 200, sent.text
        received = next(iter(events))["data"]
        assert (received["from"], received["text"]) == (one, "the operator is away")
    product.kubectl("-n", SYSTEM, "scale", "deployment", "--all", "--replicas=1")
    product.kubectl("-n", SYSTEM, "rollout", "status", "deployment", "--timeout=120s")
    _acts(product, new_session)
    assert _facts(sessions, phones) == before
