"""Declarations of entities at the start of a document, tamed before any parser sees them.

Feeds of old declare ``&nbsp;`` and the like; attackers declare entities that expand for ever or name files. What is
left here are short texts of limited expansion; the rest is dropped, so no parser needs a limit of its own. Pure.
"""

import re

_PROLOGUE = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_DOCTYPE = re.compile(rb"<!DOCTYPE(?P<name>[^\[>]*)(?:\[(?P<subset>.*?)\]\s*)?>", re.DOTALL | re.IGNORECASE)
#: the form that feedparser keeps, too: text without references, or one character reference
_ENTITY = re.compile(rb"""<!ENTITY\s+(\w{1,60})\s+(?:"(&\#\w+;|[^&"%<]*)"|'(&\#\w+;|[^&'"%<]*)')\s*>""")
_ELEMENT = re.compile(rb"<[A-Za-z_]")
#: bytes that all references together may expand to
_EXPANSION_LIMIT = 1_000_000


def tame(document: bytes) -> tuple[bytes, str | None]:
    """Return a document with a DOCTYPE of harmless entities, or none; and a sentence on what was dropped."""
    prologue = _PROLOGUE.match(document)
    start = prologue.end() if prologue else 0
    if document[start : start + 2] != b"<!":
        return document, None
    match = _DOCTYPE.match(document, start)
    rest = document[match.end() if match else start :]
    root = _ELEMENT.search(rest)
    if match is None or b"<!ENTITY" in rest[: root.start() if root else None]:
        # Declarations where none may stand: feedparser would still collect them.
        return rest[root.start() :] if root else rest, "A malformed document type was dropped."
    subset = match["subset"] or b""
    declared = {name: double or single for name, double, single in _ENTITY.findall(subset)}
    dropped = subset.count(b"<!ENTITY") - len(declared)
    if sum(len(value) * rest.count(b"&" + name + b";") for name, value in declared.items()) > _EXPANSION_LIMIT:
        dropped, declared = len(declared) + dropped, {}
    problem = f"{dropped} entity declarations were dropped: they could expand without end, or name a file."
    if not declared:
        return rest, problem if dropped else None
    lines = b"\n".join(b'<!ENTITY %s "%s">' % pair for pair in declared.items())
    return b"<!DOCTYPE feed [\n%s\n]>\n%s" % (lines, rest), problem if dropped else None
