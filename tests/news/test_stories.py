"""Which story an article belongs to."""

from datetime import UTC, datetime, timedelta

import pytest

from news.stories import WINDOW, Assignment, KnownText, assign, count_words, text_key
from news.storybook import Placed, StoryBook
from news.types import StoryReason

NOW = datetime(2022, 1, 5, 12, tzinfo=UTC)
LONG = "Fuel prices doubled overnight and drivers blocked the road to the airport until noon."
SHORT = "Fuel prices doubled overnight."


class Book:
    """A StoryBook that names articles by their numbers."""

    def __init__(self) -> None:
        self.book = StoryBook()
        self.number = 0

    def add(
        self, url: str | None = None, text: str = LONG, title: str = "Fuel", published: datetime | None = NOW
    ) -> Placed:
        """Add an article of an outlet of its own, unless ``url`` names one."""
        self.number += 1
        if url is None:
            url = f"https://outlet{self.number}.example.com/a"
        return self.book.add(self.number, url=url, title=title, text=text, published=published)


def test_the_first_article_begins_a_story() -> None:
    placed = Book().add()
    assert placed == Placed("s1", StoryReason.NEW, None, None, ())


def test_the_same_text_elsewhere_is_a_copy_whatever_its_title_and_setting() -> None:
    book = Book()
    book.add(title="Fuel prices double")
    copy = book.add(title="Drivers block the road", text=LONG.upper().replace(" ", "\u00a0 ") + "\n\n—")
    assert copy == Placed("s1", StoryReason.SAME_TEXT, 1.0, 1, ())


def test_a_short_text_is_a_copy_only_under_the_same_title() -> None:
    book = Book()
    book.add(text=SHORT, title="Fuel prices")
    assert book.add(text=SHORT, title="In brief").reason is StoryReason.NEW
    assert book.add(text=SHORT, title="FUEL: prices!").reason is StoryReason.SAME_TEXT


def test_a_text_of_twelve_words_stands_for_itself_one_of_eleven_does_not() -> None:
    words = "one two three four five six seven eight nine ten eleven twelve"
    assert text_key("a", words) == text_key("b", words)
    assert text_key("a", words.removesuffix(" twelve")) != text_key("b", words.removesuffix(" twelve"))


def test_nothing_is_a_copy_of_nothing() -> None:
    assert text_key("", " \n—") is None
    book = Book()
    book.add(text="", title="")
    assert book.add(text="", title="").reason is StoryReason.NEW


def test_an_edited_text_is_a_copy_by_its_wording() -> None:
    book = Book()
    book.add()
    copy = book.add(text=LONG.replace("noon", "evening"))
    assert (copy.story, copy.reason, copy.copy_of) == ("s1", StoryReason.NEAR_DUPLICATE, 1)
    assert copy.score is not None
    assert 0.5 < copy.score < 1


def test_the_same_address_is_the_same_story_whatever_it_says() -> None:
    book = Book()
    book.add("http://m.example.com/a?utm_source=rss")
    again = book.add(
        "https://example.com/a", text="Quite another text by now, of which nothing stood there before this noon."
    )
    assert again == Placed("s1", StoryReason.SAME_URL, 1.0, 1, ())


def test_an_article_with_the_text_of_one_story_and_the_address_of_another_joins_them_and_the_older_stays() -> None:
    book = Book()
    book.add("https://one.example.com/a", text=LONG)
    other = "A second text, long enough to stand for itself, tells of the airport and its closed roads."
    book.add("https://two.example.com/b", text=other)
    joining = book.add("https://two.example.com/b", text=LONG)
    assert joining == Placed("s1", StoryReason.SAME_URL, 1.0, 2, ("s1", "s2"))
    assert book.add(text=other).story == "s1"
    assert book.add(text=other).joins == ()


def test_joins_of_joined_stories_end_in_the_oldest() -> None:
    book = Book()
    texts = [" ".join(f"word{number}of{place}" for place in range(20)) for number in range(6)]
    for number, text in enumerate(texts):
        book.add(f"https://{number}.example.com/a", text=text)
    for number in (5, 4, 3, 2, 1):
        joining = book.add(f"https://{number}.example.com/a", text=texts[number - 1])
        assert joining.story == f"s{number}"
        assert joining.joins == (f"s{number}", f"s{number + 1}")
    assert {book.add(text=text).story for text in texts} == {"s1"}


