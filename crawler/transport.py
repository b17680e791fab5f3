"""Scrapy's download of http and https, over aiohttp: guarded, bounded, verified.

::

    Request ──session (resolver, socket guard, TLS)──▶ status, headers ──read, decompress, count──▶ Response
                                                                        └──▶ a FetchError that names what happened

A handler of our own in ``DOWNLOAD_HANDLERS``, because Scrapy's keep idle sockets for minutes, decompress only after
the whole body came, and check no address; at half their cost (``docs/adr/0005``). It follows no redirect and keeps no
cookie.
"""

import ssl
import zlib
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import ClientResponse, ClientSession, ClientTimeout, TCPConnector
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response

from crawler.ports import Reach, reach_of
from crawler.resolver import GuardedAddressError, GuardedResolver, guarded_socket
from news.errors import ConfigError, FetchError, GuardedError, HardError, TemporaryError

#: seconds that an idle connection is kept: long enough for a site's next feed, short enough for few open files
IDLE = 15.0
#: the low bits of the first byte of zlib's format (RFC 1950, section 2.2)
ZLIB = 8
#: parts of a gzip body that are unpacked; one is usual, and each costs a copy of what stands behind it
MEMBERS = 100
#: stands in for the guard where a proxy is used
EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
#: bytes of the status line, and of one header
LINE_LIMIT = 16_384


class Transport:
    """Downloads one request; named in ``DOWNLOAD_HANDLERS``."""

    #: built with the first request: nothing is opened that is not used
    lazy = True

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._session = _session(reach)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way of building a component."""
        return cls(reach_of(crawler))

    async def download_request(self, request: Request) -> Response:
        """Return the response, whatever its status.

        Raises GuardedError for a guarded address, HardError for what will not change soon (a certificate, a body above
        the limit), TemporaryError for everything else that kept the response from coming.
        """
        limits = self._reach.limits
        host = request.url.split("/", 3)[2].rpartition("@")[2]
        try:
            async with self._session.request(
                request.method,
                request.url,
                headers=_plain_headers(request.headers),
                allow_redirects=False,
                proxy=limits.proxy,
            ) as response:
                limit: int = request.meta.get("max_size", limits.max_size)
                body = await _body(response, limit, cut="max_size" in request.meta)
                return Response(
                    request.url,
                    status=response.status,
                    headers=Headers(response.raw_headers),
                    body=body,
                    request=request,
                )
        except FetchError:
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _explained(error, host, limits.timeout.total_seconds()) from error

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()


def _session(reach: Reach) -> ClientSession:
    """Return the one session, with the guard where its sockets are made."""
    limits = reach.limits
    # Through a proxy the only socket goes to the proxy, which the operator chose, in whatever network it is; names are
    # resolved there, and literal addresses are refused before (crawler.middlewares).
    allowed = EVERYWHERE if limits.proxy else reach.allowed
    connector = TCPConnector(
        resolver=GuardedResolver(allowed, reach.lookup),
        use_dns_cache=False,
        ssl=verifying_tls(limits.ca_file),
        # Beyond the sites that are worked on only their redirects need a connection.
        limit=limits.sites_at_once * limits.per_site * 2,
        keepalive_timeout=IDLE,
        socket_factory=guarded_socket(allowed),
    )
    return ClientSession(
        connector=connector,
        connector_owner=True,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=ClientTimeout(total=limits.timeout.total_seconds()),
        skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
        max_line_size=LINE_LIMIT,
        max_field_size=LINE_LIMIT,
    )


def verifying_tls(ca_file: Path | None) -> ssl.SSLContext:
    """Return verifying TLS: the system's authorities, and the operator's own beside them.

    Raises ConfigError for a file that cannot be used.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            problem = f"fetch.ca_file: {ca_file} cannot be used ({_words(error)}); accepted are certificates in PEM"
            raise ConfigError([problem]) from error
    return context


def _plain_headers(headers: Headers) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values]


