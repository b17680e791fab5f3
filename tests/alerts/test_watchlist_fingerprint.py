"""What counts as an edited query."""

from dataclasses import replace

from alerts.store.watchlists import fingerprint
from alerts.types import Watchlist

LIST = Watchlist("kz", "Kazakhstan", ("unrest @almaty", "astana"), ("football",), (), ("id",), 86_400.0)
SETS = (("almaty", ("Almaty", "Алматы")), ("north", ("Astana",)))


def test_a_watchlist_without_sets_keeps_the_mark_that_stands_in_stores() -> None:
    # Of version 1: SHA-256 of the JSON of the four sorted lists.
    assert fingerprint(LIST) == "1:41b4134fb9d008eb13999e89b01e855111f065cb093f9c43985266f84dd702b0"


def test_an_edited_set_is_an_edited_query() -> None:
    marks = {
        fingerprint(LIST),
        fingerprint(replace(LIST, aliases=SETS)),
        fingerprint(replace(LIST, aliases=SETS[:1])),
        fingerprint(replace(LIST, aliases=(("almaty", ("Almaty",)), SETS[1]))),
        fingerprint(replace(LIST, aliases=(("alma", SETS[0][1]), SETS[1]))),
    }
    assert len(marks) == 5


def test_order_is_no_edit() -> None:
    turned = tuple((name, entries[::-1]) for name, entries in SETS[::-1])
    assert fingerprint(replace(LIST, aliases=turned)) == fingerprint(replace(LIST, aliases=SETS))
