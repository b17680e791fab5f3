"""What ``bench.matching`` measures with: made-up texts in three languages, and the queries of a large desk.

Words are made up, so that no text is anybody's; their shapes, letters, endings and frequencies are those of news:

- a language has 30,000 words, drawn by Zipf's law as in any language; the commonest stand as they are, the others take
  the endings of its grammar;
- one word in twenty-five of a text is a name, out of 200,000 drawn by the law of Zipf and Mandelbrot: the most told of
  stands in one text of twenty-five, most are rare, and new ones keep coming;
- queries ask for names, alone and with the words of events. Who watches has a firm, a place, a person of their own, so
  names are watched evenly; the alternative is to watch them as they are told of, by the root of their frequency. The
  events' words are of middling frequency, and one in four stands in the query in another form than the dictionary's.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from alerts.types import Document

#: of a document, its title included
WORDS = 400
_TITLE = 9
_COMMON = 30_000
_NAMES = 200_000
_NAME_RANKS = range(50, 50 + _NAMES)
#: ranks among a language's words of those that tell of events
_EVENTS = range(300, 5_000)
#: the share of a query's words that are written in a form of their own, where the language has endings for it
_BENT = 0.5
#: the commonest words of a language have one form
_FUNCTION_WORDS = 150
_NAME_EVERY = 25
_SENTENCE = 14
_HAN, _CHARACTERS = 0x4E00, 4_000

#: language → consonants, vowels and endings
_LANGUAGES = {
    "en": ("bcdfghjklmnprstvwyz", "aeiou", ["", "", "", "", "s", "s", "ed", "ing"]),
    "id": ("bcdghjklmnprstwy", "aaeiou", ["", "", "", "", "", "kan", "nya", "i"]),
    "ru": ("бвгджзклмнпрстфхцчш", "аеиоуыя", ["", "", "", "а", "у", "ом", "е", "ы"]),
}


@dataclass(frozen=True)
class Language:
    """One language's words."""

    tag: str
    #: the common ones first
    words: list[str]
    names: list[str]
    endings: list[str]


class Newsroom:
    """Draws texts and queries; the same ones for the same seed."""

    def __init__(self, seed: int, *, evenly: bool = True) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - a benchmark repeats itself
        latin, cyrillic = (self._made(tag, _NAMES, 2, 4) for tag in ("en", "ru"))
        self._languages = [
            Language(tag, self._made(tag, _COMMON, 1, 3), cyrillic if tag == "ru" else latin, endings)
            for tag, (_, _, endings) in _LANGUAGES.items()
        ]
        self._zipf = list(accumulate(1 / rank for rank in range(1, _COMMON + 1)))
        self._told = list(accumulate(1 / rank for rank in _NAME_RANKS))
        self._watched = list(accumulate(1.0 if evenly else rank**-0.5 for rank in _NAME_RANKS))

    def documents(self, count: int) -> list[Document]:
        """Texts of the three languages in turn."""
        return [self._document(self._languages[number % len(self._languages)]) for number in range(count)]

    def queries(self, count: int) -> Iterator[str]:
        """Queries of all shapes, as they are written."""
        for _ in range(count):
            yield self._query(self._chance.choice(self._languages))

    def slips(self, count: int) -> Iterator[str]:
        """Queries for a name with a typing slip in it."""
        drawn = 0
        while drawn < count:
            name = self._name(self._chance.choice(self._languages))
            if len(name) >= 6:
                yield f"{name}~"
                drawn += 1

    def names(self, count: int) -> Iterator[str]:
        """Queries for one name each, of the language that is written first."""
        for _ in range(count):
            yield self._name(self._languages[0])

    def unspaced(self, queries: int, documents: int) -> tuple[list[str], list[Document]]:
        """Terms of two to four characters, and texts of twice as many characters as others have words."""
        characters = [chr(code) for code in range(_HAN, _HAN + _CHARACTERS)]
        self._chance.shuffle(characters)
        weights = list(accumulate(1 / rank for rank in range(20, 20 + _CHARACTERS)))

        def drawn(count: int) -> str:
            return "".join(self._chance.choices(characters, cum_weights=weights, k=count))

        def written() -> Document:
            text = "。".join(drawn(_SENTENCE * 2) for _ in range(WORDS // _SENTENCE))
            return Document(drawn(_TITLE * 2), text, "zh", None, None, None)

        return [drawn(self._chance.randint(2, 4)) for _ in range(queries)], [written() for _ in range(documents)]

    def _query(self, language: Language) -> str:
        """One query; a name's two parts are drawn alike, since that is how names are."""

        def name() -> str:
            return self._name(language)

        def event() -> str:
            word = language.words[self._chance.choice(_EVENTS)]
            return self._inflected(word, language) if self._chance.random() < _BENT else word

        def beginning() -> str:
            return language.words[self._chance.choice(_EVENTS)][:5] + "*"

        shapes: list[tuple[int, Callable[[], str]]] = [
            (2, name),
            (3, lambda: f'"{name()} {name()}"'),
            (4, lambda: f"{name()} {event()}"),
            (3, lambda: f"({name()} OR {name()} OR {name()}) ({event()} OR {event()} OR {beginning()})"),
            (2, lambda: f'"{name()} {name()}" OR {name()}'),
            (3, lambda: f"({name()} OR {name()}) NEAR/10 ({event()} OR {beginning()})"),
            (2, lambda: f"{name()} -{event()} -{event()}"),
            (1, lambda: f"title:{name()} OR {event()} NEAR/4 {name()}"),
            (1, lambda: f'{name()} "{event()} {event()}"~3'),
        ]
        return self._chance.choices([shape for _, shape in shapes], [weight for weight, _ in shapes])[0]()

    def _name(self, language: Language) -> str:
        """A name that somebody watches."""
        return self._chance.choices(language.names, cum_weights=self._watched)[0].capitalize()

    def _inflected(self, word: str, language: Language) -> str:
        """A word in one of its forms."""
        return word + self._chance.choice(language.endings)

    def _document(self, language: Language) -> Document:
        """One text, in sentences."""
        chance = self._chance
        ranks = chance.choices(range(_COMMON), cum_weights=self._zipf, k=WORDS)
        written = [
            language.words[rank] if rank < _FUNCTION_WORDS else self._inflected(language.words[rank], language)
            for rank in ranks
        ]
        for number in range(chance.randrange(_NAME_EVERY), WORDS, _NAME_EVERY):
            written[number] = chance.choices(language.names, cum_weights=self._told)[0].capitalize()
        for number in range(0, WORDS, _SENTENCE):
            written[number] = written[number].capitalize()
            if number:
                written[number - 1] += "."
        title, text = " ".join(written[:_TITLE]), " ".join(written[_TITLE:])
        return Document(title, text, language.tag, None, None, None)

    def _made(self, tag: str, count: int, least: int, most: int) -> list[str]:
        """Distinct made-up words, the first ones shorter."""
        consonants, vowels, _ = _LANGUAGES[tag]
        found: dict[str, None] = {}
        while len(found) < count:
            length = min(most, least + len(found) // 100) + self._chance.randrange(2)
            syllables = (self._chance.choice(consonants) + self._chance.choice(vowels) for _ in range(length))
            found["".join(syllables) + self._chance.choice(["", consonants[-3], consonants[5]])] = None
        return list(found)
