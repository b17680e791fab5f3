"""``storywatch try``: JSON Lines in and out, whatever the lines hold."""

import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from commands import storywatch
from hypothesis import given
from hypothesis import strategies as st

from storywatch.cli import jsonl
from storywatch.cli.jsonl import Line, answer_lines

RSS = b"""<rss version="2.0"><channel><title>Harbour Post</title><link>https://post.example/</link>
<item><guid>1</guid><title>Quay &amp; crane</title><link>https://post.example/1?utm_source=rss</link>
<description>&lt;p&gt;A crane &lt;b&gt;fell&lt;/b&gt;.&lt;/p&gt;</description>
<pubDate>Sun, 02 Jan 2022 10:00:00 WIB</pubDate></item></channel></rss>"""


def rows(*objects: object) -> bytes:
    return "".join(json.dumps(one) + "\n" for one in objects).encode()


def answers(out: str) -> list[Any]:
    return [json.loads(line) for line in out.splitlines()]


def test_url_answers_with_the_identity_of_an_address(tmp_path: Path) -> None:
    ran = storywatch(
        "try", "url", cwd=tmp_path, stdin=rows({"id": "a", "url": "http://m.example.org/x?utm_source=y#z"})
    )
    assert (ran.code, ran.err) == (0, "")
    assert answers(ran.out) == [{"id": "a", "canonical": "https://example.org/x"}]


def test_feed_answers_with_entries_and_with_an_error_for_what_is_no_feed(tmp_path: Path) -> None:
    good = {"id": 1, "body_base64": base64.b64encode(RSS).decode(), "content_type": "application/rss+xml"}
    page = {"id": 2, "body_base64": base64.b64encode(b"<!doctype html><html><body>Hello</body></html>").decode()}
    ran = storywatch("try", "feed", cwd=tmp_path, stdin=rows(good, page, {"id": 3, "body_base64": "%%%"}))
    assert ran.code == 1
    feed, no_feed, no_base64 = answers(ran.out)
    assert feed["feed"] == {"title": "Harbour Post", "language": None, "kind": "rss", "url": "https://post.example/"}
    [entry] = feed["entries"]
    assert entry["guid"] == "1"
    assert entry["title"] == "Quay & crane"
    assert entry["summary"] == "A crane fell."
    assert entry["published"] == "2022-01-02T10:00:00+07:00"
    assert sorted(entry) == sorted(
        ["guid", "url", "title", "summary", "content", "authors", "published", "updated", "categories", "language"]
    )
    assert no_feed["id"] == 2
    assert no_feed["error"]
    assert no_base64 == {"id": 3, "error": "body_base64 is not base64"}


def test_match_names_the_queries_that_hold_with_their_spans(tmp_path: Path) -> None:
    (tmp_path / "queries.jsonl").write_bytes(rows({"id": 7, "query": "almaty"}, {"id": {"x": 1}, "query": "riot*"}))
    line = {"id": None, "title": "Riots in Almaty", "text": "Nothing else."}
    ran = storywatch("try", "match", "--queries", "queries.jsonl", cwd=tmp_path, stdin=rows(line))
    assert ran.code == 0
    [answer] = answers(ran.out)
    assert answer == {
        "id": None,
        "matches": [
            {"query": 7, "spans": [{"field": "title", "start": 9, "end": 15, "term": "almaty", "how": "folded"}]},
            {"query": {"x": 1}, "spans": [{"field": "title", "start": 0, "end": 5, "term": "riot*", "how": "prefix"}]},
        ],
    }


def test_match_with_a_query_on_the_line_answers_with_its_text(tmp_path: Path) -> None:
    line = {
        "id": 1,
        "title": "\ud800 Port",
        "text": "",
        "language": "en",
        "source": "Post",
        "url": "https://p.example/",
    }
    ran = storywatch("try", "match", "--query", "Port", cwd=tmp_path, stdin=rows(line))
    assert answers(ran.out)[0]["matches"] == [
        {"query": "Port", "spans": [{"field": "title", "start": 2, "end": 6, "term": "Port", "how": "exact"}]}
    ]


