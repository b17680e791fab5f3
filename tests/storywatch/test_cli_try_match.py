"""``storywatch try match``: the sets of a configuration, and thousands of lines of every kind."""

import json
from pathlib import Path
from typing import Any

import pytest
from commands import storywatch

CONFIG = """
[service]
contact = "desk@example.org"

[aliases]
almaty = ["Almaty", "Алматы", "Alma-Ata"]
"""

QUERIES: list[dict[str, Any]] = [
    {"id": "plain", "query": "unrest OR kerusuhan"},
    {"id": 7, "query": "@almaty NEAR/5 (protest* OR unrest)"},
    {"id": None, "query": "kazakhstan~ -football"},
    {"id": {"desk": ["a", 1]}, "query": "lang:id OR source:example.org"},
    {"id": "\ud800", "query": "@country:KZ"},
]


def lines(*objects: object) -> bytes:
    """Objects as JSON Lines."""
    return "".join(json.dumps(one) + "\n" for one in objects).encode()


def answers(out: str) -> list[Any]:
    """Every line of an answer."""
    return [json.loads(line) for line in out.splitlines()]


def test_the_sets_of_a_configuration_are_known_where_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "storywatch.toml").write_text(CONFIG, encoding="utf-8")
    row = lines({"id": 1, "title": "Протесты: Алматы и Alma-Ata", "text": ""})
    ran = storywatch("try", "match", "--config", "storywatch.toml", "--query", "@Almaty", cwd=tmp_path, stdin=row)
    assert (ran.code, ran.err) == (0, "")
    [answer] = answers(ran.out)
    [match] = answer["matches"]
    assert match["query"] == "@Almaty"
    assert [(span["start"], span["end"], span["term"], span["how"]) for span in match["spans"]] == [
        (10, 16, "@Almaty", "alias"),
        (19, 27, "@Almaty", "alias"),
    ]


def test_without_a_configuration_only_countries_are_known(tmp_path: Path) -> None:
    (tmp_path / "storywatch.toml").write_text(CONFIG, encoding="utf-8")
    row = lines({"id": 1, "title": "Unrest in Kazakhstan", "text": ""})
    refused = storywatch("try", "match", "--query", "unrest @almaty", cwd=tmp_path, stdin=row)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.splitlines()[0].startswith("column 8: there is no set @almaty")
    assert refused.err.splitlines()[1:] == ["unrest @almaty", "       ^"]
    found = storywatch("try", "match", "--query", "@country:kz", cwd=tmp_path, stdin=row)
    assert [span["how"] for span in answers(found.out)[0]["matches"][0]["spans"]] == ["alias"]


def test_sets_stand_in_files_of_queries_too(tmp_path: Path) -> None:
    (tmp_path / "storywatch.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "q.jsonl").write_bytes(lines({"id": 1, "query": "@almaty"}, {"id": 2, "query": "@astana"}))
    asked = ("try", "match", "--queries", "q.jsonl", "--config", "storywatch.toml")
    ran = storywatch(*asked, cwd=tmp_path, stdin=b"")
    assert ran.code == 2
    assert "q.jsonl: line 2: column 1: there is no set @astana in [aliases]: the nearest is @almaty" in ran.err


def _row(number: int) -> tuple[bytes, bool]:
    """A line of input, and whether it is the expected object.

    Three languages, so that no others' dictionaries are loaded for it.
    """
    half = {"title": "\ud800 half \udfff", "text": "unrest\x00unrest \u202e kazakhstan", "language": "en"}
    signs = {
        "title": "哈萨克斯坦" * 50,
        "text": "\U0001f469\u200d\U0001f467 e\u0301",
        "language": "zh",
        "url": "http://[",
    }
    long = {"title": "x" * 20_000, "text": "‘’" * 500, "language": "en-GB", "source": ""}
    good = [
        {"title": "Unrest in Almaty", "text": "Kazakshtan. " * 20, "language": "en"},
        {"title": "Kerusuhan di Almaty", "text": "", "language": "id"},
        {"title": "", "text": "", "language": "id", "source": "example.org"},
        half,
        signs,
        long,
    ]
    wrong: list[dict[str, object] | bytes] = [
        {"title": None, "text": ""},
        {"text": "no title"},
        {"title": "a", "text": {"a": 1}},
        {"title": "a", "text": "b", "language": 5},
        b'{"id": %d, "title": "cut' % number + b"\n",
        b"\n",
        b"[1, 2]\n",
        b"\xff\xfe\x00\n",
        b'{"id": 1e999, "title": "a", "text": ""}\n',
        b"[" * 3_000 + b"\n",
    ]
    kind = number % (len(good) + len(wrong))
    row = [*good, *wrong][kind]
    return row if isinstance(row, bytes) else lines({"id": number, **row}), kind < len(good)


@pytest.mark.timeout(240)
def test_ten_thousand_lines_of_every_kind_are_answered_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "storywatch.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "q.jsonl").write_bytes(lines(*QUERIES))
    rows = [_row(number) for number in range(10_000)]
    asked = ("try", "match", "--queries", "q.jsonl", "--config", "storywatch.toml")
    ran = storywatch(*asked, cwd=tmp_path, stdin=b"".join(line for line, _ in rows))
    assert ran.code == 1
    assert "Traceback" not in ran.err
    found = answers(ran.out)
    assert len(found) == len(rows)
    ids = [query["id"] for query in QUERIES]
    for number, (answer, (line, good)) in enumerate(zip(found, rows, strict=True)):
        assert set(answer) == ({"id", "matches"} if good else {"id", "error"}), line[:80]
        # What cannot be read has no id that could be handed back.
        assert answer["id"] == (number if line.startswith(b'{"id": %d' % number) and line.endswith(b"}\n") else None)
        for match in answer.get("matches", ()):
            assert match["query"] in ids
            values = json.loads(line)
            for span in match["spans"]:
                assert set(span) == {"field", "start", "end", "term", "how"}
                words = values[span["field"]][span["start"] : span["end"]]
                assert words.strip() == words != ""
    # The same line has the same answer, however many stood before it.
    assert found[0]["matches"] == found[9_984]["matches"] != []


def test_a_refusal_shows_a_query_without_what_steers_a_terminal(tmp_path: Path) -> None:
    ran = storywatch("try", "match", "--query", "a @x\x1b[2J\u202e", cwd=tmp_path, stdin=b"")
    assert ran.code == 2
    assert ran.err.splitlines()[1:] == ["a @x\ufffd[2J\ufffd", "  ^"]
