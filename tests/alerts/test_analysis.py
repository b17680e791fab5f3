"""What single words answer, and where."""

from alerts.analysis import Analyser, form_atom, plain_atom, prefix_atom, word_atom
from alerts.types import Document, Field


def document(title: str, text: str, url: str | None = None) -> Document:
    """A document of which only the words matter."""
    return Document(title, text, None, None, None, url)


def test_a_word_is_found_with_and_without_clitics_a_plain_one_only_as_written() -> None:
    reading = Analyser().read(document("", "Kazakhstan’s neighbours, Kazakhstan"))
    assert reading.places(word_atom("kazakhstan"), Field.TEXT) == [0, 2]
    assert reading.places(plain_atom("kazakhstan"), Field.TEXT) == [2]
    assert reading.places(plain_atom("kazakhstan's"), Field.TEXT) == [0]


def test_a_form_minds_case_only_with_an_upper_case_letter() -> None:
    reading = Analyser().read(document("", "polish Polish POLISH pólish"))
    assert reading.places(form_atom("polish"), Field.TEXT) == [0, 1, 2]
    assert reading.places(form_atom("Polish"), Field.TEXT) == [1]
    assert reading.places(word_atom("polish"), Field.TEXT) == [0, 1, 2, 3]


def test_a_prefix_is_found_inside_a_clitic_too() -> None:
    reading = Analyser().read(document("", "l'Algérie Algiers Alma"))
    assert reading.places(prefix_atom("alg"), Field.TEXT) == [0, 1]


def test_title_and_text_are_counted_apart() -> None:
    reading = Analyser().read(document("almaty", "in almaty"))
    assert reading.places(word_atom("Almaty"), Field.TITLE) == [0]
    assert reading.places(word_atom("Almaty"), Field.TEXT) == [1]
    assert reading.offsets(Field.TEXT)[1] == (3, 9)


def test_what_is_known_already_answers_the_same() -> None:
    asked = [word_atom("almaty"), prefix_atom("unr"), word_atom("nothing")]
    text = document("Unrest", "almaty unrest Almaty's")
    plain, told = Analyser().read(text), Analyser().read(text)
    told.adopt({asked[0]: ["almaty", "Almaty's"], asked[1]: ["unrest", "Unrest"]})
    for field in Field:
        for atom in asked:
            assert told.places(atom, field) == plain.places(atom, field)


def test_an_address_is_read_in_words_without_trackers() -> None:
    reading = Analyser().read(document("", "", "https://m.example.org/Politik/%D0%B0%D0%BB%D0%BC%D0%B0?utm_source=x1"))
    address = reading.of_url()
    assert address.places(word_atom("politik"), Field.TEXT)
    assert address.places(word_atom("алма"), Field.TEXT)
    assert not address.places(word_atom("x1"), Field.TEXT)


def test_a_document_without_an_address_has_no_words_in_it() -> None:
    assert not Analyser().read(document("a", "b")).of_url().types


def test_word_types_are_remembered_but_not_junk() -> None:
    analyser = Analyser()
    assert analyser.forms("Almaty") is analyser.forms("Almaty")
    junk = "x" * 500
    assert analyser.forms(junk) is not analyser.forms(junk)
