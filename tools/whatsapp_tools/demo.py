"""`make demo`: a session's whole life on a real Kubernetes, step by step: `python -m whatsapp_tools.demo`.

Every line that is printed is read from the cluster or the simulator; nothing is assumed. The
first step that fails ends the demo with a non-zero code and what was seen.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

from whatsapp_contracts import kubernetes
from whatsapp_tools import cluster as clusters
from whatsapp_tools import demo_hub, images
from whatsapp_tools import hub as hubs
from whatsapp_tools.cluster import ROOT, Cluster, service_url
from whatsapp_tools.phones import Phones
from whatsapp_tools.product import (
    RELEASE,
    SIMULATOR,
    SYSTEM,
    Session,
    install_simulator,
    until,
)
from whatsapp_tools.showing import CUSTOMER, OURS, draw, heading, show
from whatsapp_tools.terminal import ToolError, fail, step

NAME = "demo"


def prepare() -> tuple[Cluster, hubs.Account]:
    """Steps 1 and 2: a Kubernetes, the images, the product on it."""
    heading(1, "A real Kubernetes and the images")
    cluster = clusters.up()
    if cluster.kind == "current" and not images.published_under():
        raise ToolError(
            "CLUSTER=current: your cluster has to pull the images from somewhere.\n"
            "Set IMAGE_PREFIX to a registry it reads and you may push to, such as registry.example.com/team."
        )
    run_images()
    with step("Images into the cluster"):
        cluster.load([images.archive_of(images.image_name(service)) for service in images.INPUTS])
    nodes = cluster.get("nodes")["items"]
    for node in nodes:
        info = node["status"]["nodeInfo"]
        show(
            "node", f"{node['metadata']['name']}: {info['kubeletVersion']}, {info['containerRuntimeVersion']}"
        )

    heading(2, "The simulator, and the operator with the hub by its Helm chart")
    with step("Simulator"):
        install_simulator(cluster)
    with step("Operator and hub"):
        account = hubs.install(cluster)
    for line in cluster.helm("list", "--namespace", SYSTEM, "--output", "json").splitlines():
        for release in json.loads(line):
            show("helm release", f"{release['name']}: {release['chart']}, {release['status']}")
    return cluster, account


def run_images() -> None:
    """Build in a process of its own, so that its progress lines come through as they are."""
    if images.main([]) != 0:
        raise ToolError("The images were not built; what was said stands above.")


def log_in(session: Session, phones: Phones, timings: dict[str, float]) -> None:
    """Steps 3 and 4: from `kubectl apply` to READY."""
    heading(3, "kubectl apply -f examples/session.yaml")
    session.delete(claim=True)
    phones.create(OURS)
    if phones.phone(OURS)["devices"]:  # of an earlier demo
        phones.unlink(OURS)
    started = time.monotonic()
    manifest = (ROOT / "examples" / "session.yaml").read_text()
    print("   " + session.cluster.kubectl("apply", "-f", "-", input=manifest).strip())
    qr = session.wait_qr(timeout=180)
    timings["apply → QR"] = time.monotonic() - started
    show("status.state", session.status()["state"])
    show("status.qr.expiresAt", qr["expiresAt"])
    draw(qr["code"])

    heading(4, f"The phone {OURS} scans the picture that the pod shows")
    started = time.monotonic()
    phones.scan(OURS, session.picture_code())
    session.wait_ready()
    timings["scan → READY"] = time.monotonic() - started
    print_columns(session)


def print_columns(session: Session) -> None:
    where = ("-n", session.namespace)
    for line in session.cluster.kubectl("get", kubernetes.SHORT_NAME, session.name, *where).splitlines():
        print(f"   {line}")


def converse(session: Session, phones: Phones) -> None:
    """Steps 5 and 6: a message out with its acknowledgements, and one in."""
    heading(5, "A message out, with its acknowledgements")
    phones.create(CUSTOMER)
    with session.events("message.*") as events:
        answer = session.call("POST", "/send", json={"to": CUSTOMER, "message": "Hello from Kubernetes"})
        if answer.status_code != 200:
            raise ToolError(f"POST /send answered {answer.status_code}: {answer.text}")
        message_id = answer.json()["message_id"]
        show("POST /send", answer.text)
        acks: list[int] = []
        for event in events:
            data = event["data"]
            if event["type"] == "message.ack" and data["messageId"] == message_id:
                acks.append(data["ack"])
                show("event message.ack", {1: "1 server", 2: "2 delivered", 3: "3 read"}[data["ack"]])
                if data["ack"] == 3:
                    break
    seen = phones.messages(CUSTOMER)[-1]
    show(f"phone {CUSTOMER}", f"has “{seen['text']}” from {seen['from']}")

    heading(6, "A message in")
    with session.events("message.received") as events:
        phones.send(CUSTOMER, OURS, "Hello back")
        event = next(event for event in events if event["data"]["text"] == "Hello back")
        show("event", f"seq {event['seq']}, {event['type']} from {event['data']['from']}: “Hello back”")


def facts(session: Session, phones: Phones) -> dict[str, Any]:
    """What an upgrade of anything else must leave as it is."""
    uid, container, restarts = session.identity()
    connection = phones.connections(OURS)
    if len(connection) != 1:
        raise ToolError(f"The simulator counts {len(connection)} connections of {OURS} instead of one.")
    return {
        "pod uid": uid,
        "container": container.removeprefix("containerd://")[:20],
        "restarts": restarts,
        "WhatsApp connection": connection[0]["id"],
    }


def upgrade(session: Session, phones: Phones) -> None:
    """Step 7: an upgrade of operator and hub, with another default image, touches no session."""
    heading(7, "helm upgrade: a new operator pod, a new hub, another default session image")
    before = facts(session, phones)
    operator = operator_pod(session.cluster)
    changed = (
        "session.image.tag=0.1.1-next",
        "podAnnotations.demo=upgraded",
        "hub.podAnnotations.demo=upgraded",
    )
    hubs.install(session.cluster, *changed)
    until("another operator pod", lambda: operator_pod(session.cluster) != operator, timeout=60)
    show("operator pod", f"{operator} → {operator_pod(session.cluster)}")
    until(
        "UpdateAvailable in the session's conditions",
        lambda: session.condition("UpdateAvailable").get("status") == "True",
        timeout=60,
    )
    show("UpdateAvailable", session.condition("UpdateAvailable")["message"])
    after = facts(session, phones)
    for what, value in after.items():
        show(what, f"{value}  {'the same' if before[what] == value else f'CHANGED, was {before[what]}'}")
    if before != after:
        raise ToolError("The upgrade changed a session; that must never happen.")
    hubs.install(session.cluster)


def operator_pod(cluster: Cluster) -> str:
    """The name of the operator's newest pod that is not ending."""
    selector = ("-l", f"app.kubernetes.io/name={RELEASE}")
    pods = [
        p
        for p in cluster.get("pods", "", SYSTEM, *selector)["items"]
        if "deletionTimestamp" not in p["metadata"]
    ]
    if not pods:
        raise ToolError(f"There is no operator pod in {SYSTEM}.")
    newest = max(pods, key=lambda pod: pod["metadata"]["creationTimestamp"])
    return str(newest["metadata"]["name"])


