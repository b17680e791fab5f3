"""The small notations of ``storywatch.toml``: text → value.

Each function takes what TOML gave and returns the value, or raises ``ValueError`` with a phrase that follows the
value in a message: ``"5 minutes" is no duration``. What is accepted instead stands beside the field, in ``fields.py``.
"""

import ipaddress
import re
import unicodedata
from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from alerts.types import QuietHours, Rate
from news.guard import parse_networks

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_DURATION = re.compile(r"(\d{1,10}(?:\.\d{1,6})?)\s*([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
#: no duration of a news watch is longer; keeps arithmetic with instants in range
_LONGEST = timedelta(days=36500)

_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*([kmgt]?i?)b", re.IGNORECASE)
_BYTES = {
    "": 1,
    "k": 1000,
    "m": 1000**2,
    "g": 1000**3,
    "t": 1000**4,
    "ki": 1024,
    "mi": 1024**2,
    "gi": 1024**3,
    "ti": 1024**4,
}

_RATE = re.compile(r"(\d{1,6})\s*/\s*(\d{0,6})([smhd])")
_QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]\d|2[0-3]):([0-5]\d)")

_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_HOST = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*\.?",
    re.IGNORECASE,
)
_MAILBOX = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>\s]+)>")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}", re.IGNORECASE)
_LOCAL_LONGEST = 64
_ID_LONGEST = 100


def text(value: object) -> str:
    """Return ``value`` if it is text without control characters."""
    if not isinstance(value, str):
        raise ValueError("is not text")  # noqa: TRY004 - pydantic collects ValueError
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise ValueError("holds control characters")
    return unicodedata.normalize("NFC", value.strip())


def filled(value: object) -> str:
    """Return text that is not empty."""
    found = text(value)
    if not found:
        raise ValueError("is empty")
    return found


def query(value: object) -> str:
    """Return a query as written: it may run over several lines, and its errors count its code points."""
    if not isinstance(value, str):
        raise ValueError("is not text")  # noqa: TRY004 - pydantic collects ValueError
    if not value.strip():
        raise ValueError("is empty")
    return value


def duration(value: object) -> timedelta:
    """Read ``2s``, ``15m``, ``6h``, ``30d``."""
    matched = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if matched is None:
        raise ValueError("is no duration")
    seconds = float(matched[1]) * _SECONDS[matched[2]]
    if seconds > _LONGEST.total_seconds():
        raise ValueError("is longer than a hundred years")
    return timedelta(seconds=seconds)


def positive_duration(value: object) -> timedelta:
    """Read a duration above zero."""
    found = duration(value)
    if not found:
        raise ValueError("is too short")
    return found


def shown_duration(value: timedelta) -> str:
    """Write a duration as the file does; inverse of ``duration``."""
    seconds = value.total_seconds()
    for unit in "dhm":
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds / _SECONDS[unit]:.0f}{unit}"
    return f"{seconds:.6f}".rstrip("0").rstrip(".") + "s"


def retention(value: object) -> timedelta | None:
    """Read a duration, or ``forever`` as None."""
    return None if value == "forever" else positive_duration(value)


def size(value: object) -> int:
    """Read ``10MB`` and the like as bytes; ``MB`` is a million, ``MiB`` is 1024²."""
    matched = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if matched is None:
        raise ValueError("is no size")
    found = int(float(matched[1]) * _BYTES[matched[2].lower()])
    if not found:
        raise ValueError("is too small")
    return found


def size_or_none(value: object) -> int | None:
    """Read a size, or ``none`` as None."""
    return None if value == "none" else size(value)


def rate(value: object) -> Rate | None:
    """Read ``10/h``, ``3/15m``, or ``none`` as None."""
    if value == "none":
        return None
    matched = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if matched is None:
        raise ValueError("is no rate")
    count, every = int(matched[1]), int(matched[2] or 1)
    if not count or not every:
        raise ValueError("lets nothing through")
    return Rate(count=count, per_s=every * _SECONDS[matched[3]])


def quiet_hours(value: object) -> QuietHours:
    """Read ``22:00-06:00``."""
    matched = _QUIET.fullmatch(value.strip()) if isinstance(value, str) else None
    if matched is None:
        raise ValueError("are no quiet hours")
    first, second, third, fourth = (int(group) for group in matched.groups())
    start, end = first * 60 + second, third * 60 + fourth
    if start == end:
        raise ValueError("begin and end at the same time, so nothing would ever be sent")
    return QuietHours(start=start, end=end)


def network(value: object) -> Network:
    """Read a CIDR as the address guard does: host bits may be set, a bare address is a network of one."""
    try:
        [found] = parse_networks([filled(value)])
    except ValueError:
        raise ValueError("is no network") from None
    return found


def timezone(value: object) -> str:
    """Read an IANA time zone's name."""
    name = filled(value)
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no time zone") from None
    return name


def language(value: object) -> str:
    """Read a BCP 47 language tag; lower case."""
    tag = filled(value).replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        raise ValueError("is no language code")
    return tag.lower()


def domain(value: str) -> str:
    """Return a host name in ASCII, or raise ``ValueError``."""
    if value.startswith("[") and value.endswith("]"):
        ipaddress.ip_address(value[1:-1].removeprefix("IPv6:"))
        return value
    try:
        ascii_name = value.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise ValueError("has no proper host") from None
    if not _HOST.fullmatch(ascii_name):
        raise ValueError("has no proper host")
    return ascii_name


def address(value: object) -> str:
    """Read a mail address; a domain beyond ASCII becomes its IDNA form."""
    found = filled(value)
    local, at, host = found.rpartition("@")
    if not at or len(local) > _LOCAL_LONGEST or not _LOCAL_PART.fullmatch(local):
        raise ValueError("is no mail address")
    try:
        return f"{local}@{domain(host)}"
    except ValueError:
        raise ValueError("is no mail address") from None


def mailbox(value: object) -> str:
    """Read ``Name <address>`` or a bare address; returns it as written, with a checked address."""
    found = filled(value)
    matched = _MAILBOX.fullmatch(found)
    if matched is None:
        return address(found)
    name = matched["name"].strip().strip('"').strip()
    checked = address(matched["address"])
    return f"{name} <{checked}>" if name else checked


def web_address(value: object) -> str:
    """Read an absolute http or https address."""
    found = filled(value)
    if any(character.isspace() for character in found):
        raise ValueError("holds a blank")
    try:
        parts = urlsplit(found)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("is no web address") from None
    if parts.scheme.lower() not in {"http", "https"}:
        raise ValueError("is neither http nor https")
    if not host:
        raise ValueError("names no host")
    return found


def is_loopback(host: str) -> bool:
    """Tell whether ``host`` is this machine itself."""
    bare = host.strip("[]").lower()
    if bare in {"localhost", "localhost."}:
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def slug(name: str) -> str:
    """Return a watchlist's identity from its name: lower case, hyphens between words, letters of any script kept.

    Marks belong to their letters (Thai, Devanagari), so they stay too.
    """
    lowered = unicodedata.normalize("NFC", name).lower()
    kept = "".join(character if _stands(character) else "-" for character in lowered)
    return re.sub(r"-+", "-", kept).strip("-")[:_ID_LONGEST].rstrip("-")


def is_id(text: str) -> bool:
    """Tell whether text can be a watchlist's identity: letters, marks, digits, with ``-``, ``_`` or ``.`` between."""
    if not 0 < len(text) <= _ID_LONGEST:
        return False
    return _stands(text[0]) and _stands(text[-1]) and all(_stands(one) or one in "-_." for one in text)


def _stands(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN"
