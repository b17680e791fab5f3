"""Whether a webhook's server can be reached, without sending it anything: for ``storywatch doctor``.

::

    url ─▶ refuse_url ─▶ resolve ─▶ check_address ─▶ connect, TLS ─▶ close
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from alerts.channels.smtp import trust
from alerts.channels.words import plain
from news.guard import Network, check_address, refuse_url


async def reach_check(
    url: str,
    *,
    allowed: Sequence[Network],
    ca_file: Path | None,
    timeout: timedelta,  # noqa: ASYNC109 # one for all steps
) -> str | None:
    """Connect as for a webhook and send nothing; return None, or what is wrong, without the address's secrets."""
    refusal = refuse_url(url, allowed)
    if refusal is not None:
        return refusal
    parts = urlsplit(url)
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    try:
        async with asyncio.timeout(timeout.total_seconds()):
            tls = await asyncio.to_thread(trust, ca_file) if secure else None
            loop = asyncio.get_running_loop()
            found = [info[4][0] for info in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
            refusals = [check_address(str(address), allowed) for address in found]
            passed = [str(address) for address, refusal in zip(found, refusals, strict=True) if refusal is None]
            if not passed:
                return f"{host} resolves to an address that is not reached: {refusals[0]}"
            return await _connected(passed, host, port, tls)
    except TimeoutError:
        return f"{host}:{port} does not answer within {timeout.total_seconds():g} s"
    except socket.gaierror as error:
        return f"the name {host} does not resolve: {plain(error.strerror or error)}"
    except OSError as error:
        return f"the certificates in {ca_file} cannot be read: {plain(error.strerror or error)}"


async def _connected(addresses: Sequence[str], host: str, port: int, tls: ssl.SSLContext | None) -> str | None:
    """Connect to the first address that answers; return what was wrong with the last one if none does."""
    problem = None
    for address in addresses:
        try:
            _, writer = await asyncio.open_connection(address, port, ssl=tls, server_hostname=host if tls else None)
        except ssl.SSLCertVerificationError as error:
            return f"the certificate of {host} is not trusted: {plain(error.verify_message)}"
        except ssl.SSLError as error:
            return f"{host}:{port} does not speak TLS as expected: {plain(error.reason or error)}"
        except OSError as error:
            problem = f"no connection to {host}:{port}: {plain(error.strerror or error)}"
        else:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            return None
    return problem
