"""The partition into stories does not depend on the order of arrival."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from news.stories import keys
from news.storybook import StoryBook

NOW = datetime(2022, 1, 5, 12, tzinfo=UTC)

TEXTS = [
    "",
    "short",
    "prices doubled over night",
    *(f"text {number} " + "and many words more " * 4 for number in range(5)),
]
ARTICLE = st.tuples(
    st.none() | st.sampled_from([f"https://outlet.example.com/{number}" for number in range(6)]),
    st.sampled_from(
        [
            "",
            "short",
            "prices doubled over night",
            *(f"text {number} " + "and many words more " * 4 for number in range(5)),
        ]
    ),
    st.none() | st.integers(min_value=0, max_value=80).map(lambda days: NOW + timedelta(days=days)),
)
Article = tuple[str | None, str, datetime | None]


def partition(articles: list[tuple[int, Article]]) -> set[frozenset[int]]:
    book = StoryBook()
    story_of: dict[int, str] = {}
    joined: dict[str, str] = {}
    for number, (url, text, published) in articles:
        placed = book.add(number, url=url, title="Fuel", text=text, published=published)
        story_of[number] = placed.story
        for younger in placed.joins[1:]:
            assert younger != placed.story
            joined[younger] = placed.story
    groups = defaultdict(set)
    for number, story in story_of.items():
        while story in joined:
            story = joined[story]  # noqa: PLW2901  # climbs to the story that stayed
        groups[story].add(number)
    return {frozenset(group) for group in groups.values()}


def by_definition(articles: list[Article]) -> set[frozenset[int]]:
    """Transitive closure of: same address, or same text near in time."""
    group = {number: {number} for number in range(len(articles))}
    for one, (url, text, at) in enumerate(articles):
        for other, (other_url, other_text, other_at) in enumerate(articles[:one]):
            known = keys("Fuel", text)
            near = at is None or other_at is None or abs(at - other_at) <= known.reach
            if (url is not None and url == other_url) or (known.text and text == other_text and near):
                merged = group[one] | group[other]
                for number in merged:
                    group[number] = merged
    return {frozenset(numbers) for numbers in group.values()}


@given(st.lists(ARTICLE, max_size=25), st.data())
def test_the_partition_does_not_depend_on_the_order_of_arrival(articles: list[Article], data: st.DataObject) -> None:
    numbered = list(enumerate(articles))
    expected = by_definition(articles)
    assert partition(numbered) == expected
    assert partition(data.draw(st.permutations(numbered))) == expected
