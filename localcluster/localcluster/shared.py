"""What all clusters of a machine share: IP forwarding, and the folders that nodes mount over.

Why apart: the first cluster sets these and the last one to go must put them back. Removing a folder that another
cluster's node has mounted over would silently unmount it there (the kernel allows it), so the order matters.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from localcluster.machine import run

# Lost at a reboot, as the setting is; empty folders may then stay.
RECORD = Path("/run/localcluster/before.json")
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


def claim(folders: Iterable[str]) -> None:
    """Switches forwarding on, makes the folders, and keeps how it was before the first cluster."""
    before = json.loads(RECORD.read_text()) if RECORD.exists() else {"ip_forward": FORWARDING.read_text(), "made": []}
    for path in folders:
        folder = Path(path)
        while not folder.exists():
            before["made"].append(str(folder))
            folder = folder.parent
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(json.dumps(before))
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
        try:
            os.rmdir(path)
        except OSError:
            pass  # somebody uses it now
    RECORD.unlink()
    RECORD.parent.rmdir()


def other_bridges() -> list[str]:
    found = json.loads(run(["ip", "-j", "link", "show", "type", "bridge"]))
    return [link["ifname"] for link in found if link["ifname"].startswith("lc-")]
