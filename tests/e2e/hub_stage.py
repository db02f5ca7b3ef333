"""The hub as it is installed for a test, and how it is reached again after another pod has taken over."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from whatsapp_contracts import kubernetes
from whatsapp_tools import hub as hubs
from whatsapp_tools.cluster import Cluster
from whatsapp_tools.hub import Hub
from whatsapp_tools.phones import Phones
from whatsapp_tools.product import SYSTEM, Session, install_operator

POD_LABEL = ("-l", "app.kubernetes.io/name=whatsapp-hub")


@dataclass
class Stage:
    """The installed hub and the namespace in which it makes sessions; `values` are the chart's."""

    cluster: Cluster
    api: str
    namespace: str
    hub: Hub
    stack: contextlib.ExitStack
    values: tuple[str, ...]

    def install(self, *values: str) -> None:
        """Install with these values beside the stage's own."""
        hubs.install(self.cluster, *self.values, *values)

    def again(self) -> None:
        """Reach a pod that serves now."""
        self.stack.close()
        self.hub = self.stack.enter_context(hubs.reached(self.cluster, hubs.administrator(self.cluster)))

    def pods(self) -> list[str]:
        """The names of the hub's pods that are not ending."""
        found = self.cluster.get("pods", "", SYSTEM, *POD_LABEL)["items"]
        return [each["metadata"]["name"] for each in found if "deletionTimestamp" not in each["metadata"]]

    def session(self, session_id: str) -> Session:
        """The session's resource and pod, as kubectl sees them."""
        (found,) = (
            each
            for each in self.cluster.get(kubernetes.SHORT_NAME, "", self.namespace)["items"]
            if each["spec"].get("sessionId") == session_id
        )
        return Session(self.cluster, self.api, found["metadata"]["name"], self.namespace)


@contextlib.contextmanager
def installed(cluster: Cluster, api: str, namespace: str, *values: str) -> Iterator[Stage]:
    """The hub, over whatever runs; afterwards the operator alone, and none of the hub's volumes."""
    own = (f"hub.namespace={namespace}", *values)
    try:
        account = hubs.install(cluster, *own)
        with contextlib.ExitStack() as stack:
            hub = stack.enter_context(hubs.reached(cluster, account))
            yield Stage(cluster, api, namespace, hub, stack, own)
    finally:
        install_operator(cluster)
        for what, label in (("pvc,secret", "whatsapp-hub"), ("pvc", "whatsapp-hub-postgresql")):
            cluster.kubectl("delete", what, "-l", f"app.kubernetes.io/name={label}", "-n", SYSTEM)


def facts(session: Session, phones: Phones, number: str) -> dict[str, Any]:
    """What no change of hub, operator or chart may touch."""
    (connection,) = phones.connections(number)
    return {"pod": session.identity(), "connection": connection["id"]}
