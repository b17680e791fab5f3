"""What people are told of the words that were found."""

from collections.abc import Sequence

import pytest
from digests import alert, digest, item, spans

from alerts import render
from alerts.findings import Likeness, findings
from alerts.types import Field, How, Span
from alerts.wording import explained


def told(title: str, matched: Sequence[str], *, text: str = "", language: str = "en", locale: str = "en") -> str:
    """The line for ``term=words=how`` wherever the words stand."""
    return explained(spans(title, text, matched), title=title, text=text, language=language, locale=locale)


@pytest.mark.parametrize(
    ("words", "term", "how", "expected"),
    [
        ("Kazakhstan", "Kazakhstan", "exact", "Kazakhstan"),
        ("KAZAKHSTAN", "kazakhstan", "folded", "kazakhstan"),
        ("café", "cafe", "folded", "cafe"),
        ("Kazakhstan’s", "kazakhstan", "stem", "kazakhstan"),
        ("l'Algérie", "algerie", "stem", "algerie"),
        ("Alma Ata's", "alma-ata", "stem", "alma-ata"),
        ("Казахстане", "казахстан", "stem", "Казахстане: a form of казахстан"),
        ("واحتجاجات", "احتجاجات", "stem", "واحتجاجات: a form of احتجاجات"),
        ("Kazakshtan", "kazakhstan~", "fuzzy", "Kazakshtan: one slip from kazakhstan"),
        ("Kazakshtan’s", "kazakhstan~", "fuzzy", "Kazakshtan’s: one slip from kazakhstan"),
        ("Kazakhstan", "kazakhstan~", "fuzzy", "kazakhstan"),
        ("KAZAKHSTAN", "kazakhstan~", "fuzzy", "kazakhstan"),
        ("Kazakhstan's", "kazakhstan~", "fuzzy", "kazakhstan"),
        ("protesters", "protest*", "prefix", "protest*: protesters"),
        ("Алматыда", "@almaty", "alias", "@almaty: Алматыда"),
        ("Kazakhstan", "@country:KZ", "alias", "@country:KZ: Kazakhstan"),
        ("哈萨克斯坦", "哈萨克斯坦", "substring", "哈萨克斯坦"),
        ("State of emergency", '"state of emergency"', "phrase", '"state of emergency"'),
    ],
)
def test_only_what_is_not_plainly_the_word_is_explained(words: str, term: str, how: str, expected: str) -> None:
    assert told(f"— {words} —", [f"{term}={words}={how}"]) == f"{expected} (title)"


def test_words_found_alike_are_told_together_and_once() -> None:
    title, text = "Perusuh in a harbour, PERUSUH", "Kerusuhan, perusuh. Rusuh."
    found = told(title, ["rusuh=Perusuh=stem", "rusuh=PERUSUH=stem", "rusuh=Kerusuhan=stem"], text=text)
    assert found == "Perusuh, Kerusuhan: forms of rusuh (title, text)"
    found = told(title, ["rusuh=Perusuh=stem", "rusuh=Rusuh=folded"], text=text)
    assert found == "Perusuh: a form of rusuh (title) · rusuh (text)"


def test_title_and_text_are_named_where_the_word_stands() -> None:
    assert told("Almaty", ["almaty=Almaty"], text="Almaty") == "almaty (title, text)"
    assert told("Calm", ["almaty=Almaty"], text="Almaty") == "almaty (text)"


def test_what_is_too_much_is_cut() -> None:
    words = [f"protest{letter}" for letter in "abcdef"]
    found = told(" ".join(words), [f"protest*={word}=prefix" for word in words])
    assert found == "protest*: protesta, protestb, protestc, protestd, … (title)"
    terms = [f"word{letter}" for letter in "abcdefghij"]
    found = told(" ".join(terms), [f"{term}={term}=exact" for term in terms])
    assert found.endswith("wordh (title) · …")
    long = [f"{letter * 60}" for letter in "abcdefgh"]
    found = told(" ".join(long), [f"{term}={term}=exact" for term in long])
    assert found == " · ".join([*(f"{term} (title)" for term in long[:4]), "…"])
    assert told("x" * 400, [f"y~={'x' * 400}=fuzzy"]) == f"{'x' * 79}…: one slip from y (title)"


@pytest.mark.parametrize(
    ("locale", "form", "slip", "places"),
    [
        ("en", "Казахстане: a form of казахстан", "Казахстин: one slip from казахстан", "title"),
        ("ru", "Казахстане: форма слова казахстан", "Казахстин: казахстан с одной опечаткой", "заголовок"),
        ("id", "Казахстане: bentuk dari казахстан", "Казахстин: казахстан dengan satu salah ketik", "judul"),
        ("kk", "Казахстане: казахстан сөзінің түрі", "Казахстин: бір қатемен жазылған казахстан", "тақырып"),
        ("de", "Казахстане: eine Form von казахстан", "Казахстин: казахстан mit einem Tippfehler", "Titel"),
    ],
)
def test_every_locale_has_words_for_it(locale: str, form: str, slip: str, places: str) -> None:
    found = told("Казахстане", ["казахстан=Казахстане=stem"], language="ru", locale=locale)
    assert found == f"{form} ({places})"
    found = told("Казахстин", ["казахстан~=Казахстин=fuzzy"], language="ru", locale=locale)
    assert found == f"{slip} ({places})"


def test_terms_and_words_are_not_read_as_directives() -> None:
    assert told("100%(x)s", ["%(y)s~=100%(x)s=fuzzy"]) == "100%(x)s: one slip from %(y)s (title)"


def test_words_of_a_text_that_is_gone_leave_their_term() -> None:
    span = Span(Field.TEXT, 4, 14, "kazakhstan~", How.FUZZY)
    (found,) = findings([span], title="", text="", language=None)
    assert (found.term, found.likeness, found.words, found.fields) == (
        "kazakhstan~",
        Likeness.ITSELF,
        (),
        (Field.TEXT,),
    )


def test_a_mail_calls_a_slip_only_what_is_one_and_a_webhook_keeps_how_it_was_asked() -> None:
    title = "Kazakhstan, misspelt Kazakshtan"
    matched = spans(title, "", ["kazakhstan~=Kazakhstan=fuzzy", "kazakhstan~=Kazakshtan=fuzzy"])
    made = digest([item(title=title, text="", spans=matched)], of=alert("daily at 07:00"))
    shown = render.text(made)
    assert "1. *Kazakhstan*, misspelt *Kazakshtan*" in shown
    assert "Matched: kazakhstan (title) · Kazakshtan: one slip from kazakhstan (title)" in shown
    (message,) = render.webhook(made)
    assert message.body.count(b'"how":"fuzzy"') == 2
    assert message.body.count(b'"term":"kazakhstan~"') == 2
