"""The address guard at aiohttp's connections: nothing is connected to that ``news.guard`` has not passed.

::

    name ─▶ GuardedResolver ─▶ addresses that may be reached ─┐
    literal address ──────────────────────────────────────────┴─▶ guarded socket ─▶ connect

The resolver names what it refuses. The socket is the last gate, at the very address that is connected to, so that
neither a literal in any spelling nor a name that resolves differently the next time gets past.
"""

import socket
import ssl
from collections.abc import Callable, Sequence

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from news.errors import GuardedError
from news.guard import Network, check_address

#: what aiohttp hands to a socket factory: family, type, protocol, canonical name, address
_AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]


class GuardedAddressError(OSError):
    """The socket's own refusal; an OSError, since aiohttp passes on only those from here."""


class GuardedResolver(AbstractResolver):
    """Resolves names to addresses that may be reached. Raises GuardedError where there is none."""

    def __init__(self, allowed: Sequence[Network], inner: AbstractResolver | None = None) -> None:
        self._allowed = tuple(allowed)
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name, without those that are guarded."""
        found = await self._inner.resolve(host, port, family)
        refusals = [check_address(result["host"], self._allowed) for result in found]
        passed = [result for result, refusal in zip(found, refusals, strict=True) if refusal is None]
        if found and not passed:
            raise GuardedError(f"{host} resolves to an address that is not reached: {refusals[0]}")
        return passed

    async def close(self) -> None:
        """Release the inner resolver."""
        await self._inner.close()


def guarded_connector(
    allowed: Sequence[Network], tls: ssl.SSLContext, resolver: AbstractResolver | None = None
) -> aiohttp.TCPConnector:
    """Return a connector that reaches only what may be reached, a new connection for each request.

    A kept connection may have been closed by the other side just when a request goes out on it, and a POST cannot
    tell that from a request that was worked on.
    """
    return aiohttp.TCPConnector(
        resolver=GuardedResolver(allowed, resolver),
        use_dns_cache=False,
        ssl=tls,
        force_close=True,
        socket_factory=_guarded_sockets(allowed),
    )


def _guarded_sockets(allowed: Sequence[Network]) -> Callable[[_AddrInfo], socket.socket]:
    def make(address: _AddrInfo) -> socket.socket:
        family, kind, protocol, _, peer = address
        refusal = check_address(str(peer[0]), allowed)
        if refusal is not None:
            raise GuardedAddressError(refusal)
        return socket.socket(family, kind, protocol)

    return make
