"""The base of every image: Debian's own where a registry answers, else the same thing made by debootstrap.

Why: the Dockerfiles take `BASE_IMAGE` and must build unchanged with and without a container registry.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from whatsapp_tools.docker_engine import client
from whatsapp_tools.terminal import run, step

DEFAULT = "debian:bookworm-slim"
MADE = "localhost/debian:bookworm-slim"
SUITE = "bookworm"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PULL_SECONDS = 60


def archives(sources: str) -> tuple[str | None, str | None]:
    """The machine's own Debian archive and its security archive, from the text of its apt sources.

    Both the one-line and the deb822 form are read; None stands for one that is not named.
    """
    main = security = None
    for url in re.findall(r"https?://[^\s\]]+", sources):
        if re.search(r"/debian-security/?$", url):
            security = security or url.rstrip("/")
        elif re.search(r"/debian/?$", url) and "snapshot" not in url:
            main = main or url.rstrip("/")
    return main, security


def sources_list(main: str, security: str) -> str:
    """The image's apt sources: with `main` alone the archive's Chromium is months behind."""
    return f"deb {main} {SUITE} main\ndeb {main} {SUITE}-updates main\ndeb {security} {SUITE}-security main\n"


def _own_sources() -> str:
    files = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    lines = "\n".join(path.read_text() for path in files if path.is_file()).splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


def certificates(bundle: str) -> list[str]:
    """The certificates of a PEM bundle, each as its own text with a final newline."""
    found = re.findall(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", bundle, re.DOTALL)
    return [f"{text}\n" for text in found]


def _trust_what_the_machine_trusts(root: Path) -> None:
    """Add the machine's own authorities (a company's proxy, say) in a way that outlives upgrades."""
    known = set(certificates((root / "etc/ssl/certs/ca-certificates.crt").read_text()))
    own = [text for text in certificates(CERTIFICATES.read_text()) if text not in known]
    folder = root / "usr/local/share/ca-certificates"
    for number, text in enumerate(own):
        (folder / f"machine-{number}.crt").write_text(text)
    run(["chroot", str(root), "update-ca-certificates"])


def ensure(env: dict[str, str]) -> str:
    """The name of a base image that this engine has; made when it can be neither found nor pulled."""
    docker = client()
    for name in (DEFAULT, MADE):
        if subprocess.run([docker, "image", "inspect", name], env=env, capture_output=True).returncode == 0:
            return name
    try:
        pulled = subprocess.run([docker, "pull", DEFAULT], env=env, capture_output=True, timeout=PULL_SECONDS)
        if pulled.returncode == 0:
            return DEFAULT
    except subprocess.TimeoutExpired:
        pass
    with step(f"Base image by debootstrap ({SUITE}: no registry answers)"):
        run([str(Path(__file__).parents[1] / "ensure-packages"), "debootstrap", "ca-certificates"])
        main, security = archives(_own_sources())
        with tempfile.TemporaryDirectory(prefix="whatsapp-base-") as folder:
            root = Path(folder) / "root"
            command = ["debootstrap", "--variant=minbase", "--include=ca-certificates", SUITE, str(root)]
            run([*command, main] if main else command, log=Path(folder) / "debootstrap.log")
            # The archive that debootstrap used by default is the one it wrote down.
            main = main or archives((root / "etc/apt/sources.list").read_text())[0] or ""
            security = security or f"{main}-security"
            (root / "etc/apt/sources.list").write_text(sources_list(main, security))
            _trust_what_the_machine_trusts(root)
            for stale in (
                *(root / "var/cache/apt/archives").glob("*.deb"),
                *(root / "var/lib/apt/lists").glob("*_*"),
            ):
                stale.unlink()
            archive = Path(folder) / "root.tar"
            run(["tar", "-C", str(root), "-cf", str(archive), "."])
            run([docker, "import", str(archive), MADE], env=env)
    return MADE
