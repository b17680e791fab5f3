"""Forms that simplemma's dictionaries put under a word that news seldom means, and the word that it means instead.

A dictionary has one lemma a form, so of two words that have a form in common it knows one: ``powodzi`` is of a flood
and of a verb. A word under itself is its own lemma; where two words share a form that news is full of, both stand.

What happens is a noun in English, ``bombing``, that dictionaries part from its verb; whoever watches one wants both.
"""

from collections.abc import Mapping

#: English events, each with the verb that it is of
_EVENTS = {
    "beating": "beat", "bombing": "bomb", "burning": "burn", "drowning": "drown", "flooding": "flood",
    "gathering": "gather", "hanging": "hang", "hijacking": "hijack", "kidnapping": "kidnap", "killing": "kill",
    "looting": "loot", "lynching": "lynch", "poisoning": "poison", "shelling": "shell", "shooting": "shoot",
    "stabbing": "stab", "warning": "warn",
}  # fmt: skip

#: language → form → its lemmas, parted by blanks
CORRECTIONS: Mapping[str, Mapping[str, str]] = {
    "ar": {"مظاهرات": "مظاهرة", "مظاهرة": "مظاهرة"},
    "de": {"pol": "pol"},
    "el": {"διαδηλώσεις": "διαδήλωση", "διαδηλώσεων": "διαδήλωση"},
    "en": {
        "cancelled": "cancel", "cancelling": "cancel", "labelled": "label", "thieves": "thief",
        "cafés": "cafe café", "mars": "mars", "wales": "wales",
        **_EVENTS, **{f"{event}s": verb for event, verb in _EVENTS.items()},
    },
    "fi": {"vaalit": "vaali", "vaalien": "vaali", "lakkoja": "lakko"},
    "fr": {"paris": "paris"},
    "id": {"beruang": "beruang"},
    "it": {"porta": "porta"},
    "ms": {"polis": "polis", "polisi": "polisi"},
    "pl": {"powodzi": "powódź", "powodzią": "powódź"},
    "ru": {"киев": "киев", "киёв": "киев", "судов": "суд судно"},
}  # fmt: skip