async def _body(response: ClientResponse, limit: int, *, cut: bool) -> bytes:
    """Read at most ``limit`` bytes, as sent and as unpacked; beyond it ``cut`` what came, or raise HardError."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    unpacked = Unpacked(encoding, limit)
    received = 0
    while chunk := await response.content.readany():
        received += len(chunk)
        unpacked.feed(chunk)
        if received > limit or unpacked.full:
            if not cut:
                raise HardError(f"the answer is larger than {limit:,} bytes (fetch.max_size)")
            response.close()
            return unpacked.take(limit)
    unpacked.end()
    return unpacked.take(limit)


class Unpacked:
    """A body while it comes in, decompressed as far as ``limit`` and one byte more."""

    def __init__(self, encoding: str, limit: int) -> None:
        self._gzip = encoding in ("gzip", "x-gzip")
        self._deflate = encoding == "deflate"
        if not (self._gzip or self._deflate or encoding in ("identity", "")):
            raise HardError(f"the answer comes in the encoding {encoding[:40]!r}, which was not asked for")
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0
        self._stream: Any = zlib.decompressobj(16 + zlib.MAX_WBITS) if self._gzip else None
        self._begun = False
        self._members = 1

    @property
    def full(self) -> bool:
        """Whether there is more than the limit."""
        return self._size > self._limit

    def feed(self, chunk: bytes) -> None:
        """Take what came in; what would go beyond the limit is never unpacked."""
        if not (self._gzip or self._deflate):
            self._add(chunk)
            return
        self._begun = True
        if self._stream is None:
            # RFC 9110 means zlib's format by "deflate"; some servers send the raw stream.
            self._stream = zlib.decompressobj(zlib.MAX_WBITS if chunk[0] & 0x0F == ZLIB else -zlib.MAX_WBITS)
        try:
            while chunk and not self.full:
                self._add(self._stream.decompress(chunk, self._limit - self._size + 1))
                chunk = self._stream.unconsumed_tail
                if self._stream.eof:
                    chunk = self._next_member()
        except zlib.error as error:
            raise TemporaryError(f"the answer's compression is damaged ({error})") from error

    def end(self) -> None:
        """Take note that nothing more comes. Raises TemporaryError where the compressed stream is not at its end."""
        if self._begun and not self._stream.eof:
            raise TemporaryError("the answer ends in the middle of its compressed body")

    def take(self, limit: int) -> bytes:
        """Return the body, at most ``limit`` bytes of it."""
        return b"".join(self._parts)[:limit]

    def _add(self, part: bytes) -> None:
        self._parts.append(part)
        self._size += len(part)

    def _next_member(self) -> bytes:
        """Return what begins another gzip member (RFC 1952, section 2.2); anything else after the end is padding."""
        rest: bytes = self._stream.unused_data
        if not (self._gzip and rest.startswith(b"\x1f\x8b")):
            return b""
        self._members += 1
        if self._members > MEMBERS:
            raise HardError(f"the answer's compressed body has more than {MEMBERS} parts")
        self._stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
        return rest


def _explained(error: Exception, host: str, seconds: float) -> FetchError:
    """Return what happened as an error of ours, in a sentence for the operator."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    match error:
        case _ if isinstance(cause, GuardedAddressError):
            return GuardedError(str(cause))
        case aiohttp.ClientConnectorDNSError():
            return TemporaryError(f"the name {error.host} does not resolve ({_words(cause)}); check the address")
        case aiohttp.ClientConnectorCertificateError():
            return HardError(
                f"the certificate of {host} cannot be trusted ({_words(error.certificate_error)}); "
                "an authority of your own goes into fetch.ca_file"
            )
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
            return TemporaryError(f"the proxy does not let us through to {host} ({_words(error)}); check fetch.proxy")
        case aiohttp.ClientConnectorError():
            return TemporaryError(f"{host} cannot be connected to ({_words(cause)})")
        case TimeoutError():
            return TemporaryError(f"{host} did not answer completely within {seconds:g} s (fetch.timeout)")
        case aiohttp.ClientResponseError():
            return TemporaryError(f"{host} answers with something that is not HTTP ({_words(error)})")
        case aiohttp.InvalidURL() | ValueError():
            return HardError(f"the address cannot be requested ({_words(error)})")
    return TemporaryError(f"{host} broke the connection off ({_words(error)})")


def _words(error: BaseException) -> str:
    """Return an error's own words on one line, without what fills a log."""
    text = getattr(error, "strerror", None) or getattr(error, "message", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:200]
