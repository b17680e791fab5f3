"""``storywatch init`` and ``check``, and what holds for every command."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import storywatch
from frontdoor import Desk

from storywatch.cli import build

GOOD = """
[service]
contact = "desk@example.org"
timezone = "Asia/Jakarta"

[aliases]
almaty = ["Almaty"]

[targets.hook]
channel = "webhook"
url = "https://hooks.example.org/in?token=hunter2"
secret = "hunter2"

[[watchlists]]
name = "Ports"
keywords = ["port OR quay harbour", "dock"]
exclude = ["airport"]
  [[watchlists.alerts]]
  to = ["hook"]
  schedule = "daily at 07:00"
  urgent = "port strike"

[[digests]]
name = "all"
to = ["hook"]
schedule = "immediately"
"""


def test_init_writes_a_configuration_that_check_accepts(tmp_path: Path) -> None:
    # A process of its own: the machine's zone is looked up once in each.
    init = [sys.executable, "-m", "storywatch", "init", "news"]
    wrote = subprocess.run(  # noqa: S603 - ourselves
        init, cwd=tmp_path, env={**os.environ, "TZ": "Asia/Jakarta"}, capture_output=True, check=True
    )
    assert wrote.stderr == b""
    config = (tmp_path / "news" / "storywatch.toml").read_text(encoding="utf-8")
    assert 'timezone = "Asia/Jakarta"' in config
    checked = storywatch("check", cwd=tmp_path / "news")
    assert (checked.code, checked.err) == (0, "")
    warnings = [line for line in checked.out.splitlines() if line.startswith("warning: ")]
    assert warnings
    assert all("is an example; put your own here" in warning for warning in warnings)


def test_a_target_is_named_once_for_each_alert(tmp_path: Path) -> None:
    hook = "[[watchlists.alerts]]\nchannel = 'webhook'\nurl = 'https://hooks.example.org/news'\nschedule = 'hourly'\n"
    (tmp_path / "storywatch.toml").write_text(GOOD.replace("[[digests]]", hook + "[[digests]]"), encoding="utf-8")
    shown = storywatch("check", cwd=tmp_path).out
    assert shown.count("https://hooks.example.org/news") == 1
    assert "  webhook https://hooks.example.org/news: hourly\n" in shown
    assert "  webhook hook: daily at 07:00\n" in shown


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "storywatch.toml").write_text("mine", encoding="utf-8")
    wrote = storywatch("init", cwd=tmp_path)
    assert wrote.code == 1
    assert "storywatch.toml: exists and is left as it is" in wrote.err
    assert (tmp_path / "storywatch.toml").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "feeds.opml").exists()


def test_check_shows_queries_as_understood_and_when_alerts_go(tmp_path: Path) -> None:
    (tmp_path / "storywatch.toml").write_text(GOOD, encoding="utf-8")
    ran = storywatch("check", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "Ports (ports)"
    assert lines[1].strip() == "((port OR (quay AND harbour)) OR dock) AND NOT airport"
    assert any("warning: " in line and "AND and OR" in line for line in lines)
    times = [line for line in lines if re.match(r"\s+(next|then) ", line)]
    assert len(times) == 3
    assert all(re.search(r"07:00:00 Asia/Jakarta = \d{4}-\d\d-\d\d 00:00:00 UTC$", line) for line in times)
    assert "    at once: port AND strike" in lines
    assert lines[-1] == "storywatch.toml: good: 0 feeds, 1 watchlist, 2 alerts; 1 warning"
    assert "hunter2" not in ran.out


def test_check_and_a_start_tell_of_a_webhook_that_goes_unsigned(tmp_path: Path) -> None:
    unsigned = GOOD.replace('secret = "hunter2"\n', "")
    desk = Desk(tmp_path)
    desk.file.write_text(unsigned, encoding="utf-8")
    told = "targets.hook.secret: is missing: what is posted goes unsigned"
    assert f"warning: storywatch.toml: {told}" in desk.run("check").out
    assert told in desk.run("run", "--once").err


def test_check_shows_what_is_always_evaluated_and_hints(tmp_path: Path) -> None:
    keywords = 'keywords = ["port OR quay harbour", "dock"]'
    more = 'keywords = ["@almaty OR lang:kk", "Joe Smith", "kerusuhan"]'
    (tmp_path / "storywatch.toml").write_text(GOOD.replace(keywords, more), encoding="utf-8")
    lines = storywatch("check", cwd=tmp_path).out.splitlines()
    assert lines[1].strip() == "((@almaty OR lang:kk) OR (Joe AND Smith) OR kerusuhan) AND NOT airport"
    assert "  always evaluated, as it asks for no word: lang:kk" in lines
    assert [line for line in lines if "hint:" in line] == [
        '  hint: Joe Smith: both words, wherever they stand; if it is one name, write "Joe Smith"'
    ]
    [watchlist] = json.loads(storywatch("check", "--json", cwd=tmp_path).out)["watchlists"]
    assert watchlist["always_evaluated"] == ["lang:kk"]
    assert len(watchlist["hints"]) == 1


def test_check_answers_in_json(tmp_path: Path) -> None:
    (tmp_path / "storywatch.toml").write_text(GOOD, encoding="utf-8")
    answer: dict[str, Any] = json.loads(storywatch("check", "--json", cwd=tmp_path).out)
    [watchlist] = answer["watchlists"]
    assert watchlist["query"] == "((port OR (quay AND harbour)) OR dock) AND NOT airport"
    [alert] = watchlist["alerts"]
    assert alert["target"] == "hook"
    assert len(alert["next_at"]) == 3
    assert all(at.endswith("T07:00:00+07:00") for at in alert["next_at"])
    assert [digest["watchlists"] for digest in answer["digests"]] == [["ports"]]
    assert answer["warnings"] == []


def test_a_wrong_configuration_exits_2_with_all_problems_on_standard_error(tmp_path: Path) -> None:
    (tmp_path / "storywatch.toml").write_text("[service]\nlog = 1\n[fetch]\ndelay = 2\n", encoding="utf-8")
    ran = storywatch("check", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    places = [":".join(line.split(":")[:2]) for line in ran.err.splitlines()]
    assert places == [
        "storywatch.toml: service.log",
        "storywatch.toml: fetch.delay",
        "storywatch.toml: service.contact",
    ]


@pytest.mark.parametrize(
    ("args", "env"),
    [
        (["--config", "other.toml", "check"], {}),
        (["check", "--config", "other.toml"], {}),
        (["check", "--config=other.toml"], {}),
        (["--config", "nowhere.toml", "check", "--config", "other.toml"], {}),
        (["check"], {"STORYWATCH_CONFIG": "other.toml"}),
        (["check", "--config", "other.toml"], {"STORYWATCH_CONFIG": "nowhere.toml"}),
    ],
)
def test_the_configuration_is_named_before_or_after_the_command_or_by_the_environment(
    tmp_path: Path, args: list[str], env: dict[str, str]
) -> None:
    (tmp_path / "other.toml").write_text(GOOD, encoding="utf-8")
    ran = storywatch(*args, cwd=tmp_path, env=env)
    assert (ran.code, ran.err) == (0, "")
    assert "other.toml: good" in ran.out


@pytest.mark.parametrize(
    "args", [["check"], ["chek"], ["check", "--jsn"], ["try"], ["try", "match"], ["check", "extra"]]
)
def test_wrong_usage_exits_2_without_a_traceback(tmp_path: Path, args: list[str]) -> None:
    ran = storywatch(*args, cwd=tmp_path)
    assert ran.code == 2
    assert "Traceback" not in ran.err + ran.out


def test_the_version_and_help_answer_on_standard_output(tmp_path: Path) -> None:
    version = storywatch("--version", cwd=tmp_path)
    assert re.fullmatch(r"storywatch \d+\.\d+\.\d+\n", version.out)
    assert "check" in storywatch("--help", cwd=tmp_path).out


def every_command(command: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    inner = getattr(command, "commands", {})
    return [(path, command), *(found for name in inner for found in every_command(inner[name], (*path, name)))]


def test_every_command_takes_config_and_says_what_it_does() -> None:
    for path, command in every_command(build()):
        assert [param.name for param in command.params].count("config") == 1, path
        assert command.help, path


def with_rules(folder: Path, expected: str) -> None:
    (folder / "storywatch.toml").write_text(f'{GOOD}\n[rules]\nfolder = "site-rules"\n', encoding="utf-8")
    site = folder / "site-rules" / "paper.example"
    site.mkdir(parents=True)
    (site / "rule.toml").write_text('trackers = ["place"]\n', encoding="utf-8")
    case = f'[[case]]\nurl = "https://paper.example/a?place=3"\ncanonical = "{expected}"\n'
    (site / "cases.toml").write_text(case, encoding="utf-8")


def test_check_runs_the_cases_of_site_rules_and_refuses_one_that_does_not_hold(tmp_path: Path) -> None:
    with_rules(tmp_path, "https://paper.example/b")
    checked = storywatch("check", cwd=tmp_path)
    assert checked.code == 2
    told = "https://paper.example/a?place=3 becomes https://paper.example/a; expected: https://paper.example/b"
    assert f"site-rules/paper.example/cases.toml: case.0: {told}" in checked.err
    assert storywatch("try", "url", "--config", "storywatch.toml", cwd=tmp_path).code == 0


def test_check_accepts_site_rules_whose_cases_hold(tmp_path: Path) -> None:
    with_rules(tmp_path, "https://paper.example/a")
    assert storywatch("check", cwd=tmp_path).code == 0
