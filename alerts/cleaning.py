"""Text from feeds and configuration, made safe for headers, mails and bytes.

Python's e-mail package decodes encoded words in what it is handed and writes what they hold: ``=?UTF-8?Q?=0A?=Bcc: x``
in a subject becomes a header (CVE-2024-6923 and its kin). So nothing that could be one reaches it.
"""

import re
import unicodedata
from email.headerregistry import Address

#: RFC 2047, section 2
_ENCODED_WORD = re.compile(r"=\?[^?\s]*\?[^?\s]*\?[^?\s]*\?=")
#: controls but tab and newline, surrogates, and what turns the direction of the text around it
_UNSHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LONGEST_HEADER = 300


def shown(text: str) -> str:
    """Return ``text`` without what is not meant to be seen: controls, lone surrogates, bidirectional overrides."""
    return _UNSHOWN.sub("", text)


def header_value(text: str, limit: int = _LONGEST_HEADER) -> str:
    """Return ``text`` as one line that can stand in a header and starts none, of at most ``limit`` code points."""
    line = shown(" ".join(text[: 8 * limit].split()))
    # U+2028 and the like are line ends to Python; categories Z and C hold them all but the blank.
    line = "".join(" " if unicodedata.category(one) in {"Zl", "Zp", "Cc"} else one for one in line)
    previous = None
    while previous != line:
        previous = line
        line = _ENCODED_WORD.sub("", line)
    while "=?" in line:
        line = line.replace("=?", "?")
    line = " ".join(line.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def address(text: str) -> Address:
    """Return a mailbox written as ``Name <local@domain>`` or ``local@domain``; its domain in ASCII.

    Raises ValueError for what is no mailbox.
    """
    plain = header_value(text)
    # Not by email.utils, which takes an unquoted comma in a name for the end of an address.
    name, _, spec = plain.removesuffix(">").rpartition("<") if plain.endswith(">") else ("", "", plain)
    name, spec = name.strip().strip('"').replace('\\"', '"'), spec.strip()
    local, at, domain = spec.rpartition("@")
    if not at or not local or not domain or any(one in spec for one in " \t<>,;:"):
        raise ValueError(f"{text!r} is no mail address")
    if not domain.isascii():
        domain = domain.encode("idna").decode("ascii")
    try:
        return Address(display_name=header_value(name), username=local, domain=domain)
    except Exception as error:  # the package raises IndexError and errors of its own for odd addresses
        raise ValueError(f"{text!r} is no mail address: {error}") from error


def slug(text: str) -> str:
    """Return ``text`` as labels of a List-Id (RFC 2919): lower-case letters, digits and hyphens, parted by dots."""
    labels = (re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-") for label in re.split(r"[/.@]", text))
    return ".".join(label[:60] for label in labels if label)
