"""Kinds of values in ``storywatch.toml``, as pydantic takes them.

A field is a reader of ``units.py`` with, beside it, what it accepts in words; messages are made of both.
``Hidden`` marks what may be secret: its value stands in no message.
"""

import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, SecretStr, ValidationInfo

from alerts.types import QuietHours, Rate
from storywatch.config import units

_ENV = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET_LONGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Accepts:
    """What a field accepts, in words that follow "accepted: "."""

    words: str


@dataclass(frozen=True, slots=True)
class Hidden:
    """The value may be secret: no message shows it."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What reading a file needs beside its text: pydantic's validation context."""

    #: what relative paths are relative to
    folder: Path
    environ: Mapping[str, str]
    #: told of secret files that every user of the machine can read
    exposed: Callable[[Path], None]


def _surroundings(found: ValidationInfo) -> Surroundings:
    if not isinstance(found.context, Surroundings):
        raise TypeError("configuration models are validated with their Surroundings")
    return found.context


def expand(value: object, found: ValidationInfo) -> SecretStr:
    """Return a secret with each ``${ENV_NAME}`` replaced by that variable."""
    if not isinstance(value, str):
        raise ValueError("is not text")  # noqa: TRY004 - pydantic collects ValueError
    environ = _surroundings(found).environ
    missing = [name for name in _ENV.findall(value) if not environ.get(name)]
    if missing:
        raise ValueError(f"names the environment variable {missing[0]}, which is not set")
    return SecretStr(_checked(_ENV.sub(lambda matched: environ[matched[1]], value)))


def read_secret(value: object, found: ValidationInfo) -> SecretStr:
    """Return the secret that stands in the file ``value``, without its final line break."""
    return SecretStr(_checked(_read(value, found).rstrip("\r\n")))


def read_headers(value: object, found: ValidationInfo) -> tuple[tuple[str, SecretStr], ...]:
    """Return the request headers that stand in the file ``value``, a line each."""
    return _headers(_read(value, found))


def expand_headers(value: object, found: ValidationInfo) -> tuple[tuple[str, SecretStr], ...]:
    """Return request headers given as text, a line each."""
    return _headers(expand(value, found).get_secret_value().strip())


def _checked(secret: str) -> str:
    if not secret:
        raise ValueError("is empty")
    if any(character in secret for character in "\0\r\n"):
        raise ValueError("holds a line break, which no secret may")
    return secret


def _read(value: object, found: ValidationInfo) -> str:
    path = _surroundings(found).folder / Path(units.filled(value)).expanduser()
    try:
        with path.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            content = stream.read(_SECRET_LONGEST + 1)
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None
    if len(content) > _SECRET_LONGEST:
        raise ValueError("is a file of more than 64 kB")
    if mode & stat.S_IROTH:
        _surroundings(found).exposed(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is a file that is not UTF-8") from None


_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*([\x20-\x7e\x80-\xff]+)")
#: set by the transport itself, or promised to the watched site
_OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection", "user-agent"})


def _headers(lines: str) -> tuple[tuple[str, SecretStr], ...]:
    headers: list[tuple[str, SecretStr]] = []
    for number, line in enumerate(lines.splitlines(), start=1):
        if not line.strip():
            continue
        matched = _HEADER.fullmatch(line.strip())
        if matched is None:
            raise ValueError(f"holds no header in line {number}")
        if matched[1].lower() in _OWN_HEADERS:
            raise ValueError(f"sets {matched[1]} in line {number}, which storywatch sets itself")
        headers.append((matched[1], SecretStr(matched[2].strip())))
    if not headers:
        raise ValueError("holds no header")
    return tuple(headers)


def _path(value: object, found: ValidationInfo) -> Path:
    return _surroundings(found).folder / Path(units.filled(value)).expanduser()


def _existing_file(value: object, found: ValidationInfo) -> Path:
    path = _path(value, found)
    if not path.is_file():
        raise ValueError("does not exist" if not path.exists() else "is no file")
    if not os.access(path, os.R_OK):
        raise ValueError("cannot be read")
    return path


def _existing_folder(value: object, found: ValidationInfo) -> Path:
    path = _path(value, found)
    if not path.is_dir():
        raise ValueError("does not exist" if not path.exists() else "is no folder")
    return path


Text = Annotated[str, BeforeValidator(units.filled), Accepts("text")]
AnyText = Annotated[str, BeforeValidator(units.text), Accepts("text")]
QueryText = Annotated[str, BeforeValidator(units.query), Accepts("a query")]
Duration = Annotated[timedelta, BeforeValidator(units.duration), Accepts("a duration such as 2s, 15m, 6h or 30d")]
LongerThanNothing = Annotated[
    timedelta, BeforeValidator(units.positive_duration), Accepts("a duration above 0s, such as 2s, 15m, 6h or 30d")
]
Retention = Annotated[
    timedelta | None, BeforeValidator(units.retention), Accepts('a duration above 0s such as "30d", or "forever"')
]
Size = Annotated[int, BeforeValidator(units.size), Accepts("a size such as 500kB, 10MB or 2GB")]
SizeOrNone = Annotated[
    int | None, BeforeValidator(units.size_or_none), Accepts('a size such as 500MB or 20GB, or "none"')
]
RateOrNone = Annotated[Rate | None, BeforeValidator(units.rate), Accepts('a rate such as "10/h", or "none"')]
Quiet = Annotated[QuietHours, BeforeValidator(units.quiet_hours), Accepts("two local times of day such as 22:00-06:00")]
Cidr = Annotated[
    units.Network, BeforeValidator(units.network), Accepts("a network in CIDR notation such as 10.0.0.0/8 or fd00::/8")
]
Zone = Annotated[
    str, BeforeValidator(units.timezone), Accepts("a name of the IANA time zone database such as Asia/Jakarta or UTC")
]
Language = Annotated[str, BeforeValidator(units.language), Accepts("a language code such as id, en, kk or pt-br")]
Mailbox = Annotated[
    str,
    BeforeValidator(units.mailbox),
    Accepts('a mail address such as desk@example.org, or "Name <desk@example.org>"'),
]
WebAddress = Annotated[
    str, BeforeValidator(units.web_address), Accepts("an absolute address that begins with http:// or https://")
]
ExistingFile = Annotated[Path, BeforeValidator(_existing_file), Accepts("the name of a file that can be read")]
ExistingFolder = Annotated[Path, BeforeValidator(_existing_folder), Accepts("the name of a folder")]
Secret = Annotated[SecretStr, BeforeValidator(expand), Accepts("text, or ${ENV_NAME}"), Hidden()]
SecretFile = Annotated[
    SecretStr, BeforeValidator(read_secret), Accepts("the name of a readable file that holds the secret")
]
Headers = Annotated[
    tuple[tuple[str, SecretStr], ...],
    BeforeValidator(expand_headers),
    Accepts('lines of "Name: value", or ${ENV_NAME}'),
    Hidden(),
]
HeadersFile = Annotated[
    tuple[tuple[str, SecretStr], ...],
    BeforeValidator(read_headers),
    Accepts('the name of a readable file with lines of "Name: value"'),
]
