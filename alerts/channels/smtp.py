"""What is configured about the mail server, and what follows from it without asking the server."""

import ipaddress
import socket
import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parseaddr
from enum import StrEnum
from pathlib import Path


class SmtpSecurity(StrEnum):
    """How the connection is protected."""

    #: plain at first, then STARTTLS, without which nothing is sent
    STARTTLS = "starttls"
    #: TLS from the first byte
    TLS = "tls"
    #: not at all: to a loopback address, or where ``allow_plaintext`` says so
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """``[smtp]`` and ``[delivery] smtp_timeout``."""

    host: str
    port: int
    security: SmtpSecurity
    #: address, with or without a name: ``Storywatch <watch@example.org>``
    sender: str
    #: None: no login
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    #: for each reply; after the final dot at least ten minutes
    timeout: timedelta = timedelta(seconds=60)
    #: certificates to trust beside the system's, or None
    ca_file: Path | None = None
    #: leave to send mail and password unprotected over a network
    allow_plaintext: bool = False


def envelope_address(address: str) -> str:
    """Return the bare address for MAIL and RCPT, with the domain in ASCII (IDNA) where that is possible."""
    bare = parseaddr(address)[1] or address.strip()
    local, at, domain = bare.rpartition("@")
    if not at or domain.isascii():
        return bare
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return bare


def greeting_name(local_address: str | None) -> str:
    """Return the name for EHLO: this machine's, if it is a full one, else its address (RFC 5321, 4.1.3).

    ``socket.getfqdn`` is not asked, since it may wait for a name server for a long time.
    """
    name = socket.gethostname()
    if "." in name and name.isascii() and not any(character.isspace() for character in name):
        return name
    try:
        address = ipaddress.ip_address((local_address or "127.0.0.1").partition("%")[0])
    except ValueError:
        return "[127.0.0.1]"
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"  # noqa: PLR2004 # IP version 6


def is_loopback(address: str) -> bool:
    """Tell whether an IP address is this machine's own."""
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context that verifies certificate and name. Reads files: call it in a thread.

    Raises OSError for a file that cannot be read or holds no certificate.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context
