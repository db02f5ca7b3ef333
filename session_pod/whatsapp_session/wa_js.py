"""The wa-js bundle: fetched from npm by its lock, never committed, never changed.

Why fetched: it is other people's work, and what runs inside a person's WhatsApp must be the file that
npm's integrity hash names. `python -m whatsapp_session.wa_js` fetches it (again and again: it does
nothing when the right file is there); `bundle()` reads it at run time.
"""

from __future__ import annotations

import hashlib
import json
import sys
from importlib import resources
from pathlib import Path

from whatsapp_contracts.npm import BundleError, Lock, fetch

__all__ = ["BundleError", "bundle", "main", "read_lock"]

PACKAGE = Path(__file__).parent
TARGET = PACKAGE / "assets" / "wppconnect-wa.js"
FETCH_COMMAND = "python -m whatsapp_session.wa_js"


def read_lock() -> Lock:
    """The lock beside this module, `wa_js.lock.json`."""
    text = resources.files("whatsapp_session").joinpath("wa_js.lock.json").read_text("utf-8")
    return Lock(**json.loads(text))


def bundle() -> str:
    """The script to inject. Raises BundleError when it was not fetched or is not the locked file."""
    try:
        content = resources.files("whatsapp_session").joinpath("assets/wppconnect-wa.js").read_bytes()
    except FileNotFoundError:
        raise BundleError(f"the wa-js bundle is not installed. Run: {FETCH_COMMAND}") from None
    if hashlib.sha256(content).hexdigest() != read_lock().sha256:
        raise BundleError(f"the wa-js bundle is not the locked one ({TARGET}). Run: {FETCH_COMMAND}")
    return content.decode("utf-8")


def main() -> int:
    """`python -m whatsapp_session.wa_js`: 0 when the locked bundle is in its place, else 1 and one line."""
    lock = read_lock()
    try:
        fetched = fetch(lock, TARGET)
    except BundleError as error:
        print(f"whatsapp-session: {error}", file=sys.stderr)
        return 1
    print(f"{lock.name} {lock.version}: {'fetched, integrity checked' if fetched else 'already there'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
