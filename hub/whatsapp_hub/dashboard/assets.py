"""htmx and its server-sent events: fetched from npm by their lock, never committed, never changed.

`python -m whatsapp_hub.dashboard.assets` fetches them (and does nothing when the right files are there).
Without them the pages still work, but show what is new only when they are loaded again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from whatsapp_contracts.npm import BundleError, Lock, fetch, present

FOLDER = Path(__file__).parent / "static" / "vendor"
FETCH_COMMAND = "python -m whatsapp_hub.dashboard.assets"


def read_lock() -> Mapping[str, Lock]:
    """The locks beside this module, by the name of the file under `static/vendor`."""
    text = resources.files("whatsapp_hub.dashboard").joinpath("assets.lock.json").read_text("utf-8")
    locks = [Lock(**each) for each in json.loads(text)]
    return {lock.file.rpartition("/")[2]: lock for lock in locks}


def missing(folder: Path = FOLDER) -> list[str]:
    """Files that are not there, or are not the locked ones: they are not served."""
    return [name for name, lock in read_lock().items() if not present(lock, folder / name)]


def main() -> int:
    """0 when every locked file is in its place, else 1 and one line."""
    for name, lock in read_lock().items():
        try:
            fetched = fetch(lock, FOLDER / name)
        except BundleError as error:
            print(f"whatsapp-hub: {error}", file=sys.stderr)
            return 1
        print(f"{lock.name} {lock.version}: {'fetched, integrity checked' if fetched else 'already there'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
