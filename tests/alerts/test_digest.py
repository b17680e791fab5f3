"""What stands in a digest, and where."""

from dataclasses import replace
from datetime import timedelta

from digests import alert, at, digest, item, send, spans

from alerts import render
from alerts.digest import compose, trial
from alerts.identity import label
from alerts.plans import Reason
from alerts.types import Copy, Digest, Event, FeedTrouble, Item
from news.types import SourceTime

NAMES = {"kz": "Kazakhstan unrest", "energy": "Energy prices", "staff": "Our staff"}
OVER_ALL = alert("daily at 07:00", id="digest/morning/desk", watchlists=("kz", "energy", "staff"), combined=True)


def over_all(*pairs: tuple[str, Item]) -> Digest:
    """A digest over three watchlists."""
    return compose(OVER_ALL, send(), pairs, (), NAMES)


def numbers(made: Digest) -> dict[str, list[int]]:
    """The stories of each section."""
    return {section.watchlist: [one.story_id for one in section.items] for section in made.sections}


def test_sections_stand_in_the_alerts_order_even_if_empty() -> None:
    made = over_all(("staff", item(1)), ("kz", item(2)))
    assert numbers(made) == {"Kazakhstan unrest": [2], "Energy prices": [], "Our staff": [1]}


def test_newest_stands_first_by_the_sources_time() -> None:
    early, late = at("2022-01-05 03:00"), at("2022-01-05 09:00")
    first_seen = at("2022-01-05 12:00")
    made = digest(
        [
            item(1, published=SourceTime("…", early, early), first_seen_at=first_seen),
            item(2, published=None, first_seen_at=first_seen),
            item(3, published=SourceTime("…", late, late), first_seen_at=first_seen),
        ]
    )
    assert numbers(made) == {"Kazakhstan unrest": [2, 3, 1]}


def test_a_day_without_a_time_is_not_newer_than_its_first_sight() -> None:
    day = SourceTime("2022-01-05", None, at("2022-01-06 12:00"))
    made = digest(
        [item(1, published=day, first_seen_at=at("2022-01-05 09:00")), item(2, first_seen_at=at("2022-01-05 15:00"))]
    )
    assert numbers(made) == {"Kazakhstan unrest": [2, 1]}


def test_what_one_list_found_credited_is_credited_for_all() -> None:
    made = over_all(("kz", item(7)), ("energy", item(7, url="https://steppe.example/copy", agency="Reuters")))
    assert [one.agency for one in made.items] == ["Reuters"]


def test_a_story_stands_once_with_all_its_lists() -> None:
    title, text = "Oil and unrest", "Unrest moves the price of oil."
    one = item(7, title=title, text=text, spans=spans(title, text, ["oil=oil"]), watchlists=())
    other = item(7, title=title, text=text, spans=spans(title, text, ["unrest=nrest"]), watchlists=())
    made = over_all(("energy", one), ("kz", other))
    assert numbers(made) == {"Kazakhstan unrest": [7], "Energy prices": [], "Our staff": []}
    (told,) = made.items
    assert told.watchlists == ("Kazakhstan unrest", "Energy prices")
    assert {span.term for span in told.spans} == {"oil", "unrest"}


def test_an_article_that_another_list_found_is_a_copy_of_the_leading_one() -> None:
    one = item(7, source="A", url="https://a.example/7", copies=(Copy("B", "https://b.example/7"),))
    other = item(7, title="Other", source="B", url="https://b.example/7", copies=(Copy("A", "https://a.example/7"),))
    (told,) = over_all(("kz", one), ("energy", other)).items
    assert (told.title, told.source) == (one.title, "A")
    assert told.copies == (Copy("B", "https://b.example/7"),)
    assert told.spans == one.spans


def test_a_story_is_already_sent_only_if_all_its_lists_were_told() -> None:
    pairs = (("kz", item(7, already_sent=True)), ("energy", item(7)))
    assert not over_all(*pairs).items[0].already_sent
    assert over_all(("kz", item(7, already_sent=True)), ("energy", item(7, already_sent=True))).items[0].already_sent


def test_a_send_marks_what_its_plan_told_before() -> None:
    made = digest([item(1), item(2)], already_sent=(2,))
    assert {one.story_id: one.already_sent for one in made.items} == {1: False, 2: True}


def test_an_urgent_send_marks_its_stories() -> None:
    assert digest([item(1)], urgent=True).items[0].urgent
    assert not digest([item(1)]).items[0].urgent


