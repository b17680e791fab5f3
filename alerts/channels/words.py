"""The other side's words, fit for a log line, a listing and the store."""

import unicodedata

#: code points that are kept
_LONGEST = 300


def plain(words: object) -> str:
    """Return words on one line, without control characters or broken text, cut at 300 code points."""
    text = str(words).encode("utf-8", "replace").decode("utf-8")
    kept = "".join(" " if unicodedata.category(character) in {"Cc", "Cf"} else character for character in text)
    line = " ".join(kept.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
