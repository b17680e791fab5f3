"""Which language a text is in, and when two language tags name the same one.

::

    tag("id_ID") → "id-id"       tag("in") → "id"       tag("und") → None
    same_language("id", "ms-my") → True                  detect(text, {"id", "en"}) → "id"

Tags are BCP 47 (RFC 5646) in lower case. Two tags are one language if their primary subtags are, so regions and
scripts never tell languages apart here; Indonesian and Malay count as one, since neither feeds nor detectors tell
them apart on short news texts, and so do the few other groups of ``_BUCKETS``.
"""

import re
from collections.abc import Collection
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

#: old, three-letter and bibliographic codes, as feeds still send them, and the code of today
_MODERN = {
    "in": "id", "iw": "he", "ji": "yi", "jw": "jv", "mo": "ro", "sh": "sr",
    "ara": "ar", "chi": "zh", "zho": "zh", "deu": "de", "ger": "de", "eng": "en", "spa": "es", "fas": "fa",
    "per": "fa", "fra": "fr", "fre": "fr", "hin": "hi", "ind": "id", "ita": "it", "jpn": "ja", "kaz": "kk",
    "kor": "ko", "kir": "ky", "may": "ms", "msa": "ms", "zsm": "ms", "nld": "nl", "dut": "nl", "pol": "pl",
    "por": "pt", "rus": "ru", "tha": "th", "tur": "tr", "ukr": "uk", "uzb": "uz", "vie": "vi", "cmn": "zh",
}  # fmt: skip

#: primary subtags that count as one language, and the one that stands for them
_BUCKETS = {
    "ms": "id",
    "nb": "no", "nn": "no",
    "fil": "tl",
    "arb": "ar", "arz": "ar", "ary": "ar",
    "yue": "zh", "wuu": "zh",
    "prs": "fa",
}  # fmt: skip

#: languages of the model in which hardly any news feed is written, and which short texts in others are taken for:
#: dialects and regional ones beside a large neighbour, dead ones, creoles
_IMPLAUSIBLE = frozenset({
    "ace", "an", "bcl", "br", "crh", "dz", "eo", "ext", "fo", "fuv", "fy", "gcf", "gcr", "gd", "gom", "grc", "gug",
    "guw", "hbo", "jv", "kab", "kik", "la", "lg", "lij", "ln", "ltg", "nso", "oc", "pcm", "qu", "sa", "sdh", "se", "sn",
    "st", "uzs", "vec", "vo", "wa",
})  # fmt: skip
#: languages that a short text does not tell apart: the likeliest is the answer if they are likely together
_CLOSE = {"bs": "sr", "hr": "sr", "nn": "no", "da": "no"}

#: "no language", "several", "unknown": valid tags that say nothing
_NOTHING = frozenset({"und", "mul", "zxx", "mis"})

_TAG = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8})*", re.ASCII)

#: a tag of RFC 5646 that anyone uses is shorter
_LONGEST_TAG = 35
#: a lead tells the language; more only costs time (0.1 ms a thousand characters)
_ENOUGH = 1_500
#: fewer letters than this say too little; the scripts without an alphabet say more with each
_LEAST_LETTERS = 20
_LEAST_BYTES = 30
#: probability of the whole bucket, among the languages that are possible, under which the answer is "unknown"
_LEAST_PROBABILITY = 0.6
#: probability of all plausible languages together under which the text is in none of them
_LEAST_PLAUSIBLE = 0.02


@lru_cache(maxsize=1024)
def tag(text: str) -> str | None:
    """The language tag in lower case, with hyphens and with today's code for an old one.

    None where the text is no tag or one that says nothing ("und").
    """
    if len(text) > _LONGEST_TAG:
        return None
    lower = text.strip().lower().replace("_", "-")
    if not _TAG.fullmatch(lower):
        return None
    primary, hyphen, rest = lower.partition("-")
    primary = _MODERN.get(primary, primary)
    return None if primary in _NOTHING else primary + hyphen + rest


@lru_cache(maxsize=1024)
def bucket(text: str) -> str | None:
    """The primary subtag that stands for a tag's language; equal for two tags of one language."""
    known = tag(text)
    if known is None:
        return None
    primary = known.partition("-")[0]
    return _BUCKETS.get(primary, primary)


def same_language(one: str, other: str) -> bool:
    """Whether two tags name one language: regions ignored, Indonesian and Malay one; false where either is no tag."""
    first = bucket(one)
    return first is not None and first == bucket(other)


def detect(text: str, plausible: Collection[str] = ()) -> str | None:
    """The language that a text is in, or None where the text is too short or undecided to say.

    ``plausible`` are tags to choose among, such as those of a feed's other entries; empty means every language that
    feeds are written in. The answer is one of ``plausible`` as tagged there, else a two-letter code.
    Method: the naive Bayes model over byte n-grams that ships in py3langid (Lui and Baldwin 2012, langid.py).
    """
    lead = text[:_ENOUGH]
    letters = "".join(character for character in lead if character.isalpha())
    if len(letters) < _LEAST_LETTERS and len(letters.encode("utf-8", "replace")) < _LEAST_BYTES:
        return None
    wanted = {bucket(one): known for one in sorted(plausible, reverse=True) if (known := tag(one)) is not None}
    if plausible and not wanted:
        return None
    ranked = [(label, bucket(label), share) for label, share in _identifier().rank(lead)]
    possible = [one for one in ranked if (one[1] in wanted if wanted else one[1] and one[0] not in _IMPLAUSIBLE)]
    if not possible:
        return None
    label, best, _ = possible[0]
    whole = sum(share for _, _, share in possible)
    if whole < _LEAST_PLAUSIBLE:
        return None
    close = _CLOSE.get(best or "", best)
    if (
        sum(share for _, which, share in possible if _CLOSE.get(which or "", which) == close)
        < _LEAST_PROBABILITY * whole
    ):
        return None
    return wanted.get(best, label)


@cache
def _identifier() -> "LanguageIdentifier":
    """The model, read at the first use: it takes most of a second."""
    # With it comes NumPy: a tenth of a second, which commands that read no text need not wait for.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
