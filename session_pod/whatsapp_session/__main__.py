"""`whatsapp-session`: one WhatsApp session as a process, set up by its environment.

Exit codes: 0 asked to stop; 1 the browser is lost for good, or a bug: start it again; 2 a setting, or
something around the process, is wrong, and starting it again does not help.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from whatsapp_session import __version__, log, settings


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Run the command; the exit code."""
    parser = argparse.ArgumentParser(
        prog="whatsapp-session",
        description="One WhatsApp session: contract A over HTTP, a headless Chromium behind it.",
        epilog="settings, from the environment:\n\n" + settings.HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"whatsapp-session {__version__}")
    parser.parse_args(arguments)
    try:
        read = settings.read(environ)
    except settings.SettingsError as error:
        print(f"whatsapp-session: {error}", file=sys.stderr)
        return 2
    log.set_up(read.log_format, read.session_id)

    from whatsapp_session import process  # after the settings: what is wrong there is said at once

    try:
        return process.run(read)
    except process.CannotStart as error:
        print(f"whatsapp-session: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
