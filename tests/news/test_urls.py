"""Addresses: what is one article, what is not, what is opened, whose site it is. The cases are in tests/cases/urls."""

import tomllib
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from news import urls
from news.hosts import site_of_host
from news.rules import load
from news.urls import MAX_LENGTH, canonical, host_of, is_front_page, listed, openable, site_of

CASES = Path(__file__).parent.parent / "cases" / "urls"


def cases(name: str) -> list[Any]:
    table = tomllib.loads((CASES / f"{name}.toml").read_text(encoding="utf-8"))
    (rows,) = table.values()
    assert isinstance(rows, list)
    return rows


@pytest.mark.parametrize("case", cases("one_article"), ids=lambda case: case["what"])
def test_one_article_has_one_identity(case: dict[str, Any]) -> None:
    assert len({canonical(url) for url in case["urls"]}) == 1, [canonical(url) for url in case["urls"]]


@pytest.mark.parametrize("case", cases("apart"), ids=lambda case: case["what"])
def test_different_articles_have_different_identities(case: dict[str, Any]) -> None:
    for one, other in combinations(case["urls"], 2):
        assert canonical(one) != canonical(other), (one, other)


@pytest.mark.parametrize("case", cases("as_is"), ids=lambda case: case["url"] or "empty")
def test_canonical_to_the_letter(case: dict[str, str]) -> None:
    assert canonical(case["url"]) == case["canonical"]


@pytest.mark.parametrize("case", cases("openable"), ids=lambda case: case["what"])
def test_openable(case: dict[str, str]) -> None:
    assert openable(case["url"], case.get("base")) == case.get("opens")


@pytest.mark.parametrize(("url", "site"), cases("sites"), ids=lambda value: value)
def test_site(url: str, site: str) -> None:
    assert site_of(url) == site


@pytest.mark.parametrize("row", load("hosts")["wrapper"], ids=lambda row: f"{row['hosts'][0]} {row['path']}")
def test_each_wrapper_holds_what_its_example_says(row: dict[str, Any]) -> None:
    wrapped, held = row["example"]
    assert canonical(wrapped) == canonical(held) == held
    assert openable(wrapped) == held
    assert row["source"].strip()


@pytest.mark.parametrize("name", load("hosts")["www"])
def test_a_mobile_host_leads_to_the_www_host_where_that_is_the_publishers(name: str) -> None:
    assert canonical(f"https://m.{name}/a") == canonical(f"https://www.{name}/a") == f"https://www.{name}/a"


def test_every_platform_keeps_its_customers_apart() -> None:
    for platform in load("hosts")["platforms"]:
        assert site_of_host(f"one.{platform}") == f"one.{platform}"
        assert site_of_host(platform) == platform


def test_every_line_of_trackers_names_its_source_and_no_key_stands_twice() -> None:
    groups = load("trackers")["tracker"]
    assert all(group["source"].strip() for group in groups)
    keys = [key.casefold() for group in groups for key in group["keys"]]
    assert len(keys) == len(set(keys)), [key for key in keys if keys.count(key) > 1]
    assert all(group["source"].strip() for group in load("views")["view"])


def test_keys_that_other_tables_take_for_trackers_stay() -> None:
    keys = {key.casefold() for group in load("trackers")["tracker"] for key in group["keys"]}
    assert keys.isdisjoint(
        {"id", "p", "nid", "cid", "sid", "aid", "arid", "key", "pid", "element_id", "uid", "page", "article"}
    )


def test_host_of_is_the_host_without_port_and_userinfo() -> None:
    assert host_of("https://user:secret@News.Example.com:8080/a") == "news.example.com"
    assert host_of("https://новости.example.com/") == "xn--b1amnebsh.example.com"
    assert host_of("nowhere") == ""


def test_listed_shows_no_secret() -> None:
    assert listed("https://user:secret@hooks.example.org/news?token=secret#secret") == "https://hooks.example.org/news"
    assert listed("apprise://user:secret@place/x?token=secret") == "apprise://place/x"
    assert listed("desk@example.org") == "desk@example.org"


def test_a_front_page_tells_no_article_from_another() -> None:
    assert is_front_page(canonical("http://www.example.com"))
    assert is_front_page(canonical("http://www.example.com/?utm_source=rss#1"))
    assert not is_front_page(canonical("http://www.example.com/?p=7"))
    assert not is_front_page(canonical("http://www.example.com/a"))
    assert not is_front_page("guid:1:/")


def test_wrapped_addresses_end_however_deep() -> None:
    inner = "https://www.example.com/a"
    deep = "https://" + "www.google.com/amp/s/" * 200 + inner.removeprefix("https://")
    assert canonical(deep) == inner


def test_an_endless_address_is_left_alone() -> None:
    long = "https://m.example.com/" + "a" * MAX_LENGTH
    assert canonical(long) == long
    assert openable(long) is None


def test_the_caches_are_bounded() -> None:
    for function in (urls.canonical, urls.openable):
        assert function.cache_info().maxsize is not None
