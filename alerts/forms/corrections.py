"""Forms that simplemma's dictionaries put under a word that news seldom means, and the word that it means instead.

A dictionary has one lemma a form, so of two words that have a form in common it knows one: ``powodzi`` is of a flood
and of a verb. A word under itself is its own lemma.
"""

from collections.abc import Mapping

CORRECTIONS: Mapping[str, Mapping[str, str]] = {
    "ar": {"مظاهرات": "مظاهرة", "مظاهرة": "مظاهرة"},
    "el": {"διαδηλώσεις": "διαδήλωση", "διαδηλώσεων": "διαδήλωση"},
    "en": {
        "cancelled": "cancel", "cancelling": "cancel", "labelled": "label", "thieves": "thief",
        "mars": "mars", "wales": "wales",
    },
    "fi": {"vaalit": "vaali", "vaalien": "vaali", "lakkoja": "lakko"},
    "fr": {"paris": "paris"},
    "id": {"beruang": "beruang"},
    "it": {"porta": "porta"},
    "ms": {"polis": "polis", "polisi": "polisi"},
    "pl": {"powodzi": "powódź", "powodzią": "powódź"},
}  # fmt: skip
