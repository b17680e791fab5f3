"""What holds of every title, text and address that is rendered."""

import email
import email.policy
import json

from digests import alert, digest, item
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts import render
from alerts.cleaning import header_value
from alerts.snippets import excerpt, pieces, sentence, shortened
from alerts.types import Field, How, Span

PIECES = st.sampled_from(
    [
        "=?",
        "?=",
        "UTF-8",
        "?Q?",
        "?b?",
        "=0A",
        "=0D=0A",
        "Bcc: x@y",
        "\r\n",
        "\n",
        "\x85",
        "\u2028",
        "\ud800",
        "<b>",
        "&",
    ]
)
HOSTILE = st.lists(PIECES | st.text(st.characters(), max_size=8), max_size=12).map("".join)
HEADERS = [
    "From",
    "To",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Mailer",
    "Subject",
    "List-Id",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
]


@settings(deadline=None)
@given(HOSTILE)
def test_a_header_value_is_one_clean_line(text: str) -> None:
    value = header_value(text)
    assert value.splitlines() in ([], [value])
    assert "=?" not in value
    assert value == header_value(value)
    value.encode()


@settings(deadline=None, max_examples=60)
@given(HOSTILE, HOSTILE, HOSTILE)
@example(title="0000000¡𐀀𐀀¡¡¡𐀀\n¡Bcc: x@y¡", source="", name="")
def test_a_mail_parses_back_with_its_headers_and_no_other(title: str, source: str, name: str) -> None:
    made = digest([item(title=title, source=source, spans=())], of=alert("daily at 07:00", name=name or "x"))
    (message,) = render.email(made, sender=f"{name} <watch@example.org>", recipient="desk@example.org")
    found = email.message_from_bytes(message.body, policy=email.policy.default)
    assert list(found.keys()) == HEADERS
    assert [one.addr_spec for one in found["To"].addresses] == ["desk@example.org"]
    assert found["Subject"] == render.subject(made)
    assert [one.get_content_type() for one in found.iter_parts()] == ["text/plain", "text/html"]


@settings(deadline=None)
@given(HOSTILE, HOSTILE)
def test_a_webhook_is_json_that_keeps_the_title(title: str, summary: str) -> None:
    (message,) = render.webhook(digest([item(title=title, summary=summary, spans=())]))
    (told,) = json.loads(message.body)["items"]
    assert len(told["title"]) == len(title)


TEXTS = st.text(st.sampled_from("ab А.!? \n。"), max_size=300)


@st.composite
def texts_with_spans(draw: st.DrawFn) -> tuple[str, list[Span]]:
    """A text with spans in it."""
    text = draw(TEXTS.filter(bool))
    found = []
    for number in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        found.append(Span(Field.TEXT, start, end, f"t{number}", How.FOLDED))
    return text, found


@given(texts_with_spans())
def test_a_sentence_holds_its_words(given_: tuple[str, list[Span]]) -> None:
    text, found = given_
    for span in found:
        first, last = sentence(text, span.start, span.end)
        assert 0 <= first <= span.start < span.end <= last <= len(text)


@given(texts_with_spans())
def test_pieces_are_the_text_with_every_span_marked(given_: tuple[str, list[Span]]) -> None:
    text, found = given_
    parted = pieces(text, [(span.start, span.end) for span in found])
    assert "".join("".join(one.text.split()) for one in parted) == "".join(text.split())
    marked = {place for span in found for place in range(span.start, span.end)}
    assert sum(len("".join(one.text.split())) for one in parted if one.marked) == sum(
        not text[place].isspace() for place in marked
    )


@given(texts_with_spans(), st.integers(20, 100))
def test_an_excerpt_is_bounded_and_marks_something(given_: tuple[str, list[Span]], limit: int) -> None:
    text, found = given_
    parts = excerpt(text, found, limit)
    assert any(one.marked for one in parts)
    assert sum(len(one.text) for one in parts) <= 2 * (limit + 2) + 3


#: words of several scripts, one in NFD, one beyond the basic plane; and what may stand between two
WORDS = [
    "Kazakhstan",
    "Казахста\u0301не",
    "واحتجاجات",
    "می\u200cخواهم",
    "哈萨克斯坦",
    "ก็ไม่ได้",
    "𐐀𐐁𐐂",
    "e\u0301te\u0301",
]
BETWEEN = [" ", " ", ". ", ".\n\n", "城", "。", "；", " и ", " … "]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(WORDS), st.booleans(), st.sampled_from(BETWEEN)), max_size=60), st.data())
def test_a_cut_marks_whole_words_only(told: list[tuple[str, bool, str]], data: st.DataObject) -> None:
    text, found = "", []
    for word, is_found, between in told:
        if is_found:
            found.append(Span(Field.TEXT, len(text), len(text) + len(word), word, How.STEM))
        text += word + between
    parts = excerpt(text, found, data.draw(st.integers(30, 200)))
    assert {one.text for one in parts if one.marked} <= {span.term for span in found}
    assert any(one.marked for one in parts) is bool(found)


@given(st.text(max_size=200), st.integers(2, 50))
def test_shortened_is_never_longer(text: str, limit: int) -> None:
    assert len(shortened(text, limit)) <= limit
