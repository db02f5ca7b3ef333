"""`make demo-laptop`: the hub with its dashboard and a session on this machine, without a cluster.

Every line that is printed is read from the hub or the simulator; nothing is assumed. Each start begins anew,
in `build/laptop`, and everything that it started ends with it.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import html
import re
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from whatsapp_tools.children import Child, Folder, port, surroundings
from whatsapp_tools.cluster import ROOT
from whatsapp_tools.phones import Phones, read_qr
from whatsapp_tools.product import until
from whatsapp_tools.showing import CUSTOMER, OURS, draw, heading, show
from whatsapp_tools.terminal import ToolError, fail, run, step

FOLDER = ROOT / "build" / "laptop"
HUB_PORT, SIMULATOR_PORT = 3000, 8080
EMAIL = "admin@demo.example"
SESSION = "cliente_51"
START_SECONDS = 120.0
"""A busy machine takes its time to load Python."""
QR_SECONDS = 120.0
LOOK_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What runs: both addresses, and the credentials of the first administrator."""

    hub: Child
    simulator: Child
    url: str
    phones_url: str
    password: str
    key: str


class Hub:
    """Contract B, as a CRM calls it."""

    def __init__(self, stage: Stage) -> None:
        self._http = httpx.Client(base_url=stage.url, headers={"X-API-Key": stage.key}, timeout=60)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's `data`; ToolError with the hub's own words."""
        try:
            answer = self._http.request(method, path, json=body)
            said = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ToolError(f"The hub does not answer {method} {path}: {error!r}") from None
        if not said["success"]:
            raise ToolError(f"The hub answered {method} {path} with {answer.status_code}: {said['message']}")
        return said["data"]

    def close(self) -> None:
        self._http.close()


@contextlib.contextmanager
def staged(folder: Folder, hub_port: int) -> Iterator[Stage]:
    """Simulator and hub, from nothing; both end with the block."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(folder.hold())
        heading(1, "The simulator and the hub, as processes of this machine")
        with step("Simulator"):
            phones_port = port(SIMULATOR_PORT)
            simulator = Child(
                folder, "simulator",
                ["whatsapp_simulator", "--port", str(phones_port), "--data-dir", str(folder.path / "phones")],
                {},
            )  # fmt: skip
            stack.callback(simulator.end)
            phones_url = f"http://127.0.0.1:{phones_port}"
            simulator.says(phones_url, START_SECONDS)
        found = port(hub_port)
        environ = {
            "DATA_DIR": str(folder.path / "hub"), "HUB_BACKEND": "processes", "PORT": str(found),
            "WHATSAPP_URL": f"{phones_url}/",
        }  # fmt: skip
        with step("First administrator: whatsapp-hub admin create"):
            password, key = first_administrator(environ)
        with step("Hub: whatsapp-hub serve"):
            hub = Child(folder, "hub", ["whatsapp_hub", "serve"], environ)
            stack.callback(lambda: _ended(hub))
            hub.says("hub on http://", START_SECONDS)
        if found != hub_port:
            show("port", f"{hub_port} is taken, so the hub has {found}")
        yield Stage(
            hub=hub, simulator=simulator, url=f"http://127.0.0.1:{found}", phones_url=phones_url,
            password=password, key=key,
        )  # fmt: skip


def _ended(hub: Child) -> None:
    with step("The sessions and their browsers end"):
        hub.end()


def first_administrator(environ: dict[str, str]) -> tuple[str, str]:
    """Made by the hub's own command; password and API key as it prints them, once."""
    command = [sys.executable, "-m", "whatsapp_hub", "admin", "create", "--tenant", "demo", "--email", EMAIL]
    said = run(command, env=surroundings() | environ)
    password = re.search(r"^password: +(\S+)$", said, re.MULTILINE)
    key = re.search(r"^API key: +(\S+)$", said, re.MULTILINE)
    if not password or not key:
        raise ToolError(f"whatsapp-hub admin create printed no password and key: {said}")
    return password[1], key[1]


def log_in(hub: Hub, phones: Phones, timings: dict[str, float]) -> None:
    """Step 2: a session through the API, from its creation to connected."""
    heading(2, f"POST /api/sessions, and the phone {OURS} scans the picture that the hub shows")
    phones.create(OURS)
    started = time.monotonic()
    hub.call("POST", "/api/sessions", {"sessionId": SESSION, "name": "WhatsApp Demo"})

    def shown() -> Any:
        qr = hub.call("GET", f"/api/sessions/{SESSION}/qr")  # waits on the hub, 30 s at most
        return qr if qr["qrCode"] else None

    qr = until("a QR", shown, timeout=QR_SECONDS)
    timings["create → QR"] = time.monotonic() - started
    code = read_qr(base64.b64decode(qr["qrCode"]))
    draw(code)
    show("expiresAt", qr["expiresAt"])
    started = time.monotonic()
    phones.scan(OURS, code)

    def connected() -> Any:
        now = hub.call("GET", f"/api/sessions/{SESSION}/status")
        return now if now["status"] == "connected" else None

    now = until("connected", connected, timeout=QR_SECONDS)
    timings["scan → connected"] = time.monotonic() - started
    show("status", f"{now['status']}, {now['phoneNumber']}")


