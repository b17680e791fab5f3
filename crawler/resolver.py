"""The address guard at the moment of connecting: names to addresses, addresses to sockets.

::

    name ──GuardedResolver──▶ addresses ──guarded_socket──▶ socket
           bounded threads,     each one checked again, literals too
           bounded cache

A name is looked up in a thread, so the loop never waits for DNS. An answer that holds one guarded address is refused
as a whole: a public and a private address under one name is how DNS rebinding looks. The socket is made for exactly
the address that was checked, so nothing can change between the check and the connection.
"""

import asyncio
import socket
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from crawler.ports import Lookup, Network
from news.guard import check_address

#: seconds that an answer is used again, whatever its TTL: getaddrinfo does not tell it
ANSWER_LASTS = 60.0
#: seconds that a name which does not resolve is not asked again
FAILURE_LASTS = 10.0
#: names that are remembered
CACHE_SIZE = 2_048
#: names that are looked up at once
THREADS = 8


class GuardedAddressError(OSError):
    """An address that must not be reached; an OSError, since that is what connecting is allowed to raise."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the lookup of a name brought."""

    #: (family, address)
    addresses: tuple[tuple[int, str], ...]
    #: why there are none, or None
    error: OSError | None
    #: loop time
    expires: float


class GuardedResolver(AbstractResolver):
    """aiohttp's resolver: ``lookup`` in a few threads, remembered for a minute, every answer guarded."""

    def __init__(self, allowed: Sequence[Network], lookup: Lookup) -> None:
        self._allowed = allowed
        self._lookup = lookup
        self._cache: OrderedDict[str, _Answer] = OrderedDict()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name.

        Raises GuardedAddressError if one of them must not be reached, OSError if there is none.
        """
        answer = await self._answer(host, port)
        if answer.error is not None:
            raise answer.error
        for _, address in answer.addresses:
            if reason := check_address(address, self._allowed):
                raise GuardedAddressError(f"the name {host} leads to a guarded address: {reason}")
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for kind, address in answer.addresses
            if family in (socket.AF_UNSPEC, kind)
        ]

    async def _answer(self, host: str, port: int) -> _Answer:
        loop = asyncio.get_running_loop()
        known = self._cache.get(host)
        if known is not None and known.expires > loop.time():
            self._cache.move_to_end(host)
            return known
        failure: OSError | None = None
        addresses: tuple[tuple[int, str], ...] = ()
        try:
            found = await loop.run_in_executor(self._threads, self._lookup, host, port)
        except OSError as error:
            failure = error
        except UnicodeError as error:
            # getaddrinfo encodes names by IDNA and refuses labels that are empty or too long.
            failure = OSError(f"not a host name: {error}")
        else:
            addresses = tuple(dict.fromkeys((kind, address[0]) for kind, _, _, _, address in found))
            failure = None if addresses else OSError("the name has no address")
        answer = _Answer(addresses, failure, loop.time() + (FAILURE_LASTS if failure else ANSWER_LASTS))
        self._cache[host] = answer
        self._cache.move_to_end(host)
        while len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)
        return answer

    async def close(self) -> None:
        """Let the threads go; a lookup that hangs ends by the system's own time limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def guarded_socket(allowed: Sequence[Network]) -> Callable[[Any], socket.socket]:
    """Return a maker of sockets that refuses guarded addresses, for ``TCPConnector(socket_factory=…)``."""

    def make(address: Any) -> socket.socket:
        family, kind, protocol, _, place = address
        if reason := check_address(place[0], allowed):
            raise GuardedAddressError(reason)
        return socket.socket(family, kind, protocol)

    return make
