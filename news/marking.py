"""A diff as people read it: ``[-26-]{+164+}`` in text, ``<del>`` and ``<ins>`` in HTML. Pure.

::

    Diff ──whole──▶ everything, the title above only where it changed
         ──excerpt──▶ the changed sentences of a weight or more, one a paragraph
    pieces ──in_text──▶ "At least [-26-]{+164+} people"        ──in_html──▶ escaped, with <del> and <ins>

What ``in_text`` gives becomes the new text again if what is struck is left out and what is set loses its braces.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from news.changekinds import Diff, Mark, Passage, Piece, Weight

#: inline, since a mail's reader may drop every other style
DELETED_STYLE: Final = "background:#fde7e9;color:#8a1c25;text-decoration:line-through"
INSERTED_STYLE: Final = "background:#e3f5e6;color:#0f5a23;text-decoration:none"
_OPENED: Final = {Mark.REMOVED: "[-", Mark.ADDED: "{+"}
_CLOSED: Final = {Mark.REMOVED: "-]", Mark.ADDED: "+}"}
_TAGS: Final = {Mark.REMOVED: "del", Mark.ADDED: "ins"}
_STYLES: Final = {Mark.REMOVED: DELETED_STYLE, Mark.ADDED: INSERTED_STYLE}


def in_text(pieces: Iterable[Piece]) -> str:
    """Pieces with what is gone in ``[-…-]`` and what has come in ``{+…+}``."""
    return "".join(_marked(piece) for piece in pieces)


def _marked(piece: Piece) -> str:
    if piece.mark is Mark.KEPT:
        return piece.text
    # Blanks behind what has come stand outside, where they are read; those behind what is gone went with it.
    head, core, tail = _split(piece.text, behind=piece.mark is Mark.ADDED)
    if not core:
        return piece.text if piece.mark is Mark.ADDED else ""
    return f"{head}{_OPENED[piece.mark]}{core}{_CLOSED[piece.mark]}{tail}"


def _split(text: str, *, behind: bool) -> tuple[str, str, str]:
    """The blanks before, the words, and the blanks behind, where they may stand outside of the marks."""
    core = text.strip()
    if not core:
        return "", "", ""
    if not behind:
        return "", text, ""
    start = text.index(core)
    return text[:start], core, text[start + len(core) :]


def in_html(pieces: Iterable[Piece], *, styled: bool = False) -> str:
    """Pieces escaped, with ``<del>`` and ``<ins>``; line breaks as ``<br>``; ``styled`` for mails."""
    return "".join(_tagged(piece, styled=styled) for piece in pieces)


def _tagged(piece: Piece, *, styled: bool) -> str:
    written = escape(piece.text).replace("\n", "<br>\n")
    if piece.mark is Mark.KEPT:
        return written
    tag = _TAGS[piece.mark]
    style = f' style="{_STYLES[piece.mark]}"' if styled else ""
    return f"<{tag}{style}>{written}</{tag}>"


def whole(diff: Diff) -> tuple[Piece, ...]:
    """All of the new text with what is gone in its place; the title, where it changed, a paragraph above it."""
    if not any(piece.mark is not Mark.KEPT for piece in diff.title):
        return diff.text
    return (*diff.title, Piece(Mark.KEPT, "\n\n"), *diff.text)


def excerpt(diff: Diff, least: Weight = Weight.MINOR) -> tuple[Passage, ...]:
    """The sentences in which something of a weight or more changed."""
    return tuple(passage for passage in diff.passages if passage.weight >= least)


def in_few_words(passages: Sequence[Passage]) -> str:
    """The numbers that changed, for a subject: ``26 → 164``; empty where none did."""
    found = [f"{change.old} → {change.new}" for passage in passages for change in passage.changes
             if change.kind == "number" and change.old and change.new]  # fmt: skip
    return ", ".join(dict.fromkeys(found))
