"""The settings of one cluster, from flags and the environment, checked before anything is touched.

Why the name is short: the kernel gives a network device 15 bytes, and every device, chain and control group
of a cluster carries its name so that `down` can find them without trusting a file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from zlib import crc32

from localcluster.errors import UsageError

DEFAULT_NAME = "was"
DEFAULT_PORT = 6443
APPLICATION = Path("whatsapp-session-operator") / "localcluster"
NAME = re.compile(r"[a-z][a-z0-9]{0,8}")
# A unix socket's path ends at 107 bytes, and containerd's longest one adds this to the state folder's.
SOCKET_ROOM = 107 - len("/node99/containerd.sock.ttrpc")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`network` is the cluster's own /16: nodes, pods and services all lie inside it."""

    name: str
    state: Path
    cache: Path
    port: int
    network: IPv4Network


def settings(
    environ: Mapping[str, str], *, name: str | None = None, state: str | None = None, port: str | None = None
) -> Settings:
    """Flags win over LOCALCLUSTER_NAME, _STATE, _PORT and _NETWORK; raises UsageError naming the bad one."""
    name = name or environ.get("LOCALCLUSTER_NAME") or DEFAULT_NAME
    if not NAME.fullmatch(name):
        raise UsageError(
            f"the cluster's name {name!r} is not 1 to 9 characters a-z0-9 with a letter first",
            cure=f"LOCALCLUSTER_NAME={DEFAULT_NAME}",
        )
    folder = Path(state or environ.get("LOCALCLUSTER_STATE") or _home(environ, "STATE") / APPLICATION / name)
    folder = folder.expanduser().resolve()
    if len(str(folder).encode()) > SOCKET_ROOM:
        raise UsageError(
            f"the state folder {str(folder)!r} is longer than {SOCKET_ROOM} bytes, too long for its sockets",
            cure="LOCALCLUSTER_STATE=<a shorter folder>",
        )
    return Settings(
        name=name,
        state=folder,
        cache=(_home(environ, "CACHE") / APPLICATION).expanduser().resolve(),
        port=_port(port or environ.get("LOCALCLUSTER_PORT") or str(DEFAULT_PORT)),
        network=_network(environ.get("LOCALCLUSTER_NETWORK") or default_network(name)),
    )


def default_network(name: str) -> str:
    """10.100.0.0/16 to 10.227.0.0/16 by a hash of the name, so that two clusters seldom want the same."""
    return f"10.{100 + crc32(name.encode()) % 128}.0.0/16"


def _home(environ: Mapping[str, str], kind: str) -> Path:
    fallback = {"STATE": "~/.local/state", "CACHE": "~/.cache"}[kind]
    return Path(environ.get(f"XDG_{kind}_HOME") or fallback)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1024 <= int(text) <= 65535):
        raise UsageError(
            f"the API server's port {text!r} is not a number from 1024 to 65535",
            cure=f"LOCALCLUSTER_PORT={DEFAULT_PORT}",
        )
    return int(text)


def _network(text: str) -> IPv4Network:
    try:
        network = IPv4Network(text)
    except ValueError as error:
        raise UsageError(
            f"the cluster's network {text!r} is no IPv4 network: {error}", cure=NETWORK_CURE
        ) from None
    if network.prefixlen != 16:
        raise UsageError(f"the cluster's network {text!r} is not a /16", cure=NETWORK_CURE)
    return network


NETWORK_CURE = "LOCALCLUSTER_NETWORK=10.199.0.0/16 (any private /16 that this machine does not use)"
