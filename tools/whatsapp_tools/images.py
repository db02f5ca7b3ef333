"""Build the images and keep each as an archive: `python -m whatsapp_tools.images [--only NAME]`.

Why archives: `localcluster load` and `kind load image-archive` both take them, and the engine
need not run afterwards. An image that did not change is not written again. With `IMAGE_PREFIX`
(registry.example.com/team) the images carry that name and are pushed, for a cluster of your own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from whatsapp_contracts import __version__
from whatsapp_tools import base_image
from whatsapp_tools.docker_engine import client, engine
from whatsapp_tools.terminal import ToolError, fail, run, step

ROOT = Path(__file__).parents[2]
ARCHIVES = ROOT / "build" / "images"
LOCAL = "localhost"
INPUTS = {
    "operator": ("operator/whatsapp_operator", "contracts"),
    "hub": ("hub/whatsapp_hub", "contracts"),
    "session": ("session_pod/whatsapp_session", "contracts"),
    "postgresql": (),
    "simulator": ("simulator/whatsapp_simulator", "contracts"),
}


def image_name(service: str, tag: str = __version__) -> str:
    """A service's image under `IMAGE_PREFIX`, or a local name that no registry answers for."""
    return f"{published_under() or LOCAL}/whatsapp-{service}:{tag}"


def published_under() -> str:
    """`IMAGE_PREFIX`: the registry and path to push to; empty for images that stay on this machine."""
    return os.environ.get("IMAGE_PREFIX", "").rstrip("/")


def archive_of(name: str) -> Path:
    """Where an image's archive is kept."""
    return ARCHIVES / (name.split("/")[-1].replace(":", "-") + ".tar")


def built_id(name: str) -> str:
    """The id of the image in the archive, or an empty text when none was built here.

    Why: between releases an image changes under the same name, and what runs it must notice.
    """
    stamp = archive_of(name).with_suffix(".id")
    return stamp.read_text().strip().removeprefix("sha256:")[:16] if stamp.exists() else ""


def inputs(service: str) -> list[str]:
    """What an image is made of beside its Dockerfile; one of Debian's packages alone has no lock of ours."""
    sources = INPUTS[service]
    return [*sources, f"requirements/{service}.txt"] if sources else []


def revision(service: str) -> str:
    """The last commit that touched what the image is made of, so that other commits change nothing."""
    paths = [*inputs(service), f"Dockerfile.{service}"]
    git = ["git", "-C", str(ROOT)]
    done = subprocess.run([*git, "log", "-1", "--format=%H", "--", *paths], capture_output=True, text=True)
    if done.returncode != 0 or not done.stdout.strip():
        return "unknown"
    changed = subprocess.run(
        [*git, "status", "--porcelain", "--", *paths], capture_output=True, text=True, check=True
    )
    return done.stdout.strip() + ("-dirty" if changed.stdout else "")


def week(today: date) -> str:
    """The ISO week: how long the layer cache may keep Debian's packages, Chromium among them."""
    year, number, _ = today.isocalendar()
    return f"{year}-W{number:02}"


def _package_mirror() -> list[str]:
    found = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True
    )
    return [f"--build-arg=PIP_INDEX_URL={found.stdout.strip()}"] if found.returncode == 0 else []


def build(
    service: str, *, base: str, env: dict[str, str], context: Path = ROOT, name: str | None = None
) -> Path:
    """Build one image and return its archive; `context` and `name` let a test build a changed copy."""
    name = name or image_name(service)
    archive = archive_of(name)
    stamp = archive.with_suffix(".id")
    with step(f"Image {name}"):
        run(
            [
                client(),
                "build",
                "--network=host",
                "--progress=plain",
                f"--build-arg=BASE_IMAGE={base}",
                f"--build-arg=VERSION={__version__}",
                f"--build-arg=REVISION={revision(service)}",
                f"--build-arg=PACKAGES_AS_OF={week(date.today())}",
                *_package_mirror(),
                "--file",
                str(context / f"Dockerfile.{service}"),
                "--tag",
                name,
                str(context),
            ],
            env=env,
            log=ROOT / "build" / "logs" / f"image-{service}.log",
        )
        image_id = run([client(), "image", "inspect", "--format={{.Id}}", name], env=env).strip()
        if not (archive.exists() and stamp.exists() and stamp.read_text() == image_id):
            archive.parent.mkdir(parents=True, exist_ok=True)
            stamp.unlink(missing_ok=True)
            partial = archive.with_suffix(".part")
            run([client(), "save", "--output", str(partial), name], env=env)
            partial.rename(archive)
            stamp.write_text(image_id)
    if published_under():
        with step(f"Push {name}"):
            run([client(), "push", "--quiet", name], env=env, cure="Log in first: docker login REGISTRY")
    return archive


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m whatsapp_tools.images", description=__doc__.splitlines()[0] if __doc__ else None
    )
    parser.add_argument("--only", choices=sorted(INPUTS), action="append", help="build just this image")
    chosen = parser.parse_args(argv).only or list(INPUTS)
    try:
        with engine() as env:
            base = base_image.ensure(env)
            for service in chosen:
                archive = build(service, base=base, env=env)
                print(f"  {archive.relative_to(ROOT)}: {archive.stat().st_size / 1e6:.0f} MB")
    except ToolError as error:
        return fail(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
