"""The demo's part of the hub: a session made by a CRM's calls beside kubectl's, and the dashboard."""

from __future__ import annotations

import time

from whatsapp_contracts import kubernetes
from whatsapp_tools.cluster import Cluster
from whatsapp_tools.hub import EMAIL, PORT, SERVICE, Account, Hub
from whatsapp_tools.phones import Phones
from whatsapp_tools.product import SYSTEM, until
from whatsapp_tools.showing import CUSTOMER, OURS, draw, heading, show

SESSION = "cliente_52"
NUMBER = "5491100000052"
"""The number that logs in to the CRM's session."""


def through_the_hub(cluster: Cluster, hub: Hub, phones: Phones, timings: dict[str, float]) -> None:
    """Steps 9 and 10: what a CRM does over REST, and what both sides see of each other."""
    heading(9, f"A CRM's calls: POST /api/sessions {SESSION}, its QR, and the phone {NUMBER} scans it")
    phones.create(NUMBER)
    forget(cluster, hub, phones)
    hub.log_in()
    started = time.monotonic()
    made = hub.create(SESSION, name="WhatsApp Sur")
    show("POST /api/sessions", f"id {made['id']}, {made['status']}")
    code = hub.wait_picture(SESSION)
    timings["hub: create → QR"] = time.monotonic() - started
    draw(code)
    started = time.monotonic()
    phones.scan(NUMBER, code)
    now = hub.wait_status(SESSION, "connected")
    timings["hub: scan → connected"] = time.monotonic() - started
    show("GET …/status", f"{now['status']}, {now['phoneNumber']}")
    sent = hub.send(SESSION, CUSTOMER, "Hello from the hub")
    show("POST …/messages", f"{sent['state']}, {sent['messageId']}")
    phones.send(CUSTOMER, NUMBER, "Hello to the hub")
    texts = until(
        "the message in the hub",
        lambda: [each["content"]["text"] for each in hub.messages_from(CUSTOMER) if each["to"] == NUMBER],
        timeout=60,
    )
    show("GET /api/contacts/…", f"“{texts[0]}” is stored")

    heading(10, "The same sessions, by kubectl and by the hub")
    for line in cluster.kubectl("get", kubernetes.SHORT_NAME, "-A").splitlines():
        print(f"   {line}")
    until(
        f"{OURS} in the hub", lambda: any(each["phoneNumber"] == OURS for each in hub.sessions()), timeout=60
    )
    for each in hub.sessions():
        show(each["sessionId"], f"{each['status']}, {each['phoneNumber'] or 'no number'}")


def forget(cluster: Cluster, hub: Hub, phones: Phones) -> None:
    """What an earlier demo left of this session."""
    if any(each["sessionId"] == SESSION for each in hub.sessions()):
        hub.call("DELETE", f"/api/sessions/{SESSION}")
    if phones.phone(NUMBER)["devices"]:
        phones.unlink(NUMBER)


def farewell(account: Account) -> str:
    """Where the dashboard is, and who may log in."""
    return (
        f"The dashboard: http://127.0.0.1:{PORT}/ while this runs:\n"
        f"   kubectl -n {SYSTEM} port-forward {SERVICE} {PORT}\n"
        f"   log in as {EMAIL}, password {account.password}\n"
        f"   for programs: X-API-Key: {account.key}"
    )


def take_down(cluster: Cluster) -> None:
    """The sessions that the hub made, with their volumes, before who would do it is gone."""
    managed = "app.kubernetes.io/managed-by=whatsapp-hub"
    found = cluster.kubectl(
        "get", kubernetes.SHORT_NAME, "-A", "-l", managed, "-o", NAMES, "--ignore-not-found"
    )
    for namespace, name in (line.split() for line in found.splitlines()):
        where = ("-n", namespace, "--ignore-not-found")
        cluster.kubectl("delete", kubernetes.SHORT_NAME, name, *where)
        cluster.kubectl("delete", "pod", f"whatsapp-{name}", *where)
        cluster.kubectl("delete", "pvc", f"whatsapp-{name}", *where)


NAMES = r'jsonpath={range .items[*]}{.metadata.namespace} {.metadata.name}{"\n"}{end}'
