"""What all clusters of a machine share: IP forwarding, and the folders that nodes mount over.

Why apart: the first cluster sets these and the last one to go must put them back. Removing a folder that
another cluster's node has mounted over would silently unmount it there (the kernel allows it), so the order
matters.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from localcluster.machine import run

# Lost at a reboot, as the setting is; empty folders may then stay.
RECORD = Path("/run/localcluster/before.json")
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


def claim(folders: Iterable[str]) -> None:
    """Switches forwarding on, makes the folders, and keeps how it was before the first cluster."""
    made: list[str] = []
    forwarding = FORWARDING.read_text()
    if RECORD.exists():
        before = json.loads(RECORD.read_text())
        made, forwarding = before["made"], before["ip_forward"]
    for path in folders:
        folder = Path(path)
        while not folder.exists():
            made.append(str(folder))
            folder = folder.parent
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(json.dumps({"ip_forward": forwarding, "made": made}))
    for path in folders:
        Path(path).mkdir(parents=True, exist_ok=True)
    FORWARDING.write_text("1\n")


def release() -> None:
    """Puts back how it was, if no cluster's bridge is left on the machine."""
    if not RECORD.exists() or other_bridges():
        return
    before = json.loads(RECORD.read_text())
    FORWARDING.write_text(before["ip_forward"])
    for path in sorted(before["made"], reverse=True):
        with suppress(OSError):  # somebody may use it now
            Path(path).rmdir()
    RECORD.unlink()
    RECORD.parent.rmdir()


def other_bridges() -> list[str]:
    found = json.loads(run(["ip", "-j", "link", "show", "type", "bridge"]))
    return [link["ifname"] for link in found if link["ifname"].startswith("lc-")]
