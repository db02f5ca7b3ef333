"""Package the Helm chart: `python -m whatsapp_tools.chart [--destination FOLDER]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from whatsapp_tools.cluster import ROOT, program
from whatsapp_tools.product import CHART
from whatsapp_tools.terminal import ToolError, fail, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chart", description="Package the Helm chart.")
    parser.add_argument("--destination", type=Path, default=ROOT / "dist", help="default: dist")
    destination = parser.parse_args().destination
    try:
        helm = program("helm")
        print(run([helm, "package", str(CHART), "--destination", str(destination)]).strip())
    except ToolError as error:
        return fail(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