def test_copies_are_looked_for_in_a_window_of_fourteen_days() -> None:
    book = Book()
    book.add()
    assert book.add(published=NOW + WINDOW).story == "s1"
    assert book.add(published=NOW + 2 * WINDOW).story == "s1"
    assert book.add(published=NOW + 3 * WINDOW + timedelta(seconds=1)).story == "s2"
    assert book.add(published=NOW - WINDOW - timedelta(seconds=1)).story == "s3"


def test_a_copy_between_two_windows_joins_them() -> None:
    book = Book()
    book.add()
    assert book.add(published=NOW + 2 * WINDOW).story == "s2"
    between = book.add(published=NOW + WINDOW)
    assert (between.story, between.joins) == ("s1", ("s1", "s2"))


def test_an_article_without_a_time_lies_in_every_window() -> None:
    book = Book()
    book.add()
    assert book.add(published=None).story == "s1"
    assert book.add(published=NOW + 9 * WINDOW).story == "s1"


def test_a_front_page_makes_no_story_of_its_articles() -> None:
    book = Book()
    book.add("https://example.com/", text=LONG)
    other = "Quite another report stands there by the evening, of which nothing was known at noon."
    assert book.add("https://example.com/", text=other).reason is StoryReason.NEW


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("fuel prices", 2),
        ("бензин 26 %", 3),
        ("燃料価格", 2),
        ("ราคาน้ำมัน", 5),
        ("iphone用", 1),
        ("연료 가격", 2),
    ],
)
def test_words_are_counted_and_in_scripts_without_blanks_letters_by_two(text: str, words: int) -> None:
    assert count_words(text) == words


def test_assign_says_new_where_nothing_is_known() -> None:
    assert assign(by_url=(), by_text=(), seen_at=NOW) == Assignment(None, StoryReason.NEW)


def test_assign_keeps_the_oldest_and_joins_the_others() -> None:
    known = [KnownText(7, NOW), KnownText(3, NOW - WINDOW), KnownText(1, NOW - WINDOW - timedelta(seconds=1))]
    assert assign(by_url=(5,), by_text=known, seen_at=NOW) == Assignment(3, StoryReason.SAME_URL, (5, 7), 1.0)
    assert assign(by_url=(), by_text=known, seen_at=NOW) == Assignment(3, StoryReason.SAME_TEXT, (7,), 1.0)
    assert assign(by_url=(3,), by_text=known[1:2], seen_at=NOW) == Assignment(3, StoryReason.SAME_URL, (), 1.0)


def test_two_earthquakes_told_in_one_form_are_two_stories() -> None:
    form = (
        "An earthquake of magnitude {} shook the coast at {} at a depth of {} kilometres, said the office for weather "
        "and the ground. No wave is to be feared, and nobody was reported hurt so far."
    )
    book = Book()
    book.add(text=form.format("5.2", "12:30", "18"))
    assert book.add(text=form.format("4.8", "03:14", "33")).reason is StoryReason.NEW
    assert book.add(text=form.format("5.2", "12:30", "18") + " More follows.").story == "s1"


def test_short_texts_under_one_headline_are_one_story_within_a_day() -> None:
    book = Book()
    line = "Harbour master resigns after dispute"
    book.add(text="He gave no reasons.", title=line)
    copy = book.add(text="The council is surprised.", title=line.upper(), published=NOW + timedelta(hours=3))
    assert (copy.story, copy.reason, copy.score, copy.copy_of) == ("s1", StoryReason.SAME_HEADLINE, 1.0, 1)
    assert book.add(text="A look back.", title=line, published=NOW + timedelta(days=2)).reason is StoryReason.NEW


def test_the_book_is_bounded_and_forgets_what_came_first() -> None:
    book = StoryBook(most=20)
    texts = [" ".join(f"word{number}of{place}" for place in range(20)) for number in range(60)]
    for number, text in enumerate(texts):
        book.add(number, url=f"https://o{number}.example/a", title=f"T{number}", text=text, published=NOW)
    again = [
        book.add(100 + number, url=None, title="T", text=f"{texts[number]} more", published=NOW) for number in (0, 59)
    ]
    assert [one.reason for one in again] == [StoryReason.NEW, StoryReason.NEAR_DUPLICATE]
    assert again[1].copy_of == 59


def test_what_is_no_address_still_begins_a_story() -> None:
    assert Book().add("http://[").story == "s1"
