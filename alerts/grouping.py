"""Stories of one event side by side: their order, and the words over them. Pure.

::

    stories, newest first ──by_event──▶ (the newest event's stories), (a story alone), …
    stories of one event ──heading──▶ the story that names it, how many there are, in how many languages and outlets
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alerts.types import Event, Item
from news.languages import bucket, same_language


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands over the stories of an event."""

    #: whose title names the event
    lead: Item
    #: stories, languages as far as they are known, outlets with those of copies
    stories: int
    languages: int
    outlets: int


def by_event(items: Iterable[Item]) -> list[tuple[Item, ...]]:
    """Part stories by event, each event where its first story stands; spikes, and what has no thread, alone."""
    events: dict[tuple[str, int], list[Item]] = {}
    for place, item in enumerate(items):
        alone = item.thread_id is None or item.event is Event.SPIKE
        key = ("alone", place) if alone else ("thread", item.thread_id or 0)
        events.setdefault(key, []).append(item)
    return [tuple(together) for together in events.values()]


def heading(items: Sequence[Item], locale: str) -> Heading:
    """Return what stands over the stories of an event for a reader of ``locale``.

    It is named by the story that the reader can read, then by the one that most outlets tell, then by the first.
    """

    def rank(one: Item) -> tuple[bool, int, float, int]:
        return _readable(one, locale), len(_outlets([one])), -one.first_seen_at.timestamp(), -one.story_id

    languages = {bucket(one.language) for one in items if one.language} - {None}
    return Heading(max(items, key=rank), len({one.story_id for one in items}), len(languages), len(_outlets(items)))


def _readable(item: Item, locale: str) -> bool:
    return item.language is not None and same_language(item.language, locale.replace("_", "-"))


def _outlets(items: Iterable[Item]) -> set[str]:
    return {source for one in items for source in (one.source, *(copy.source for copy in one.copies))}
