"""Two replicas of the hub on the chart's PostgreSQL: each knows what the other did, and one may die."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial

import pytest

from e2e.hub_stage import Stage, installed
from whatsapp_tools import hub as hubs
from whatsapp_tools.cluster import Cluster
from whatsapp_tools.hub import Hub
from whatsapp_tools.phones import Phones
from whatsapp_tools.product import SYSTEM, Session, until


@pytest.fixture(scope="module")
def stage(product: Cluster, api: str, namespace: str) -> Iterator[Stage]:
    """Two replicas."""
    repository = hubs.postgresql_repository()
    values = (
        "hub.replicas=2",
        "hub.postgresql.enabled=true",
        f"hub.postgresql.image.repository={repository}",
    )
    with installed(product, api, namespace, *values) as made:
        yield made


@contextlib.contextmanager
def each_replica(stage: Stage) -> Iterator[dict[str, Hub]]:
    """Every pod of the hub by its name, reached by itself."""
    account = hubs.administrator(stage.cluster)
    replicas = {}
    with contextlib.ExitStack() as stack:
        for name in stage.pods():
            url = stack.enter_context(stage.cluster.forward(SYSTEM, f"pod/{name}", hubs.PORT))
            replicas[name] = Hub(url, account)
            stack.callback(replicas[name].close)
        yield replicas


def test_each_replica_serves_what_the_other_made_and_one_may_die(
    stage: Stage, phones: Phones, number: str, customer: str
) -> None:
    name = f"cliente_{number}"
    with each_replica(stage) as replicas:
        one, other = replicas.values()
        one.create(name)
        phones.create(number)
        phones.scan(number, other.wait_picture(name))
        for replica in (one, other):
            replica.wait_status(name, "connected")
        phones.create(customer)
        for replica in (one, other):
            assert replica.send(name, customer, "hola")["state"] == "sent", "each knows where the pod is"
        phones.send(customer, number, "dime")
        for replica in (one, other):
            (message,) = until("the message", partial(replica.messages_from, customer), timeout=60)
            assert message["content"]["text"] == "dime"
    for doomed in stage.pods():  # whichever of them leads, it is among these
        stage.cluster.kubectl("delete", "pod", doomed, "-n", SYSTEM, "--grace-period=0", "--force")
        stage.again()
        _follows_what_kubectl_does(stage, f"after-{doomed[-5:]}")
        stage.cluster.kubectl("-n", SYSTEM, "rollout", "status", f"deployment/{hubs.NAME}", "--timeout=120s")
    stage.again()
    assert stage.hub.status(name)["status"] == "connected"
    stage.hub.call("DELETE", f"/api/sessions/{name}")


def _follows_what_kubectl_does(stage: Stage, name: str) -> None:
    """A resource has a row, so somebody leads."""
    session = Session(stage.cluster, stage.api, name, stage.namespace)
    session.apply(clienteId=79, operatingMode="Suspended")
    until(
        f"{name} in the hub",
        lambda: name in [each["sessionId"] for each in stage.hub.sessions()],
        timeout=90,
    )
    session.delete(claim=True, wait=False)
    session.close()