def kill(session: Session, phones: Phones, timings: dict[str, float]) -> None:
    """Step 8: the pod is killed; the login is not."""
    heading(8, "kubectl delete pod: killed, and READY again without a QR")
    old = session.identity()[0]
    started = time.monotonic()
    where = ("-n", session.namespace, "--wait=false")
    print("   " + session.cluster.kubectl("delete", "pod", session.pod_name, *where).strip())
    states: list[str] = []

    def ready_again(status: dict[str, Any]) -> bool:
        if not states or states[-1] != status.get("state"):
            states.append(str(status.get("state")))
        return status.get("pod", {}).get("uid") not in (None, old) and status.get("state") == "READY"

    session.wait_status("READY in a new pod", ready_again)
    session.wait_ready()
    timings["killed pod → READY"] = time.monotonic() - started
    show("states seen", " → ".join(states))
    if "QR_REQUIRED" in states:
        raise ToolError("The session asked for a QR after its pod was killed; the login was lost.")
    new = session.identity()[0]
    show("pod uid", f"{old} → {new}")
    devices = len(phones.phone(OURS)["devices"])
    show("devices of the phone", f"{devices}, as before")
    if devices != 1:
        raise ToolError(f"The phone has {devices} linked devices instead of one.")


def play() -> None:
    cluster, account = prepare()
    timings: dict[str, float] = {}
    with cluster.api() as api:
        session = Session(cluster, api, NAME)
        phones = Phones(service_url(api, SIMULATOR, SIMULATOR, 8080))
        log_in(session, phones, timings)
        converse(session, phones)
        upgrade(session, phones)
        kill(session, phones, timings)
        with hubs.reached(cluster, account) as hub:
            demo_hub.through_the_hub(cluster, hub, phones, timings)
    heading(11, "How long it took")
    for what, seconds in timings.items():
        show(what, f"{seconds:.1f} s")
    print(
        f"\nThe sessions are yours to look at:\n"
        f"   {cluster.environment}\n"
        f"   kubectl get was -A\n"
        f"   kubectl describe was {NAME}\n"
        f"   kubectl get was {NAME} -o yaml\n"
        f"The phones: kubectl -n {SIMULATOR} port-forward svc/{SIMULATOR} 8080, then http://localhost:8080/phone\n"
        f"{demo_hub.farewell(account)}\n"
        f"Take it all away: make demo-down"
    )


def take_down() -> None:
    """Remove what the demo made; objects first where the cluster still answers."""
    try:
        cluster = clusters.find()
        cluster.kubectl("get", "--raw", "/readyz", "--request-timeout=5s")
    except ToolError:
        cluster = None
    if cluster is not None:
        with step("Sessions, simulator, hub and operator"):
            if RELEASE in cluster.helm("list", "--namespace", SYSTEM, "--short"):
                session = Session(cluster, "", NAME)
                session.delete(claim=True)
                demo_hub.take_down(cluster)
                cluster.helm("uninstall", RELEASE, "--namespace", SYSTEM, "--wait")
            cluster.kubectl("delete", "namespace", SYSTEM, SIMULATOR, "--ignore-not-found")
    clusters.down()


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make demo", description="The product on a real Kubernetes.")
    parser.add_argument("--down", action="store_true", help="take away what the demo made")
    try:
        take_down() if parser.parse_args(argv).down else play()
    except ToolError as error:
        return fail(error)
    except KeyboardInterrupt:
        print("\nInterrupted. What stands can be taken away with: make demo-down", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