def test_a_wrong_query_is_wrong_usage_with_its_caret(tmp_path: Path) -> None:
    ran = storywatch("try", "match", "--query", "(port", cwd=tmp_path, stdin=b"")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[0].startswith("column 1: ")
    assert ran.err.splitlines()[1:] == ["(port", "^"]


def test_every_wrong_query_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_bytes(
        rows({"id": 1, "query": "(a"}, {"id": 2, "query": "b"}, {"id": 3}) + b"nonsense\n"
    )
    ran = storywatch("try", "match", "--queries", "q.jsonl", cwd=tmp_path)
    assert ran.code == 2
    assert [line.split(": ")[1] for line in ran.err.splitlines() if line.startswith("q.jsonl")] == [
        "line 1",
        "line 3",
        "line 4",
    ]


def test_stories_puts_copies_together(tmp_path: Path) -> None:
    text = "Drivers in the west of the country woke up to doubled prices of gas on Sunday morning."
    lines = rows(
        {"id": ["first"], "url": "https://a.example/1", "title": "Prices", "text": text},
        {"id": 2, "url": "https://b.example/2", "title": "Gas", "text": text, "published": "2022-01-02T10:00:00+06:00"},
        {"id": 3, "url": "https://c.example/3", "title": "Sport", "text": "A goal."},
    )
    ran = storywatch("try", "stories", cwd=tmp_path, stdin=lines)
    assert ran.code == 0
    first, copy, other = answers(ran.out)
    assert first["reason"] == "new"
    assert copy == {**copy, "story": first["story"], "reason": "same_text", "copy_of": ["first"]}
    assert other["story"] != first["story"]
    assert {"id", "story", "reason", "score", "copy_of", "thread", "agency"} <= set(first)


def test_stories_names_the_agency_that_a_text_is_credited_to(tmp_path: Path) -> None:
    lines = rows(
        {"id": 1, "url": "https://a.example/1", "title": "Port", "text": "LONDON, Jan 5 (Reuters) - The port is shut."},
        {"id": 2, "url": "https://a.example/2", "title": "Port", "text": "Dibuka lagi. (dpa/idh)", "language": "id"},
        {"id": 3, "url": "https://a.example/3", "title": "Port", "text": "Wieder offen. (dpa/lno)", "language": "de"},
    )
    ran = storywatch("try", "stories", cwd=tmp_path, stdin=lines)
    assert [one["agency"] for one in answers(ran.out)] == ["Reuters", None, "dpa"]


def test_a_configuration_that_is_asked_for_must_be_a_good_one(tmp_path: Path) -> None:
    (tmp_path / "storywatch.toml").write_text("nonsense", encoding="utf-8")
    line = rows({"id": 1, "url": "https://a.example/"})
    assert storywatch("try", "url", cwd=tmp_path, stdin=line).code == 0
    assert storywatch("try", "url", "--config", "storywatch.toml", cwd=tmp_path, stdin=line).code == 2


def test_an_answer_comes_before_the_next_line_is_asked_for(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "storywatch", "try", "url"], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(2):
            process.stdin.write(rows({"id": number, "url": "https://a.example/"}))
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(20) == 0


