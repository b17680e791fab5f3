"""What single words answer, and where."""

from alerts.analysis import Analyser, Atom, form_atom, plain_atom, prefix_atom, word_atom
from alerts.reading import Reading
from alerts.types import Document, Field


def document(title: str, text: str, url: str | None = None) -> Document:
    """A document of which only the words matter."""
    return Document(title, text, None, None, None, url)


class Known:
    """What somebody knows already."""

    def __init__(self, types: dict[Atom, list[str]]) -> None:
        self.types = types

    def has(self, atom: Atom) -> bool:
        """Whether it is known."""
        return atom in self.types

    def types_for(self, atom: Atom) -> list[str]:
        """What is known of it."""
        return self.types.get(atom, [])


def test_a_word_is_found_with_and_without_clitics_a_plain_one_only_as_written() -> None:
    reading = Reading(document("", "Kazakhstan’s neighbours, Kazakhstan"), Analyser())
    assert reading.places(word_atom("kazakhstan"), Field.TEXT) == [0, 2]
    assert reading.places(plain_atom("kazakhstan"), Field.TEXT) == [2]
    assert reading.places(plain_atom("kazakhstan's"), Field.TEXT) == [0]


def test_a_form_minds_case_only_with_an_upper_case_letter() -> None:
    reading = Reading(document("", "polish Polish POLISH pólish"), Analyser())
    assert reading.places(form_atom("polish"), Field.TEXT) == [0, 1, 2]
    assert reading.places(form_atom("Polish"), Field.TEXT) == [1]
    assert reading.places(word_atom("polish"), Field.TEXT) == [0, 1, 2, 3]


def test_a_prefix_is_found_inside_a_clitic_too() -> None:
    reading = Reading(document("", "l'Algérie Algiers Alma"), Analyser())
    assert reading.places(prefix_atom("alg"), Field.TEXT) == [0, 1]


def test_title_and_text_are_counted_apart() -> None:
    reading = Reading(document("almaty", "in almaty"), Analyser())
    assert reading.places(word_atom("Almaty"), Field.TITLE) == [0]
    assert reading.places(word_atom("Almaty"), Field.TEXT) == [1]
    assert reading.offsets(Field.TEXT)[1] == (3, 9)


def test_what_is_known_already_answers_the_same() -> None:
    asked = [word_atom("almaty"), prefix_atom("unr"), word_atom("nothing")]
    text = document("Unrest", "almaty unrest Almaty's")
    plain, told = Reading(text, Analyser()), Reading(text, Analyser())
    known: dict[Atom, list[str]] = {asked[0]: ["almaty", "Almaty's"], asked[1]: ["unrest", "Unrest"]}
    told.adopt(Known(known))
    for field in Field:
        for atom in asked:
            assert told.places(atom, field) == plain.places(atom, field)


def test_an_address_is_read_in_words_without_trackers() -> None:
    reading = Reading(
        document("", "", "https://m.example.org/Politik/%D0%B0%D0%BB%D0%BC%D0%B0?utm_source=x1"), Analyser()
    )
    address = reading.of_url()
    assert address.places(word_atom("politik"), Field.TEXT)
    assert address.places(word_atom("алма"), Field.TEXT)
    assert not address.places(word_atom("x1"), Field.TEXT)


def test_a_document_without_an_address_has_no_words_in_it() -> None:
    assert not Reading(document("a", "b"), Analyser()).of_url().types


def test_word_types_are_remembered_but_not_junk() -> None:
    analyser = Analyser()
    for surface in ("Almaty", "Kazakhstan’s", "L'Algérie", "x" * 500):
        first, again = analyser.word_type(surface, "fr"), analyser.word_type(surface, "fr")
        assert first == again
        assert first == Analyser().word_type(surface, "fr")
    assert list(analyser._types["fr"]) == ["Almaty", "Kazakhstan’s", "L'Algérie"]
