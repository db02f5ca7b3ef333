"""The command `localcluster`: reads arguments, calls one function, turns its failure into two lines and an
exit code.

Exit codes: 0 done (`status`: all is up), 1 failed, 2 called wrongly, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from localcluster import debian, images, record, status
from localcluster.build import build, missing
from localcluster.down import purge, say_down
from localcluster.errors import ClusterError, NotRunning, UsageError
from localcluster.modules import programs
from localcluster.plan import Plan, plan
from localcluster.processes import scan
from localcluster.progress import Progress
from localcluster.settings import Settings, settings
from localcluster.up import is_whole, up


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    # A terminated `up` must end like an interrupted one: children killed, locks freed.
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        chosen = settings(os.environ, name=arguments.name, state=arguments.state, port=arguments.port)
    except ClusterError as error:
        print(f"localcluster: {error}", file=sys.stderr)
        return error.exit_code
    try:
        command: Callable[[Settings, argparse.Namespace], int] = arguments.command
        return command(chosen, arguments)
    except ClusterError as error:
        print(f"localcluster: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(
            "localcluster: interrupted\ncure: localcluster up (starts afresh) or localcluster down",
            file=sys.stderr,
        )
        return 130
    except BrokenPipeError:
        return 1
    except OSError as error:  # a full disk, a read-only folder: the machine's failure, said in its words
        print(
            f"localcluster: {error}\ncure: df -h {chosen.state.parent}; ls -l {chosen.state}", file=sys.stderr
        )
        return 1


def _interrupted(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="localcluster", description="A real Kubernetes on this machine, without a container registry."
    )
    parser.add_argument("--name", help="the cluster's name, 1-9 of a-z0-9 (LOCALCLUSTER_NAME, default was)")
    parser.add_argument(
        "--state", help="the folder of its data (LOCALCLUSTER_STATE, default in ~/.local/state)"
    )
    parser.add_argument("--port", help="the API server's port (LOCALCLUSTER_PORT, default 6443)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(
        name: str, command: Callable[[Settings, argparse.Namespace], int], text: str
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        return sub

    add("up", _up, "start the cluster (build it first, once); a running one is left alone")
    one = add("down", _down, "end it and leave nothing on the machine; its data stays")
    one.add_argument("--purge", action="store_true", help="remove its data as well")
    add("status", _status, "a row for each part; exit code 0 only when all is up")
    one = add(
        "load", _load, "bring images into the nodes: names that docker knows, or archives of docker save"
    )
    one.add_argument("images", nargs="+", metavar="IMAGE")
    one = add("kubeconfig", _kubeconfig, "print the path of the kubeconfig file")
    one.add_argument("--raw", action="store_true", help="print its content instead")
    one = add("logs", _logs, "print a part's log (a name of `status`, or its beginning)")
    one.add_argument("part", metavar="PART")
    one.add_argument("-n", "--lines", type=int, default=100)
    one.add_argument("-f", "--follow", action="store_true")
    add("build", _build, "only build the programs")
    one = add("bin", _bin, "print the path of a built program, such as kubectl or helm")
    one.add_argument("program", metavar="NAME")
    return parser


def _up(chosen: Settings, arguments: argparse.Namespace) -> int:
    _root()
    progress = Progress()
    bins = _built(chosen, progress)
    debian.ensure(debian.RUN, progress, chosen.cache / "apt.log")
    with record.lock(chosen.state, progress):
        running = record.read(chosen)
        if is_whole(plan(running, bins)):
            _same_port(running, chosen)
            if record.bins(chosen.state) != bins:
                progress.say(
                    "it runs an earlier build; the new one comes with: localcluster down && localcluster up"
                )
            progress.say(f"cluster {chosen.name} is up already")
        else:
            record.write(chosen, bins)
            up(plan(chosen, bins), progress)
            progress.say(f"cluster {chosen.name} is up: export KUBECONFIG={plan(chosen, bins).kubeconfig}")
    return 0


def _same_port(running: Settings, chosen: Settings) -> None:
    if running.port != chosen.port or running.network != chosen.network:
        raise UsageError(
            f"cluster {chosen.name} runs on port {running.port} in {running.network}, "
            f"not on port {chosen.port} in {chosen.network}",
            cure="localcluster down, then up again",
        )


def _built(chosen: Settings, progress: Progress) -> dict[str, Path]:
    if any(module.cgo for module in missing(chosen.cache)):
        debian.ensure(debian.BUILD, progress, chosen.cache / "apt.log")
    return build(chosen.cache, progress)


def _down(chosen: Settings, arguments: argparse.Namespace) -> int:
    _root()
    progress = Progress()
    known = _known(chosen)
    if chosen.state.is_dir():
        with record.lock(chosen.state, progress):
            say_down(known, progress)
            if arguments.purge:
                purge(known)
                progress.say(f"removed {chosen.state}")
    else:
        say_down(known, progress)
    return 0


def _status(chosen: Settings, arguments: argparse.Namespace) -> int:
    _root()
    rows = status.look(_known(chosen))
    print(status.table(rows))
    return 0 if status.all_up(rows) else 1


def _load(chosen: Settings, arguments: argparse.Namespace) -> int:
    _root()
    known = _started(chosen)
    if not scan(known.state):
        raise NotRunning(f"cluster {chosen.name} is not running", cure="localcluster up")
    progress = Progress()
    for image in arguments.images:
        images.load(known, image, progress)
    return 0


def _kubeconfig(chosen: Settings, arguments: argparse.Namespace) -> int:
    file = _started(chosen).kubeconfig
    print(file.read_text() if arguments.raw else file)
    return 0


def _logs(chosen: Settings, arguments: argparse.Namespace) -> int:
    folder = _known(chosen).log("x").parent
    names = sorted(log.stem for log in folder.glob("*.log"))
    found = [name for name in names if name == arguments.part] or [
        name for name in names if name.startswith(arguments.part)
    ]
    if len(found) != 1:
        raise UsageError(
            f"{arguments.part!r} names {len(found) or 'none'} of the parts with a log",
            cure=f"localcluster logs {{{','.join(names)}}}" if names else "localcluster up",
        )
    follow = ["-F"] if arguments.follow else []
    return subprocess.run(
        ["tail", "-n", str(arguments.lines), *follow, str(folder / f"{found[0]}.log")]
    ).returncode


def _build(chosen: Settings, arguments: argparse.Namespace) -> int:
    progress = Progress()
    for folder in sorted({str(path.parent) for path in _built(chosen, progress).values()}):
        progress.say(f"built: {folder}")
    return 0


def _bin(chosen: Settings, arguments: argparse.Namespace) -> int:
    known = programs(chosen.cache)
    if arguments.program not in known:
        raise UsageError(
            f"{arguments.program!r} is no program of the cluster", cure=f"one of {', '.join(known)}"
        )
    path = known[arguments.program]
    if not path.exists():
        raise ClusterError(f"{arguments.program} is not built yet", cure="localcluster build")
    print(path)
    return 0


def _known(chosen: Settings) -> Plan:
    return plan(record.read(chosen), record.bins(chosen.state) or programs(chosen.cache))


def _started(chosen: Settings) -> Plan:
    known = _known(chosen)
    if not known.kubeconfig.exists():
        raise NotRunning(
            f"cluster {chosen.name} was never up ({known.kubeconfig} is missing)", cure="localcluster up"
        )
    return known


def _root() -> None:
    if os.geteuid() != 0:
        raise ClusterError(
            "this needs root: namespaces, mounts and firewall rules are made", cure="sudo localcluster …"
        )
