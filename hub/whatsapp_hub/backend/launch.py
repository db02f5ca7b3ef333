"""What a session's process begins as: it asks to end with the hub, then becomes the session.

Why: a hub that is killed cannot end its sessions, and the next one could not start them on logins that are in
use. Linux ends them in order instead (SIGTERM, so that each browser writes its profile).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Arguments: the hub's process id, then the command to become."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):  # it ended before we asked
            sys.exit(0)
    os.execv(command[0], command)  # noqa: S606 - no shell is meant


if __name__ == "__main__":
    main()
