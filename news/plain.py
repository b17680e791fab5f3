"""Markup into plain text: what a reader would see, and nothing that could run.

::

    fragment ─▶ tags dropped, breaks kept ─▶ entities decoded ─▶ still markup? once more ─▶ tidy, NFC, cut to length

Feeds escape their markup once, twice or not at all, so what is decoded is looked at again. Each round is one pass of a
tokenizer whose patterns cannot backtrack, over a text of bounded length. Pure.
"""

import re
import unicodedata
from html import unescape

from news.marks import few_marks

#: code points of markup that are looked at
MARKUP_LIMIT = 500_000
#: code points of the result
TEXT_LIMIT = 200_000
_ROUNDS = 4

_BLOCK_NAMES = "address article aside blockquote body center dd details dir div dl dt fieldset figcaption figure footer"
_BLOCK_NAMES += " form h1 h2 h3 h4 h5 h6 header hr html main menu nav ol p pre section summary table ul"
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_LINES = frozenset(["br", "li", "tr", "option", "caption"])
_CELLS = frozenset(["td", "th"])
#: their content is no text; left unclosed, they hide all that follows
_SCRIPTS = frozenset(["script", "style"])
#: their content is no text, but left unclosed (a bare <iframe src=…>) they hide nothing
_HIDDEN = frozenset(["applet", "iframe", "template", "svg", "noembed", "noframes"]) | _SCRIPTS
_INLINE = "a abbr acronym audio b base big button canvas cite code del em embed font frame frameset i img input ins"
_INLINE += (
    " kbd label link mark marquee math meta object picture q s samp small source span strike strong sub sup textarea"
)
_INLINE += " time tt u var video"
_KNOWN = "|".join(sorted(_BLOCKS | _LINES | _CELLS | _HIDDEN | frozenset(_INLINE.split())))

# Quoted values and their number are bounded, and every quantifier is possessive: an unclosed quote costs at most a
# fixed number of steps, and then the tag ends at its first ">".
_TAG = re.compile(
    r"""<(?:
      !--(?:>|->|.*?(?:--!?>|\Z))
    | !\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)
    | [!?][a-zA-Z][^>]*+(?:>|\Z)
    | (?!(?:https?://|[^\s<>"'=/]+@)[^\s<>"']*>)
      (?P<close>/?+)(?P<name>[a-zA-Z][^\s/><]*+)
      (?:(?:[^<>"']++|"[^"]{0,8192}+"|'[^']{0,8192}+'){0,64}+(?:>|\Z)|[^<>]*+(?:>|(?=<)|\Z))
    | /[^a-zA-Z>][^>]*+(?:>|\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)
#: what shows that a text, once decoded, is markup still: a closing tag, a break, a tag with an attribute, a hidden one
_STILL_MARKUP = re.compile(
    rf"</(?:{_KNOWN})\s*>|<(?:br|hr|p)\s*/?>|<(?:{_KNOWN})[\s/]+[^<>=]{{1,60}}=|</?\s*(?:script|style|iframe|object|embed)\b"
    r"|<!--|<[a-z!/?][^<>]{0,2000}\bon[a-z]{3,20}\s*=|<[a-z][^<>]{0,2000}\b(?:java|vb)script\s*:",
    re.IGNORECASE,
)
_STILL_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,7}|#x[0-9a-f]{1,6});", re.IGNORECASE)
_SCRIPT_ADDRESS = re.compile(r"((?:java|vb|live)script)\s*:(?=\S)", re.IGNORECASE)
#: control characters, invisible ones inside words, and halves of surrogate pairs, which no encoding takes
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\ufeff\ud800-\udfff\ufffe\uffff]")
_LINE_ENDS = re.compile(r"\r\n?|\u2028|\u2029")
_MANY_LINES = re.compile(r"\n{3,}")


def plain_text(markup: str, *, literal: bool = False) -> str:
    """Return what a reader sees of an HTML fragment or a text, as NFC: paragraphs parted by a blank line.

    ``literal`` says that the source declared it to be no markup: line breaks stand then, and only what is markup
    nevertheless is taken away. Never raises; takes bounded time; at most ``TEXT_LIMIT`` code points come out.
    """
    text = _UNSEEN.sub("", markup[:MARKUP_LIMIT])
    literal = literal and not _STILL_MARKUP.search(text)
    # In markup, a line end is a blank.
    text = _decode(text) if literal else _strip_tags(text.replace("\r", " ").replace("\n", " "))
    for _ in range(_ROUNDS):
        if "<" in text and _STILL_MARKUP.search(text):
            text = _strip_tags(text)
        elif "&" in text and _STILL_ENTITY.search(text):
            text = _decode(text)
        else:
            break
    else:
        # Escaped five times over: nobody's prose.
        text = text.replace("<", " ")
    return _tidy(text)[:TEXT_LIMIT].rstrip()


def plain_line(markup: str, *, literal: bool = False, limit: int = 1000) -> str:
    """Return ``plain_text`` as one line of at most ``limit`` code points, for titles and names."""
    return " ".join(plain_text(markup[: limit * 20], literal=literal).split())[:limit].rstrip()


def _strip_tags(markup: str) -> str:
    """Drop tags and hidden content, turn breaks into line ends and decode entities."""
    if "<" not in markup:
        return _decode(markup)
    pieces: list[str] = []
    #: names that are not closed any more, so that their end is not looked for again
    open_ended: set[str] = set()
    position = 0
    while match := _TAG.search(markup, position):
        pieces.append(_decode(markup[position : match.start()]))
        position = match.end()
        if match["cdata"] is not None:
            pieces.append(_decode(match["cdata"]))
        if not match["name"]:
            continue
        name = match["name"].lower()
        pieces.append(_break(name))
        if name in _HIDDEN and name not in open_ended and not match["close"] and not match[0].endswith("/>"):
            end = re.compile(rf"</{name}\b[^>]*+(?:>|\Z)", re.IGNORECASE).search(markup, position)
            if end is None:
                open_ended.add(name)
            position = end.end() if end else len(markup) if name in _SCRIPTS else position
    pieces.append(_decode(markup[position:]))
    return "".join(pieces)


def _break(name: str) -> str:
    if name in _BLOCKS:
        return "\n\n"
    return "\n" if name in _LINES else " " if name in _CELLS else ""


def _decode(text: str) -> str:
    # A soft hyphen, decoded inside "script", must not hide it from the look that follows.
    return _UNSEEN.sub("", unescape(text)) if "&" in text else text


def _tidy(text: str) -> str:
    if "script" in text.casefold():
        text = _SCRIPT_ADDRESS.sub(r"\1 ", text)
    # Cheaper than one expression for all: most texts are one line.
    lines = [" ".join(line.split()) for line in _LINE_ENDS.sub("\n", text).split("\n")]
    text = _MANY_LINES.sub("\n\n", "\n".join(lines)) if len(lines) > 1 else lines[0]
    text = few_marks(text.strip())
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)