def test_the_window_of_one_story_is_from_first_sight_to_sending() -> None:
    made = digest([item(1, first_seen_at=at("2022-01-05 14:20"))], of=alert("immediately"), reason=Reason.IMMEDIATE)
    assert (made.window_from, made.window_to) == (at("2022-01-05 14:20"), at("2022-01-06 00:00"))
    urgent = digest([item(1, first_seen_at=at("2022-01-05 14:20"))], urgent=True)
    assert urgent.window_from == at("2022-01-05 14:20")
    turn = digest([item(1, first_seen_at=at("2022-01-05 14:20"))])
    assert turn.window_from == at("2022-01-05 00:00")


def test_troubles_and_remarks_are_handed_on() -> None:
    trouble = FeedTrouble("Caspian Notes", "https://caspian.example/feed", "silent", None)
    made = compose(alert("hourly"), send(remarks=("late",)), (), [trouble], NAMES)
    assert (made.troubles, made.remarks, made.items) == ((trouble,), ("late",), ())


def test_every_trial_is_a_message_of_its_own() -> None:
    now = at("2022-01-06 00:00")
    one, other = (trial(alert(), NAMES, now=moment) for moment in (now, now + timedelta(seconds=1)))
    assert one.test
    assert one.items == ()
    assert one.due_key != other.due_key


def test_an_alert_is_shown_with_its_target_once() -> None:
    named = alert(id="kz/desk-morning/desk")
    unnamed = alert(id="kz/email desk/desk", name="email desk")
    assert (named.names_target, unnamed.names_target) == (False, True)
    assert label(named.id, named.target.name) == "kz/desk-morning/desk"
    assert label(unnamed.id, unnamed.target.name) == "kz/email desk"
    assert label("operator", "desk") == "operator"


def test_later_copies_come_after_what_is_new_and_each_story_once() -> None:
    later = [
        item(1, event=Event.COPIES, copies=(Copy("Post", "https://post.example/1"),)),
        item(1, event=Event.COPIES, copies=(Copy("Mail", None),)),
        item(1, event=Event.COPIES, copies=(Copy("Post", "https://post.example/1"),)),
    ]
    made = digest([*later, item(2, first_seen_at=at("2022-01-01 00:00"))])
    assert [(one.event, one.story_id, len(one.copies)) for one in made.items] == [
        (Event.NEW, 2, 0),
        (Event.COPIES, 1, 2),
    ]


def test_a_story_that_is_new_to_one_list_says_its_later_copies_with_it() -> None:
    names = {"kz": "Kazakhstan unrest", "ports": "Ports"}
    new = item(1, title="Ports closed", watchlists=(), copies=(Copy("Post", None),))
    later = item(1, event=Event.COPIES, watchlists=(), copies=(Copy("Post", None),), agency="Reuters")
    for pairs in ([("kz", later), ("ports", new)], [("kz", new), ("ports", later)]):
        both = alert("hourly", watchlists=("kz", "ports"), combined=True)
        (one,) = compose(both, send(), pairs, (), names).items
        assert (one.event, one.title, one.agency) == (Event.NEW, "Ports closed", "Reuters")
        assert (one.watchlists, one.copies) == (("Kazakhstan unrest", "Ports"), (Copy("Post", None),))


def test_an_event_stands_in_one_section_with_the_lists_of_each_story() -> None:
    grouped = replace(OVER_ALL, by_thread=True)
    dam, toll, alone = (
        replace(item(number), thread_id=thread, watchlists=()) for number, thread in ((1, 5), (2, 5), (3, None))
    )
    pairs = (("energy", dam), ("kz", toll), ("energy", alone))
    made = compose(grouped, send(), pairs, (), NAMES)
    assert numbers(made) == {"Kazakhstan unrest": [2, 1], "Energy prices": [3], "Our staff": []}
    assert numbers(over_all(*pairs)) == {"Kazakhstan unrest": [2], "Energy prices": [3, 1], "Our staff": []}
    text = render.text(made)
    assert text.count("\n# ") == 1
    assert "== Kazakhstan unrest (2) ==" in text
    assert "== Energy prices (1, 1 with another watchlist) ==" in text
    # Where it stands says nothing of the list that found the first one.
    assert text.count("Watchlists: Energy prices") == 1
    assert "Watchlists: Kazakhstan unrest" not in text
