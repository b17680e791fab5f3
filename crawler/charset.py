"""Which characters a document's bytes are: settled before anything reads it.

::

    body, Content-Type ─▶ byte order mark? ─▶ valid UTF-8? ─▶ header, XML declaration ─▶ UTF-8 bytes, problems

The order of RFC 7303, made safe for servers that send one charset for everything: bytes that are UTF-8 beyond doubt
are UTF-8 whatever a single-byte label says, and a label that is a server's default yields to the document's own. Pure.
"""

import codecs
import re
from dataclasses import dataclass

from w3lib.encoding import resolve_encoding

_BOMS = (
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
)
#: how "<?xm" or "<" and a letter look without a byte order mark (XML 1.0, appendix F); and EBCDIC
_PATTERNS = (
    (re.compile(rb"\x00\x00\x00<"), "utf-32-be"),
    (re.compile(rb"<\x00\x00\x00"), "utf-32-le"),
    (re.compile(rb"\x00<\x00[?!A-Za-z]"), "utf-16-be"),
    (re.compile(rb"<\x00[?!A-Za-z]\x00"), "utf-16-le"),
    (re.compile(rb"Lo\xa7\x94"), "cp037"),
)
_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,500}?>")
_DECLARED = re.compile(r"""<\?xml[^>]{0,300}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
#: XML 1.0 forbids them; left in, one of them would cost the whole document its strict reading
_FORBIDDEN = bytes([*range(9), 11, 12, *range(14, 32)])
#: what servers send for everything, so that it says little
_DEFAULTS = frozenset({"cp1252", "ascii", "iso8859-1"})
#: codecs of Python that are no charset of any document
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
#: at most one broken character in so many beyond ASCII keeps a document UTF-8
_BROKEN_SHARE = 3
#: the start of Python's names of charsets with one byte a character
_SINGLE_BYTE = ("cp125", "cp437", "cp85", "cp86", "cp874", "iso8859", "koi8", "mac", "ascii", "hp")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A document in UTF-8, without byte order mark and XML declaration, with nothing that XML forbids."""

    document: bytes
    #: Python's name of the charset that was found
    charset: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Label:
    #: as the source wrote it
    name: str
    #: Python's name
    charset: str


def decode(body: bytes, content_type: str | None) -> Decoded:
    """Find the charset of ``body`` and return it as UTF-8; never raises."""
    problems: list[str] = []
    text, charset = _text(body, content_type or "", problems)
    text = text.removeprefix("\ufeff")
    if declaration := _DECLARATION.match(text):
        text = text[declaration.end() :]
    document = text.strip().encode("utf-8", "replace")
    clean = document.translate(None, _FORBIDDEN)
    if len(clean) != len(document):
        problems.append("The document holds control characters that XML forbids; they were left out.")
    return Decoded(clean, charset, tuple(problems))


def _text(body: bytes, content_type: str, problems: list[str]) -> tuple[str, str]:
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace"), charset
    start = body[:1024].lstrip()
    for pattern, charset in _PATTERNS:
        if pattern.match(start):
            # The blanks that were passed over are of whole characters, or the pattern would not have matched.
            return body[len(body[:1024]) - len(start) :].decode(charset, "replace"), charset
    header = _label(match[1]) if (match := _CHARSET.search(content_type)) else None
    declared = _declared(body)
    labels = [label for label in (header, declared) if label]
    if body.isascii() and not any(label.charset.startswith(("iso2022", "hz")) for label in labels):
        return body.decode("ascii"), "utf-8"
    if header and declared and header.charset in _DEFAULTS and declared.charset != header.charset:
        labels.reverse()
    return _by_label(body, labels, problems)


def _by_label(body: bytes, labels: list[_Label], problems: list[str]) -> tuple[str, str]:
    charsets = [label.charset for label in labels]
    if not labels or "utf-8" in charsets or all(charset.startswith(_SINGLE_BYTE) for charset in charsets):
        # A text of another charset is hardly ever valid UTF-8, and pure ASCII was settled before.
        charsets.insert(0, "utf-8")
    for charset in dict.fromkeys([*charsets, "utf-8"]):
        text = _decode(body, charset, problems)
        if text is None:
            continue
        wrong = list(dict.fromkeys(label.name for label in labels if label.charset != charset))
        if wrong:
            problems.append(f"The document is labelled {' and '.join(wrong)} but was read as {charset}.")
        return text, charset
    problems.append("The charset of the document is not the one that it names; it was read as windows-1252.")
    return body.decode("cp1252", "replace"), "cp1252"


def _decode(body: bytes, charset: str, problems: list[str]) -> str | None:
    """Decode strictly, but forgive a few broken characters in what is otherwise UTF-8."""
    try:
        return body.decode(charset)
    except (UnicodeError, LookupError, ValueError):
        if charset != "utf-8":
            return None
    repaired = body.decode("utf-8", "replace")
    broken = repaired.count("\ufffd")
    if broken * _BROKEN_SHARE > sum(character > "\x7f" for character in repaired):
        return None
    problems.append("The document is UTF-8 with broken characters; they are shown as U+FFFD.")
    return repaired


def _declared(body: bytes) -> _Label | None:
    match = _DECLARED.search(body[:1024].decode("latin-1"))
    label = _label(match[1]) if match else None
    # A document whose declaration can be read byte by byte is not in UTF-16 or UTF-32, whatever it says.
    return None if label is None or label.charset.startswith(("utf-16", "utf-32")) else label


def _label(name: str) -> _Label | None:
    charset = resolve_encoding(name)
    if charset is None or charset.replace("-", "_") in _NO_CHARSETS:
        return None
    return _Label(name, charset)
