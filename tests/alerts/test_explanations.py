"""From a query and a text to what a reader sees: the marked words, and how each was found."""

from html.parser import HTMLParser

import pytest
from digests import alert, digest, item

from alerts import render
from alerts.index import evaluate
from alerts.query import Aliases, parse
from alerts.types import Document

ALIASES = Aliases.of([("almaty", ["Almaty", "Алматы", "Alma-Ata", "阿拉木图"]), ("capital", ["Nur Sultan"])])


class Marks(HTMLParser):
    """Collects the marked words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self._inside = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A mark begins a word."""
        del attrs
        self._inside = tag == "mark"

    def handle_endtag(self, tag: str) -> None:
        """Any end ends it: nothing stands inside a mark."""
        del tag
        self._inside = False

    def handle_data(self, data: str) -> None:
        """Take a marked word."""
        if self._inside:
            self.words.append(data)


@pytest.mark.parametrize(
    ("query", "language", "title", "text", "marked", "told"),
    [
        (
            "kazakhstan~",
            "en",
            "Kazakshtan burns",
            "Kazakhstan's capital is calm, writes Kazakstan.",
            ["Kazakshtan", "Kazakhstan's", "Kazakstan"],
            "Kazakshtan, Kazakstan: one slip from kazakhstan (title, text) · kazakhstan (text)",
        ),
        (
            "казахстан AND @almaty",
            "ru",
            "😀 В Казахста\u0301не",
            "Стреляют в КАЗАХСТАНЕ и под Алматой, в Алматы.",
            ["Казахста\u0301не", "КАЗАХСТАНЕ", "Алматой", "Алматы"],
            "Казахста\u0301не: a form of казахстан (title, text) · @almaty: Алматой, Алматы (text)",
        ),
        (
            "қазақстан AND @almaty",
            "kk",
            "Қазақстандағы жағдай",
            "Алматыда тыныш.",
            ["Қазақстандағы", "Алматыда"],
            "Қазақстандағы: a form of қазақстан (title) · @almaty: Алматыда (text)",
        ),
        (
            "rusuh protes",
            "id",
            "Perusuh ditangkap",
            "Kerusuhan usai; pemrotes pulang. Rusuh lagi.",
            ["Perusuh", "Kerusuhan", "pemrotes"],
            "Perusuh, Kerusuhan: forms of rusuh (title, text) · pemrotes: a form of protes (text) · rusuh (text)",
        ),
        (
            "احتجاجات",
            "ar",
            "واحتجاجات في المدينة",
            "هل انتهت؟ بدأت احتجاجات أخرى.",
            ["واحتجاجات", "احتجاجات"],
            "واحتجاجات: a form of احتجاجات (title) · احتجاجات (text)",
        ),
        (
            "哈萨克斯坦 NEAR/4 骚乱",
            "zh",
            "哈萨克斯坦骚乱",
            "平静。在哈萨克斯坦的骚乱持续。",
            ["哈萨克斯坦骚乱", "哈萨克斯坦", "骚乱"],
            "哈萨克斯坦 (title, text) · 骚乱 (title, text)",
        ),
        (
            "ประท้วง",
            "th",
            "การประท้วงในเมือง",
            "",
            ["ประท้วง"],
            "ประท้วง (title)",
        ),
        (
            '"declared emergency"~3 OR @country:KZ OR emergency',
            "en",
            "Kazakhstan declared a state of emergency",
            "",
            ["Kazakhstan", "declared a state of emergency"],
            '@country:KZ: Kazakhstan (title) · "declared emergency"~3 (title) · emergency (title)',
        ),
        (
            "alma-ata OR @almaty OR @capital",
            "en",
            "Alma Ata’s mayor",
            "He left Nur-Sultan for Almaty.",
            ["Alma Ata’s", "Nur-Sultan", "Almaty"],
            "@almaty: Alma Ata’s, Almaty (title, text) · alma-ata (title) · @capital: Nur-Sultan (text)",
        ),
        (
            "=US protest* cafe",
            "en",
            "US cafés and us",
            "A Café of Protesters, and protests.",
            ["US", "cafés", "Café", "Protesters", "protests"],
            "=US (title) · cafés: a form of cafe (title) · cafe (text) · protest*: Protesters, protests (text)",
        ),
    ],
)
def test_the_words_are_marked_and_told(  # noqa: PLR0917 - pytest passes by name
    query: str, language: str, title: str, text: str, marked: list[str], told: str
) -> None:
    spans = evaluate(parse(query, ALIASES), Document(title, text, language, None, None, None))
    assert spans is not None
    made = digest(
        [item(title=title, text=text, summary=text, language=language, spans=spans)], of=alert("daily at 07:00")
    )
    page, plain = render.html(made), render.text(made)
    assert Marks(page).words == marked
    assert [word for word in marked if f"*{word}*" not in plain] == []
    assert f"Matched: {told}\n" in plain
