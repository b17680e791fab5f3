"""What stands in an article's place is a fetch problem, what an editor did is not."""

import pytest

from news.changes import Version
from news.fetchproblems import FetchProblem, believed, problem

PARAGRAPHS = [
    "The harbour office said on Monday that the northern quay stays closed until the crane has been lifted out.",
    "Twenty-six boats wait in the bay, and the crews have been told to stay on board for another night.",
    "Divers searched the basin in the morning and found no leak in the tank of the crane, the office said.",
    "The crane fell during the storm on Saturday, and nobody was on the quay at the time.",
]
ARTICLE = Version("Quay stays closed", "\n\n".join(PARAGRAPHS))


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("", "en", FetchProblem.EMPTY),
        ("\n ", "en", FetchProblem.EMPTY),
        ("The harbour office said on Monday.", "en", FetchProblem.LITTLE),
        ("We use cookies. Accept all or manage preferences.", "en", FetchProblem.CONSENT),
        ("We and our partners store and/or access information. Accept all.\n\nReject all", "en", FetchProblem.CONSENT),
        ("Wir verwenden Cookies. Alle akzeptieren oder Einstellungen verwalten.", "de", FetchProblem.CONSENT),
        ("Kami menggunakan cookie. Terima semua atau kelola preferensi.", "id", FetchProblem.CONSENT),
        ("Мы используем файлы cookie. Принять все.", "ru", FetchProblem.CONSENT),
        (f"{PARAGRAPHS[0]}\n\nSubscribe to continue reading.", "en", FetchProblem.PAYWALL),
        (f"{PARAGRAPHS[0]}\n\nDieser Artikel ist kostenpflichtig. Jetzt abonnieren.", "de", FetchProblem.PAYWALL),
        ("Please enable JavaScript. Checking your browser before you go on.", "en", FetchProblem.CHALLENGE),
        ("404. The page you are looking for does not exist.", "en", FetchProblem.GONE),
        ("Halaman tidak ditemukan.", "id", FetchProblem.GONE),
    ],
)
def test_what_stands_in_an_articles_place(text: str, language: str, expected: FetchProblem) -> None:
    assert problem(ARTICLE, Version(ARTICLE.title, text), language) is expected


def test_another_language_is_none_of_the_articles() -> None:
    other = (
        "Das Hafenamt teilte am Montag mit, dass der nördliche Kai geschlossen bleibt, bis der Kran gehoben ist. "
        "Sechsundzwanzig Boote warten in der Bucht, und die Mannschaften bleiben noch eine Nacht an Bord. "
        "Taucher suchten am Morgen das Becken ab und fanden kein Leck im Tank des Krans."
    )
    assert problem(ARTICLE, Version("Kai bleibt geschlossen", other), "en") is FetchProblem.LANGUAGE


def test_a_lost_title_is_no_edit() -> None:
    assert problem(ARTICLE, Version("", ARTICLE.text)) is FetchProblem.UNTITLED


@pytest.mark.parametrize(
    "text",
    [
        ARTICLE.text,
        ARTICLE.text.replace("Twenty-six", "One hundred and sixty-four"),
        "\n\n".join(PARAGRAPHS[:2]),
        "\n\n".join([*PARAGRAPHS, "The crew of a second boat was told that the page of its log is not available."]),
        "\n\n".join(
            [*PARAGRAPHS, "Readers can subscribe to a letter of the office, for subscribers of the port only."]
        ),
    ],
)
def test_an_edit_is_no_problem(text: str) -> None:
    assert problem(ARTICLE, Version("Quay is open", text), "en") is None


def test_an_article_about_cookies_is_no_consent_page() -> None:
    about = Version("Cookie banners", "Pages say: we use cookies. Accept all, they ask. " + ARTICLE.text)
    assert problem(about, Version("Cookie banners", about.text.replace("Monday", "Tuesday")), "en") is None


def test_a_first_version_has_no_problem() -> None:
    assert problem(Version("Quay", ""), Version("Quay", "We use cookies. Accept all.")) is None


def test_a_cut_is_believed_when_the_next_visit_brings_it_again() -> None:
    cut = Version(ARTICLE.title, PARAGRAPHS[3])
    assert believed(FetchProblem.LITTLE, cut, Version(cut.title, f"{cut.text} "))
    assert not believed(FetchProblem.LITTLE, cut, None)
    assert not believed(FetchProblem.LITTLE, cut, Version(cut.title, PARAGRAPHS[2]))
    assert not believed(FetchProblem.CONSENT, cut, cut)
