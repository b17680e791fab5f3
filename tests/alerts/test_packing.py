"""Packed dictionaries: lists of words read, spelled, hashed and packed many at a time, as if one by one."""

import ast
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from simplemma.strategies.dictionaries import frontcode
from simplemma.strategies.dictionaries.dictionary_factory import _read_decompressed
from xxhash import xxh3_64_intdigest

from alerts.forms import frontcoded, packing
from alerts.forms import lexicon as lexicon_module
from alerts.forms.hashes import hashes
from alerts.forms.letters import Letters, Lines
from alerts.forms.lexicon import Lexicon
from alerts.forms.spelling import spelt
from news.text import fold

#: letters whose case or folding is none of one for one, marks, and scripts of two, three and four bytes
LETTERS = "abzABZ`'- äßÄŞşţłŁİıǰΣσςΆάЁёйЯأةىֹא½ﬁﷺक़ािსსẞẁ한𐐀😀"
WORDS = st.text(LETTERS, min_size=1, max_size=9) | st.text(LETTERS[:9], min_size=1, max_size=200)


def number(size: int) -> bytes:
    """A size as a list tells it."""
    return bytes([size]) if size < 0x80 else bytes([size & 0x7F | 0x80, size >> 7])


def listed(lemmas: Mapping[str, str], *, backwards: bool = False) -> bytes:
    """A list of words as simplemma's are, which gives the lemmas of forms."""

    def stored(word: str) -> bytes:
        return word.encode()[:: -1 if backwards else 1]

    found, before, lemma_before = [b"SMFC1" + bytes([backwards]) + count(len(lemmas))], b"", b""
    for form, lemma in sorted((stored(form), stored(lemma)) for form, lemma in lemmas.items()):
        shared = common(before, form)
        found.append(number(shared) + number(len(form) - shared) + form[shared:])
        alike = common(form, lemma)
        if lemma == lemma_before:
            found.append(b"\xfe")
        elif alike and len(form) - alike < 0x80:
            found.append(bytes([len(form) - alike]) + number(len(lemma) - alike) + lemma[alike:])
        else:
            found.append(b"\xff" + number(len(lemma)) + lemma)
        before, lemma_before = form, lemma
    return b"".join(found)


def count(of: int) -> bytes:
    """How many there are, as the beginning of a list tells it."""
    return (bytes([of & 0x7F | 0x80]) + count(of >> 7)) if of >= 0x80 else bytes([of])


