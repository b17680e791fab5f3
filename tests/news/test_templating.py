"""The environment of templates and the words of every language."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from digests import alert, digest, item
from jinja2 import UndefinedError

from alerts import render
from news.templating import catalogue, environment, parse_locale, templates_folder

LOCALES = templates_folder() / "locale"
LANGUAGES = sorted(path.stem for path in LOCALES.glob("*.po"))


def used() -> set[str]:
    """Every sentence that templates and code say."""
    found: set[str] = set()
    for path in templates_folder().rglob("*"):
        if path.suffix in {".txt", ".html"}:
            text = path.read_text(encoding="utf-8")
            found |= set(re.findall(r'\b(?:say|count)\("((?:[^"\\]|\\.)*)"', text))
    alerts = templates_folder().parent / "alerts"
    trees = [ast.parse((alerts / name).read_text(encoding="utf-8")) for name in ("wording.py", "unusual.py")]
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"say", "count"}:
            first = node.args[0]
            assert isinstance(first, ast.Constant)
            found.add(str(first.value))
    return found


def test_the_languages_are_there() -> None:
    assert {"en", "id", "ru", "kk", "de"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_says_every_sentence_and_no_other(language: str) -> None:
    with (LOCALES / f"{language}.po").open("rb") as file:
        read = read_po(file, locale=language)
    entries = {str(one.id if isinstance(one.id, str) else one.id[0]): one for one in read if one.id}
    assert set(entries) == used()
    for sentence, entry in entries.items():
        forms = [str(one) for one in entry.string] if isinstance(entry.string, (tuple, list)) else [str(entry.string)]
        assert all(forms), sentence
        wanted = set(re.findall(r"%\(\w+\)s", sentence))
        assert all(set(re.findall(r"%\(\w+\)s", form)) == wanted for form in forms), sentence


def test_plural_forms_are_those_of_the_language() -> None:
    words = catalogue("ru")
    forms = [words.ngettext("%(count)s story", "%(count)s stories", count) for count in (1, 2, 5, 11, 21, 112)]
    assert [form.removeprefix("%(count)s ") for form in forms] == [
        "новость",
        "новости",
        "новостей",
        "новостей",
        "новость",
        "новостей",
    ]


@pytest.mark.parametrize(
    ("name", "language"),
    [("id", "id"), ("id-ID", "id"), ("kk_KZ", "kk"), ("de-AT", "de"), ("xx", "en"), ("", "en"), ("not a locale", "en")],
)
def test_a_locale_falls_back_to_its_language_then_to_english(name: str, language: str) -> None:
    assert parse_locale(name).language == language
    expected = {"en": "Matched", "id": "Cocok", "kk": "Сәйкестік", "de": "Gefunden"}[language]
    assert catalogue(name).gettext("Matched") == expected


def test_a_locale_without_a_catalogue_speaks_english_with_its_own_dates() -> None:
    text = render.text(digest([item()], of=alert("daily at 07:00", locale="fr")))
    assert "Matched: almaty" in text
    assert "5 janv." in text


def test_templates_and_words_in_the_override_folder_win(tmp_path: Path) -> None:
    (tmp_path / "digest").mkdir()
    (tmp_path / "locale").mkdir()
    (tmp_path / "digest" / "subject.txt").write_text("{{ page.name }} / {{ say('Matched') }}", encoding="utf-8")
    (tmp_path / "locale" / "en.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Matched"\nmsgstr "Found"\n',
        encoding="utf-8",
    )
    templates = environment(tmp_path)
    made = digest([item()])
    assert render.subject(made, templates=templates) == "Kazakhstan unrest / Found"
    assert "Found: almaty" in render.text(made, templates=templates)
    assert "Matched: almaty" in render.text(made)


def test_html_is_escaped_and_text_is_not() -> None:
    made = environment()
    assert made.from_string("{{ x }}").render(x="<b>") == "&lt;b&gt;"
    text = render.text(digest([item(title="A <b> & c", spans=())]))
    assert "A <b> & c" in text


def test_a_name_that_a_template_gets_wrong_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nothing }}").render()
