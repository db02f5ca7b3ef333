"""Builds the pinned modules into the cache, each once.

Why a folder beside the checkout's: a cold build takes a quarter of an hour, and every clone and branch with
the same pins can share it. A module's programs appear together by one rename, so an interrupted build leaves
nothing half; a lock makes a second build wait for the first and then find its work done.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localcluster.errors import ClusterError
from localcluster.gotool import find_go
from localcluster.modules import MODULES, MODULES_FOLDER, Module, build_command, cache_folder, programs
from localcluster.progress import Progress, last_lines, run_long


def missing(cache: Path, folder: Path = MODULES_FOLDER) -> list[Module]:
    """The modules that are not in the cache."""
    return [module for module in MODULES if not cache_folder(module, cache, folder).is_dir()]


def build(cache: Path, progress: Progress, folder: Path = MODULES_FOLDER) -> dict[str, Path]:
    """Builds what is missing; gives every program's file. A ClusterError shows the compiler's last lines."""
    todo = missing(cache, folder)
    if todo:
        go = find_go(cache, progress)
        minutes = sum(module.minutes for module in todo)
        names = ", ".join(module.name for module in todo)
        progress.say(f"building {names} with {go}: about {minutes:g} minutes on two cores, once")
        cache.mkdir(parents=True, exist_ok=True)
        for module in todo:
            _build_module(module, cache, folder, go, progress)
    return programs(cache, folder)


def _build_module(module: Module, cache: Path, folder: Path, go: str, progress: Progress) -> None:
    done = cache_folder(module, cache, folder)
    with _lock(cache / f".{done.name}.lock", module, progress):
        if done.is_dir():
            return
        for stale in cache.glob(f".{done.name}.building-*"):
            shutil.rmtree(stale)
        half = cache / f".{done.name}.building-{os.getpid()}"
        half.mkdir()
        try:
            go_mod = (folder / module.name / "go.mod").read_text()
            for program, package in module.programs.items():
                out = half / program
                with progress.step(f"built {module.name}: {program}"):
                    _compile(
                        module,
                        build_command(module, go_mod, go=go, package=package, out=out),
                        folder,
                        progress,
                    )
            (half / "build.log").unlink(missing_ok=True)
            half.rename(done)
        finally:
            shutil.rmtree(half, ignore_errors=True)


def _compile(module: Module, command: list[str], folder: Path, progress: Progress) -> None:
    out = Path(command[command.index("-o") + 1])
    log = out.parent / "build.log"
    code = run_long(
        command,
        what=f"{module.name}: {out.name}",
        progress=progress,
        log=log,
        cwd=folder / module.name,
        env=go_environment(dict(os.environ), cgo=module.cgo),
    )
    if code != 0:
        raise ClusterError(
            f"building {out.name} of modules/{module.name} failed with exit code {code}",
            detail=last_lines(log, 15),
            cure="read the lines above (no network? disk full?), then: localcluster build",
        )


def go_environment(environ: dict[str, str], *, cgo: bool) -> dict[str, str]:
    """The person's own proxy and caches, but none of the flags that would change what is built."""
    kept = {
        key: value for key, value in environ.items() if key not in ("GOFLAGS", "GOOS", "GOARCH", "GOROOT")
    }
    return {**kept, "CGO_ENABLED": "1" if cgo else "0", "GOWORK": "off", "GOFLAGS": ""}


@contextmanager
def _lock(file: Path, module: Module, progress: Progress) -> Iterator[None]:
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say(f"waiting for another build of {module.name}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
