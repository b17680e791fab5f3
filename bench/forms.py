"""How many forms of a word are found, and how many unrelated words with them, by five ways to tell.

::

    tests/cases/forms/LANGUAGE.tsv ──▶ share found of pairs that are one word, number joined of pairs that are not
    the words of collected pages   ──▶ pairs that are joined though a dictionary has different lemmas for them

``folded`` is the word itself, ``lemma`` simplemma's, ``stem`` Snowball's, ``union`` any of the three. The second table
needs ``STORYWATCH_CORPORA``, and prints what to look at; ``python -m bench.forms --examples`` prints more.
"""

import gzip
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import simplemma
from Stemmer import Stemmer

from alerts.forms import asked, family_of, given
from alerts.forms.lexicon import lexicon
from news.languages import bucket, detect
from news.plain import plain_text
from news.text import bare_forms, fold, surfaces

_CASES = Path(__file__).parent.parent / "tests" / "cases" / "forms"
_SNOWBALL = {
    "en": "english", "id": "indonesian", "ms": "indonesian", "ru": "russian", "ar": "arabic", "tr": "turkish",
    "de": "german", "fr": "french", "es": "spanish", "pt": "portuguese", "it": "italian", "pl": "polish",
    "fa": "persian", "hi": "hindi", "nl": "dutch", "cs": "czech", "el": "greek", "fi": "finnish", "hu": "hungarian",
    "ro": "romanian", "sv": "swedish", "sr": "serbian",
}  # fmt: skip
_COMMONEST = 3_000
_LEAST_WORDS = 3_000

_Keys = Callable[[str], set[str]]


def _ways(language: str) -> dict[str, tuple[_Keys, _Keys]]:
    """Each way to tell, as the keys of a query's word and of a text's word."""
    stemmer = Stemmer(_SNOWBALL[language]) if language in _SNOWBALL else None
    known = language in simplemma.strategies.dictionaries.dictionary_factory.SUPPORTED_LANGUAGES

    def folded(word: str) -> set[str]:
        return {fold(word), *bare_forms(fold(word))}

    def lemma(word: str) -> set[str]:
        return {fold(simplemma.lemmatize(one, language)) for one in (word, word.lower())} if known else folded(word)

    def stem(word: str) -> set[str]:
        return {fold(stemmer.stemWord(word.lower()))} if stemmer else folded(word)

    def union(word: str) -> set[str]:
        return folded(word) | {"lemma " + one for one in lemma(word)} | {"stem " + one for one in stem(word)}

    family = family_of(language)
    ways = {"folded": folded, "lemma": lemma, "stem": stem, "union": union}
    return {name: (keys, keys) for name, keys in ways.items()} | {
        "ours": (lambda word: set(asked(word, family)), lambda word: set(given(word, family)))
    }


def pairs(language: str) -> Iterator[tuple[str, str, str]]:
    """The labelled pairs of a language: ``same``, ``different`` or ``miss``, a query's word and a text's."""
    for line in (_CASES / f"{language}.tsv").read_text("utf-8").splitlines():
        kind, query, text, *_ = line.split("\t")
        yield kind, query, text


def labelled() -> bool:
    """Print the table of labelled pairs; whether none that is different is joined by ours."""
    right = True
    print(f"{'':4}{'pairs':>9} " + "".join(f"{way:>16}" for way in ("folded", "lemma", "stem", "union", "ours")))
    for path in sorted(_CASES.glob("*.tsv")):
        language = path.stem
        cases = list(pairs(language))
        same = [pair for kind, *pair in cases if kind != "different"]
        different = [pair for kind, *pair in cases if kind == "different"]
        row = f"{language:4}{len(same):>4} +{len(different):>3} "
        for name, (ask, give) in _ways(language).items():
            found = sum(not ask(query).isdisjoint(give(text)) for query, text in same)
            wrong = sum(not ask(query).isdisjoint(give(text)) for query, text in different)
            row += f"{found / len(same):>9.0%} {wrong:>3} no"
            right = right and not (name == "ours" and wrong)
        print(row)
    return right