def test_a_reader_that_leaves_early_gets_no_traceback(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    lines.write_bytes(rows({"id": 1, "url": "https://a.example/"}) * 20_000)
    with lines.open("rb") as stdin:
        process = subprocess.Popen(
            [sys.executable, "-m", "storywatch", "try", "url"],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        with process:
            assert process.stdout is not None
            assert process.stderr is not None
            os.read(process.stdout.fileno(), 100)
            process.stdout.close()
            assert process.stderr.read() == b""
    assert process.returncode == 1


# ── any stage ──────────


def echo(line: Line) -> Mapping[str, Any]:
    return {"said": line.text("text"), "maybe": line.maybe("more")}


def answered(content: bytes) -> tuple[bool, list[Any]]:
    out = io.BytesIO()
    well = answer_lines(io.BytesIO(content), out, echo)
    return well, [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("identity", [None, 1, 1.5, "x", "\ud800", [1, {"a": None}], {"b": [True]}, 2**200, ""])
def test_an_id_is_handed_back_as_it_came(identity: object) -> None:
    well, [answer] = answered(rows({"id": identity, "text": "t"}))
    assert well
    assert answer == {"id": identity, "said": "t", "maybe": None}


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[1]", "is a list; an object is expected"),
        (b"null", "is null"),
        (b'"text"', "is text"),
        (b"\xff\xfe", "not UTF-8 (byte 1)"),
        (b'{"id": NaN}', "NaN"),
        (b'{"id": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"text": 5}', "text is a number; a string is expected"),
        (b'{"text": null}', "text is null"),
        (b"{}", "text is missing"),
        (b'{"text": "x", "more": []}', "more is a list"),
        (b'{"id": 1e999, "text": "x"}', "unexpected"),
    ],
)
def test_a_line_that_is_not_the_expected_object_is_answered_and_the_rest_still_runs(line: bytes, error: str) -> None:
    well, [wrong, right] = answered(line + b'\n{"id": 2, "text": "t"}\n')
    assert not well
    assert wrong["id"] is None
    assert error in wrong["error"]
    assert right == {"id": 2, "said": "t", "maybe": None}


def test_a_line_without_end_is_answered_without_being_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "LONGEST", 1000)
    long = b'{"text": "' + b"x" * 5000 + b'"}'
    _, [wrong, right] = answered(long + b'\n{"text": "t"}')
    assert "longer than" in wrong["error"]
    assert right["said"] == "t"


def test_a_line_of_just_the_allowed_length_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    line = b'{"text": "t"}'
    monkeypatch.setattr(jsonl, "LONGEST", len(line))
    well, found = answered(line + b"\n" + line + b"\n")
    assert well
    assert len(found) == 2


def test_an_accident_in_a_stage_ends_only_its_line() -> None:
    def stage(line: Line) -> Mapping[str, Any]:
        if line.maybe("text") is None:
            raise KeyError("x")
        return {}

    out = io.BytesIO()
    assert not answer_lines(io.BytesIO(b'{"id": 1}\n{"id": 2, "text": ""}\n'), out, stage)
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [
        {"id": 1, "error": "unexpected KeyError: 'x'"},
        {"id": 2},
    ]


@given(st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")), max_size=5))
def test_there_is_one_answer_a_line(lines: list[bytes]) -> None:
    _, found = answered(b"".join(line + b"\n" for line in lines))
    assert len(found) == len(lines)


def test_url_follows_the_site_rules_of_the_configuration_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "storywatch.toml").write_text(
        '[service]\ncontact = "desk@example.org"\n[rules]\nfolder = "own"\n', encoding="utf-8"
    )
    site = tmp_path / "own" / "paper.example"
    site.mkdir(parents=True)
    (site / "rule.toml").write_text('trackers = ["place"]\n', encoding="utf-8")
    (site / "cases.toml").write_text(
        '[[case]]\nurl = "https://paper.example/a?place=3"\ncanonical = "https://paper.example/a"\n', encoding="utf-8"
    )
    asked = rows({"id": 1, "url": "https://paper.example/a?place=3"})
    with_it = storywatch("try", "url", "--config", "storywatch.toml", cwd=tmp_path, stdin=asked)
    assert answers(with_it.out) == [{"id": 1, "canonical": "https://paper.example/a"}]
    without = storywatch("try", "url", cwd=tmp_path, stdin=asked)
    assert answers(without.out) == [{"id": 1, "canonical": "https://paper.example/a?place=3"}]