def common(one: bytes, other: bytes) -> int:
    """How many bytes two words begin with alike."""
    return next(
        (at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
        len(min(one, other, key=len)),
    )


def read(raw: bytes) -> list[tuple[bytes, bytes]]:
    """The forms and lemmas of a list, as they are stored."""
    return [
        (block.forms[row, : block.sizes[row]].tobytes(), block.lemmas[lemma, : block.lemma_sizes[lemma]].tobytes())
        for block in frontcoded.Listing(raw).blocks()
        for row, lemma in enumerate(block.lemma_of)
    ]


@pytest.fixture
def _short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists are read some records at a time."""
    monkeypatch.setattr(frontcoded, "_STRETCH", 64)


@given(st.dictionaries(WORDS, WORDS, max_size=40), st.booleans(), st.sampled_from([8, 64, 1 << 17]))
def test_many_records_at_once_are_read_as_one_by_one(lemmas: dict[str, str], backwards: bool, stretch: int) -> None:  # noqa: FBT001
    raw = listed(lemmas, backwards=backwards)
    _, _, start = frontcode._read_header(raw)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(frontcoded, "_STRETCH", stretch)
        assert read(raw) == [record[1:] for record in frontcode._iter_records(raw, start)]


def test_a_list_that_is_cut_short_is_refused() -> None:
    raw = listed({f"word{at}": f"lemma{at // 3}" for at in range(50)})
    for size in (len(raw) - 1, len(raw) - 4, len(raw) // 2, 12):
        with pytest.raises(ValueError, match="short"):
            read(raw[:size])


def spelled(lines: Lines) -> list[str]:
    """The words of lines."""
    return [
        lines.text[start : start + size].tobytes().decode()
        for start, size in zip(lines.starts, lines.sizes, strict=True)
    ]


@given(st.lists(WORDS, min_size=1, max_size=20))
@example(["İstanbul", "Łódź"])
@example(["ΟΔΟΣ", "ΣΟΦΙΑ"])
def test_many_words_at_once_are_spelled_as_one_by_one(words: list[str]) -> None:
    found = Letters().spellings("".join(f"{word}\n\0\0" for word in words).encode())
    accented = [spelt(word.lower()) for word in words]
    assert spelled(found.accented) == accented
    one_by_one = [Letters().spellings(f"{word}\n".encode()).folded for word in words]
    assert spelled(found.folded) == [word for lines in one_by_one for word in spelled(lines)]
    unlike = {at for at, word in enumerate(spelled(found.folded)) if word != accented[at]}
    assert unlike <= set(found.differ.tolist())


@pytest.mark.parametrize(
    "word", ["Łódź", "Straße", "İstanbul", "Ёлка", "Київ", "ΟΔΟΣ", "Μήλο", "أَحْمَد", "חָבֵר", "किताब", "საქართველო", "½"]
)
def test_a_word_folds_among_others_as_it_does_by_itself(word: str) -> None:
    found = Letters().spellings(f"radom\n{word}\nжурнал\n".encode())
    assert spelled(found.folded) == ["radom", fold(word), "журнал"]


@pytest.mark.parametrize("fill", [0, 0x5A, 0xFF])
def test_many_words_at_once_have_the_hashes_that_xxhash_gives_one_by_one(fill: int) -> None:
    words = [bytes((at * size + fill) & 0xFF for at in range(size)) for size in (*range(100), 300)]
    sizes = np.array([len(word) for word in words])
    starts = np.cumsum(sizes) - sizes
    found = hashes(np.frombuffer(b"".join(words), np.uint8), starts, sizes)
    assert found.tolist() == [xxh3_64_intdigest(word) for word in words]


def test_every_form_of_a_real_list_finds_its_lemma() -> None:
    raw = _read_decompressed("id")
    known = Lexicon(packing.packed(raw, {}))
    for stored, lemma in frontcode._decode_stream(raw).items():
        form, of = stored.decode().lower(), lemma.decode().lower()
        meet = not set(known.lemmas(fold(form), form)).isdisjoint(known.lemmas(fold(of), of))
        assert meet or packing._is_mistaken(heads(stored, lemma))


def heads(form: bytes, lemma: bytes) -> int:
    """The first two bytes of both as a number."""
    return int.from_bytes(form[:2].ljust(2, b"\0") + lemma[:2].ljust(2, b"\0"))


@pytest.mark.usefixtures("_short_stretches")
@pytest.mark.parametrize("backwards", [False, True])
def test_one_lemma_of_more_forms_than_are_read_at_once_is_found_by_them_all(backwards: bool) -> None:  # noqa: FBT001
    forms = [f"kula{at}" for at in range(60)]
    known = Lexicon(packing.packed(listed(dict.fromkeys(forms, "kula"), backwards=backwards), {}))
    assert {tuple(known.lemmas(form, form)) for form in forms} == {(known.lemma("kula"),)}


def test_a_form_with_accents_is_found_with_them_and_without() -> None:
    known = Lexicon(packing.packed(listed({"Grèves": "grève", "Greves": "grave", "Ёлки": "ёлка"}), {}))
    assert known.lemmas("greves", "grèves") == [known.lemma("greve")]
    assert known.lemmas("greves", "greves") == [known.lemma("grave")]
    assert known.lemmas("елки", "ёлки") == []
    assert known.lemmas("елки", "елки") == [known.lemma("елка")]


def test_a_name_under_a_word_that_begins_otherwise_is_no_form_of_it() -> None:
    known = Lexicon(packing.packed(listed({"Paris": "stadt", "städte": "stadt", "besser": "gut", "Ärzte": "arzt"}), {}))
    assert known.lemmas("paris", "paris") == []
    assert known.lemmas("besser", "besser") == [known.lemma("gut")]
    assert known.lemmas("arzte", "ärzte") == [known.lemma("arzt")]


def test_a_correction_stands_in_place_of_what_the_list_has() -> None:
    raw = listed({"mars": "mar", "Mars": "mar", "MARS": "mar", "wales": "wale"})
    known = Lexicon(packing.packed(raw, {"mars": "mars planet"}))
    corrected = known.lemmas("mars", "mars")
    assert len(corrected) == 3  # the capitals are no spelling that a correction is for
    assert known.lemmas("wales", "wales") == [known.lemma("wale")]
    assert known.lemma("mar") in corrected
    assert known.lemma("wale") not in corrected


def test_a_dictionary_is_made_anew_when_anything_that_makes_it_changes() -> None:
    folder = Path(packing.__file__).parent
    # what it takes from outside this folder is there by itself
    used, waiting = set[str](), ["packing"]
    while waiting:
        name = waiting.pop()
        used.add(name)
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("alerts.forms"):
                of = (node.module or "").removeprefix("alerts.forms").strip(".")
                waiting += {of or one.name for one in node.names} - used
    assert used | {"corrections"} == set(lexicon_module._MADE_BY)