def _texts(root: Path) -> Iterator[tuple[str, str]]:
    """The texts of the collection with their languages."""
    for path, fields in (
        ("pairs/tgcontest.jsonl.gz", ("first", "second")),
        ("pages/fundus.jsonl.gz", ()),
        ("pages/aeb.jsonl.gz", ()),
        ("pages/htmldate.jsonl.gz", None),
    ):
        with gzip.open(root / path, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                if fields:
                    texts = [f"{row[one]['title']}\n{row[one]['text']}" for one in fields]
                elif fields == ():
                    texts = [row["gold"]["text"]]
                else:
                    texts = [plain_text(row.get("html", ""))[:20_000]]
                for text in texts:
                    if language := bucket(detect(text) or ""):
                        yield language, text


def vocabulary(root: Path) -> dict[str, list[str]]:
    """The commonest words of each language of the collection that has enough."""
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for language, text in _texts(root):
        counted[language].update(word for word in surfaces(text) if len(word) > 2 and word[0].isalpha())
    return {
        language: [word for word, _ in words.most_common(_COMMONEST)]
        for language, words in counted.items()
        if words.total() >= _LEAST_WORDS
    }


def joined(language: str, words: Iterable[str]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Pairs of different words that ours joins: those that simplemma parts, and those of which it does not know one."""
    family = family_of(language)
    known = language in simplemma.strategies.dictionaries.dictionary_factory.SUPPORTED_LANGUAGES
    answering: defaultdict[str, set[str]] = defaultdict(set)
    for word in words:
        for key in given(word, family):
            answering[key].add(word)
    parted: set[tuple[str, str]] = set()
    guessed: set[tuple[str, str]] = set()
    for word in words:
        for other in set().union(*(answering[key] for key in asked(word, family) if key in answering)):
            if fold(other) == fold(word):
                continue
            if known and simplemma.is_known(word, language) and simplemma.is_known(other, language):
                lemmas = [
                    {fold(simplemma.lemmatize(form, language)) for form in (one, one.lower())} | {fold(one)}
                    for one in (word, other)
                ]
                if lemmas[0].isdisjoint(lemmas[1]):
                    parted.add((word, other))
            else:
                guessed.add((word, other))
    return sorted(parted), sorted(guessed)


def costs(words: list[str], language: str) -> str:
    """Microseconds a word, asked and given, and what the dictionary holds."""
    family = family_of(language)
    asked(words[0], family)
    times = []
    for keys in (asked, given):
        began = time.process_time()
        for word in words:
            keys(word, family)
        times.append((time.process_time() - began) / len(words) * 1e6)
    return f"asked {times[0]:.0f} µs, given {times[1]:.0f} µs"


def _resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def memory() -> None:
    """Print what dictionaries cost to read and to hold."""
    print("\ndictionary   forms   held   read   grown by")
    for code in ("id", "en", "ru", "de", "pl"):
        before, began = _resident(), time.process_time()
        entries = len(lexicon(code))
        took, grown = time.process_time() - began, _resident() - before
        print(f"{code:8}{entries / 1e3:>8.0f}k {entries * 8 / 1e6:>3.0f} MB {took:>5.1f} s {grown / 1e6:>6.0f} MB")


def main(arguments: list[str]) -> int:
    """Print the tables; 1 where a pair of different words is joined."""
    right = labelled()
    memory()
    root = os.environ.get("STORYWATCH_CORPORA")
    if not root:
        print("STORYWATCH_CORPORA is not set: the words of collected pages are skipped")
        return 0 if right else 1
    most = 400 if "--examples" in arguments else 12
    for language, words in sorted(vocabulary(Path(root)).items()):
        parted, guessed = joined(language, words)
        print(f"\n{language}: {len(words)} words, {costs(words, language)}")
        for name, found in (("known to be different", parted), ("one of them unknown", guessed)):
            shown = ", ".join(f"{one}–{other}" for one, other in found[:: max(1, len(found) // most)])
            print(f"  joined, {name}: {len(found)}: {shown}")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
