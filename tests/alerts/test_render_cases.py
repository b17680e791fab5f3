"""Whole digests as they are sent: folders of input and expected output in ``tests/cases/digest``."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from digests import CASES, PUBLIC_URL, case, outputs

from alerts import render

FOLDERS = sorted(one for one in CASES.iterdir() if one.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda one: one.name)
def test_a_case_comes_out_as_expected(folder: Path) -> None:
    made = outputs(case(folder))
    expected = {one.name: one.read_text(encoding="utf-8") for one in folder.iterdir() if one.name != "digest.toml"}
    assert made == expected


class Seen(HTMLParser):
    """Collects the tags of a page and what they load or link to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append(tag)
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "href" and tag == "a":
                self.links.append(value or "")
            elif name in {"src", "href", "background", "srcset", "poster", "data"} or "url(" in (value or ""):
                self.loaded.append(f"{tag} {name}={value}")

    def handle_endtag(self, tag: str) -> None:
        """Every end has its beginning."""
        assert self.open.pop() == tag


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda one: one.name)
def test_a_page_is_whole_and_loads_nothing(folder: Path) -> None:
    page = render.html(case(folder), public_url=PUBLIC_URL, recipient="desk@example.org")
    seen = Seen(page)
    assert seen.open == []
    assert seen.loaded == []
    assert not {"script", "img", "link", "iframe", "object", "form", "base"} & set(seen.tags)
    assert not {name for name in seen.attributes if name.startswith("on")}
    assert "@import" not in page
    assert "url(" not in page
    assert all(link.startswith(("https://", "http://")) for link in seen.links)
    assert "<title>" in page
    assert '<meta name="color-scheme" content="light dark">' in page


def test_a_page_says_its_language_and_direction() -> None:
    page = (CASES / "right-to-left-braked" / "page.html").read_text(encoding="utf-8")
    assert '<html lang="en" dir="ltr">' in page
    assert '<h3 lang="ar" dir="rtl"' in page
    assert '<h3 dir="auto"' in page


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda one: one.name)
def test_offsets_in_a_webhook_point_at_the_words(folder: Path) -> None:
    made = case(folder)
    texts = {str(one.story_id): one.text for one in made.items}
    for message in render.webhook(made, recipient="https://hooks.example.org/"):
        for one in json.loads(message.body)["items"]:
            for found in one["matched"]:
                within = one["title"] if found["field"] == "title" else texts[one["story"]]
                assert 0 <= found["start"] < found["end"] <= len(within)
                assert " ".join(within[found["start"] : found["end"]].split()) in found["snippet"]