def converse(hub: Hub, phones: Phones, timings: dict[str, float]) -> None:
    """Steps 3 and 4: a message out, and one in."""
    heading(3, f"POST /api/sessions/{SESSION}/messages")
    phones.create(CUSTOMER)
    started = time.monotonic()
    sent = hub.call(
        "POST", f"/api/sessions/{SESSION}/messages", {"to": CUSTOMER, "text": "Hello from the hub"}
    )
    timings["send → accepted"] = time.monotonic() - started
    show("state", sent["state"])
    seen = until("the message on the phone", lambda: phones.messages(CUSTOMER), timeout=QR_SECONDS)[-1]
    show(f"phone {CUSTOMER}", f"has “{seen['text']}” from {seen['from']}")

    heading(4, "A message in: stored, with its contact and chat")
    started = time.monotonic()
    phones.send(CUSTOMER, OURS, "Hello back")

    def stored() -> Any:
        contacts = hub.call("GET", f"/api/contacts?phone={CUSTOMER}")["contacts"]
        if not contacts:
            return None
        return hub.call("GET", f"/api/contacts/{contacts[0]['id']}/messages")["messages"]

    message = until("the message in the hub", stored, timeout=QR_SECONDS)[0]
    timings["written → in the hub"] = time.monotonic() - started
    show("message", f"{message['content']['text']!r} from {message['from']}, contact {message['contactId']}")


def play(folder: Path, hub_port: int, *, check: bool) -> None:
    """The whole story; unless `check`, stay until somebody ends it."""
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        stage = stack.enter_context(staged(Folder(folder), hub_port))
        timings = {"start → the hub answers": time.monotonic() - begun}
        hub, phones = Hub(stage), Phones(stage.phones_url)
        stack.callback(hub.close)
        stack.callback(phones.close)
        log_in(hub, phones, timings)
        converse(hub, phones, timings)
        look(stage)
        timings["all of it"] = time.monotonic() - begun
        heading(6, "How long it took")
        for what, seconds in timings.items():
            show(what, f"{seconds:.1f} s")
        print(farewell(stage, folder), flush=True)
        while not check:
            time.sleep(LOOK_SECONDS)
            stage.hub.check()
            stage.simulator.check()


def look(stage: Stage) -> None:
    """The dashboard, as a browser without a login gets it."""
    heading(5, f"The dashboard: GET {stage.url}/")
    page = httpx.get(f"{stage.url}/", headers={"Accept": "text/html"}, follow_redirects=True, timeout=60)
    title = re.search(r"<title>(.*?)</title>", page.text)
    if page.status_code != 200 or not title:
        raise ToolError(f"The dashboard answered {page.status_code} at {page.url}.\nThe log: {stage.hub.log}")
    show("page", html.unescape(title[1]))


def farewell(stage: Stage, folder: Path) -> str:
    """Where everything is, and what to try."""
    return (
        f"\nThe dashboard:   {stage.url}/\n"
        f"   log in as     {EMAIL}\n"
        f"   password      {stage.password}\n"
        f"   API key       {stage.key}\n"
        f"The phones:      {stage.phones_url}/phone\n"
        f"   Create a session in the dashboard, choose a number there, and give it the QR: copy or save its\n"
        f"   picture, then paste or choose it. Write from {CUSTOMER} to {OURS}, and see it arrive.\n"
        f"The logs:        {folder}\n"
        f"Ctrl-C ends it all; the next start begins anew."
    )


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="make demo-laptop", description="The hub with a session on this machine, without a cluster."
    )
    parser.add_argument("--check", action="store_true", help="play it, and end")
    parser.add_argument(
        "--port", type=int, default=HUB_PORT, help=f"the hub's, where it is free [{HUB_PORT}]"
    )
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where it lies [build/laptop]")
    given = parser.parse_args(argv)
    for number in (signal.SIGINT, signal.SIGTERM):  # in order; also where a shell began it in the background
        signal.signal(number, signal.default_int_handler)
    try:
        play(given.folder.absolute(), given.port, check=given.check)
    except ToolError as error:
        return fail(error)
    except KeyboardInterrupt:
        print("\nEnded, with everything that it started.", flush=True)
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
