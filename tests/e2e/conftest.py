"""A cluster with the product on it: made once for a run, sessions in a namespace of their own.

The cluster is whatever `CLUSTER` names; `make test-e2e` starts it and builds the images first.
"""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.makers import LoggedIn, SessionMaker, log_in
from whatsapp_tools import cluster as clusters
from whatsapp_tools import images
from whatsapp_tools.cluster import Cluster, service_url
from whatsapp_tools.phones import Phones
from whatsapp_tools.product import SIMULATOR, Session, install_operator, install_simulator

HERE = Path(__file__).parent
_numbers = itertools.count(int(uuid.uuid4().int % 10**6) * 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The running cluster, with this version's images in it."""
    found = clusters.find()
    found.load([images.archive_of(images.image_name(service)) for service in images.INPUTS])
    return found


@pytest.fixture(scope="session")
def product(cluster: Cluster) -> Cluster:
    """The cluster with the simulator and the operator running."""
    install_simulator(cluster)
    install_operator(cluster)
    return cluster


@pytest.fixture(scope="session")
def api(product: Cluster) -> Iterator[str]:
    """The API server on loopback."""
    with product.api() as url:
        yield url


@pytest.fixture(scope="session")
def phones(api: str) -> Iterator[Phones]:
    """The simulator's phones."""
    found = Phones(service_url(api, SIMULATOR, SIMULATOR, 8080))
    yield found
    found.close()


@pytest.fixture(scope="module")
def namespace(product: Cluster) -> Iterator[str]:
    """A namespace for one file's sessions, under the restricted Pod Security Standard."""
    name = f"was-e2e-{uuid.uuid4().hex[:6]}"
    manifest = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
    }
    product.kubectl("apply", "-f", "-", input=json.dumps(manifest))
    yield name
    product.kubectl("delete", "namespace", name, "--wait=false")


def new_number() -> str:
    """A phone number that no other test uses."""
    return f"549{next(_numbers):010d}"


@pytest.fixture
def number() -> str:
    """The number that logs in to the test's session."""
    return new_number()


@pytest.fixture
def customer() -> str:
    """Another one, for the other side of a conversation."""
    return new_number()


@pytest.fixture(scope="module")
def two_numbers() -> tuple[str, str]:
    """Two numbers for the sessions that a whole file shares."""
    return new_number(), new_number()


@pytest.fixture
def new_session(product: Cluster, api: str, namespace: str) -> Iterator[SessionMaker]:
    """Make `Session` handles; what was applied is deleted at the end, claims too."""
    made: list[Session] = []

    def make(name: str = "") -> Session:
        made.append(Session(product, api, name or f"s{uuid.uuid4().hex[:6]}", namespace))
        return made[-1]

    yield make
    for session in made:
        session.delete(claim=True, wait=False)
        session.close()


@pytest.fixture
def logged_in(new_session: SessionMaker, phones: Phones) -> LoggedIn:
    """Apply a session, scan its picture with `number`, wait for Ready."""

    def make(number: str, **spec: object) -> Session:
        session = new_session()
        log_in(session, phones, number, **spec)
        return session

    return make
