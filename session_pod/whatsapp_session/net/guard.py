"""Where a URL that somebody else wrote may lead: public addresses, and what `ALLOWED_NETWORKS` names.

Why: whoever may set a webhook or send a media URL must not thereby reach the cluster's API, a cloud's
metadata service or the pod beside. A name is judged by the addresses that are connected to, not by an earlier
look-up: a second answer of the same DNS server may be another one.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Lookup = Callable[[str, int, int], Awaitable[list[str]]]
"""Host, port and address family in, addresses out; raises OSError."""

LOOKUPS = 8
"""Look-ups at once: a DNS server that hangs must not take every thread."""
GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
"""The only part of IPv6 that is routed between networks."""
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""How a cluster without IPv4 reaches IPv4; what counts is the address inside."""
SPECIAL = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",  # protocol assignments; `ipaddress` calls some of them global
        "192.88.99.0/24",  # 6to4 relays
        "3fff::/20",  # documentation, younger than Python 3.11
    )
)
HOST = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
LOOPBACKS = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))


class ForbiddenAddress(Exception):
    """The URL leads where it must not, or is not one that is followed; the text says why, and the cure."""


class Guard:
    """Judges URLs and addresses, and makes the HTTP client that cannot go elsewhere."""

    def __init__(self, allowed: Sequence[str] = (), *, lookup: Lookup | None = None) -> None:
        """`allowed`: networks in CIDR form, and host names, which may then resolve to anything.

        Raises ValueError that names the wrong entry. `lookup` stands in for DNS.
        """
        self._networks: list[Network] = []
        self._hosts: set[str] = set()
        self._lent: frozenset[str] = frozenset()
        self._lookup = lookup or _Dns()
        for entry in filter(None, (each.strip().lower() for each in allowed)):
            try:
                self._networks.append(ipaddress.ip_network(entry, strict=False))
                continue
            except ValueError:
                host = _bare(entry)
            if not HOST.fullmatch(host) or _numeric(host):
                raise ValueError(f"{entry!r} is not a network in CIDR form or a host name")
            self._hosts.add(host)

    def lend(self, hosts: Sequence[str]) -> bool:
        """Let these hosts resolve to anything too, in place of those lent before; True when others are."""
        lent = frozenset(map(_bare, hosts))
        changed, self._lent = lent != self._lent, lent
        return changed

    def check(self, url: str | URL) -> None:
        """Raise ForbiddenAddress for what is wrong without DNS: scheme, user, spelling, literal address."""
        try:
            parts = URL(url)
            host, port = _bare(parts.raw_host or ""), parts.port
        except (ValueError, TypeError, UnicodeError):
            raise ForbiddenAddress("the URL cannot be read. Correct it.") from None
        if parts.scheme not in {"http", "https"}:
            raise ForbiddenAddress("the URL is not http or https. Correct it.")
        if parts.raw_user is not None or parts.raw_password is not None:
            raise ForbiddenAddress("the URL has a user or password in it. Remove them.")
        if not host or not port:
            raise ForbiddenAddress("the URL names no host, or port 0. Correct it.")
        if self._named(host):
            return
        if "%" in host:
            raise ForbiddenAddress("the URL's address has a zone. Remove it.")
        if host == "localhost" or host.endswith(".localhost"):
            if not any(map(self.reaches, LOOPBACKS)):
                raise ForbiddenAddress(_refusal(host))
            return
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            if ":" in host or _numeric(host):
                raise ForbiddenAddress("the URL's host is an oddly spelt address. Correct it.") from None
            if not HOST.fullmatch(host):
                raise ForbiddenAddress("the URL's host is no host name. Correct it.") from None
            return
        if not self.reaches(address):
            raise ForbiddenAddress(_refusal(host))

    def reaches(self, address: Address) -> bool:
        """Whether this address may be connected to."""
        inner = address
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            inner = address.ipv4_mapped
        return public(address) or any(
            each in network for network in self._networks for each in (address, inner)
        )

    async def addresses(self, host: str, port: int, family: int = socket.AF_UNSPEC) -> list[str]:
        """The addresses of `host` that may be connected to; ForbiddenAddress for none, OSError of DNS."""
        found = await self._lookup(host, port, family)
        if self._named(_bare(host)):
            return found
        kept = [text for text in found if "%" not in text and self.reaches(ipaddress.ip_address(text))]
        if found and not kept:
            raise ForbiddenAddress(_refusal(host))
        return kept

    def _named(self, host: str) -> bool:
        return host in self._hosts or host in self._lent

    def client(self, **options: Any) -> aiohttp.ClientSession:
        """An HTTP client that checks each request, redirects too, and the address of each connection.

        It uses no proxy of the environment and keeps no cookies. `limit` and `limit_per_host` are of
        connections; everything else is `aiohttp.ClientSession`'s. Callers say `allow_redirects=False`.
        """
        connector = aiohttp.TCPConnector(
            resolver=_Resolver(self),
            limit=options.pop("limit", 100),
            limit_per_host=options.pop("limit_per_host", 0),
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            middlewares=(self._each,),
            **options,
        )

    async def _each(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        self.check(request.url)
        return await handler(request)


def public(address: Address) -> bool:
    """Whether the whole internet can reach it: neither special, nor an IPv6 form around a special IPv4."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inside(address)
        if inner is not None:
            return public(inner)
        if address not in GLOBAL_V6 or address.teredo:
            return False
    return (
        address.is_global
        and not (address.is_multicast or address.is_reserved or address.is_private or address.is_unspecified)
        and not any(address in network for network in SPECIAL)
    )


def _inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to, for a mapped, 6to4 or NAT64 one."""
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _bare(host: str) -> str:
    return host.lower().removesuffix(".")


def _numeric(host: str) -> bool:
    """Whether the C library may read it as an IPv4 address: `127.1`, `0x7f000001`, `2130706433`."""
    last = host.rpartition(".")[2]
    return last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last) is not None


def _refusal(host: str) -> str:
    return (
        f"{host} is a loopback, private or otherwise reserved address. "
        "To allow it, name it or its network in ALLOWED_NETWORKS."
    )


class _Resolver(AbstractResolver):
    """aiohttp's door to DNS: it connects to exactly these addresses."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in await self._guard.addresses(host, port, family)
        ]

    async def close(self) -> None:
        """Nothing is held."""


class _Dns:
    """The system's DNS in threads of its own: the loop's threads write the journal and must stay free, and
    a look-up that hangs must not hold up the end of the process."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(LOOKUPS)

    async def __call__(self, host: str, port: int, family: int) -> list[str]:
        await self._turns.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[str]] = loop.create_future()

        def done(found: list[str] | None, error: Exception | None) -> None:
            self._turns.release()
            if answer.done():
                return
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(found or [])

        def ask() -> None:
            found: list[str] | None = None
            failed: Exception | None = None
            try:
                infos = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
                found = list(dict.fromkeys(str(info[4][0]) for info in infos))
            except (OSError, UnicodeError) as error:
                failed = error if isinstance(error, OSError) else OSError(f"{host} is not a host name")
            if not loop.is_closed():
                loop.call_soon_threadsafe(done, found, failed)

        threading.Thread(target=ask, name="dns", daemon=True).start()
        return await answer
