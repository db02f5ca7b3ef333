"""What the tests do to a session from outside: change its resource, kill what runs in its pod."""

from __future__ import annotations

import json
from typing import Any

from whatsapp_tools.product import Session, Status
from whatsapp_tools.terminal import ToolError

KILL = """
import os, signal, sys
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        line = open(f"/proc/{pid}/cmdline", "rb").read().split(b"\\0")
    except OSError:
        continue
    text = b" ".join(line).decode()
    browser = "chromium" in line[0].decode() and "--type=" not in text
    process = "whatsapp_session" in text and int(pid) != 1
    if {"browser": browser, "process": process}[sys.argv[1]] and int(pid) != os.getpid():
        os.kill(int(pid), signal.SIGKILL)
        print(pid)
"""


def kill_inside(session: Session, what: str) -> None:
    """Kill the `browser` or the `process` within the session's container."""
    where = ("exec", "-n", session.namespace, session.pod_name, "--")
    try:
        killed = session.cluster.kubectl(*where, "python", "-c", KILL, what).split()
    except ToolError as error:
        # The container may end before the one who killed it can say so.
        if what != "process" or "exit code 137" not in str(error):
            raise
        return
    assert len(killed) == 1, f"killed {killed} as the {what}"


def ready(status: Status) -> str:
    """`Ready` in one word."""
    found = {each["type"]: each["status"] for each in status.get("conditions", ())}
    return str(found.get("Ready"))


def annotate(session: Session, *annotations: str) -> None:
    """`kubectl annotate was NAME …`."""
    where = ("-n", session.namespace, "--overwrite")
    session.cluster.kubectl("annotate", "was", session.name, *where, *annotations)


def patch(session: Session, spec: dict[str, Any]) -> None:
    """Change the spec."""
    body = json.dumps({"spec": spec})
    session.cluster.kubectl("patch", "was", session.name, "-n", session.namespace, "--type=merge", "-p", body)
