"""Site rules: those that ship hold for their cases; a user's own stand beside them; wrong ones are told of."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from news import rules
from news.rulecases import failing
from news.siterules import Case, Wrong, read_cases, read_rules
from news.urlrules import use_rules
from news.urls import canonical, openable

BUILT_IN = files(rules).joinpath("sites")
CASES, WRONG_CASES = read_cases(BUILT_IN)


@pytest.fixture(autouse=True)
def _no_rules_stay() -> Iterator[None]:
    yield
    use_rules(())


def written(folder: Path, rule: str, cases: str = '[[case]]\nurl = "https://a.test/"\ncanonical = "x"\n') -> Path:
    site = folder / "paper.example"
    site.mkdir()
    (site / "rule.toml").write_text(rule, encoding="utf-8")
    (site / "cases.toml").write_text(cases, encoding="utf-8")
    return folder


def use(folder: Path, rule: str) -> None:
    found, wrong = read_rules(written(folder, rule))
    assert wrong == []
    use_rules(found)


@pytest.mark.parametrize(("place", "case"), CASES, ids=[f"{place} {case.url}" for place, case in CASES])
def test_each_built_in_rule_holds_for_its_cases(place: str, case: Case) -> None:
    assert failing([(place, case)]) == []


def test_each_built_in_rule_names_its_source_and_has_a_case_that_folds() -> None:
    assert WRONG_CASES == []
    assert read_rules(BUILT_IN)[1] == []
    for site in BUILT_IN.iterdir():
        assert "\nsource = " in "\n" + site.joinpath("rule.toml").read_text(encoding="utf-8"), site.name
        own = [case for place, case in CASES if place.startswith(f"{site.name}/")]
        assert any(case.url != case.canonical for case in own), site.name


def test_a_case_that_does_not_hold_is_told_with_what_comes_out() -> None:
    (line,) = failing([("a/cases.toml: case.0", Case("https://a.example/?id=1", "https://a.example/"))])
    assert line == (
        "a/cases.toml: case.0: https://a.example/?id=1 becomes https://a.example/?id=1; expected: https://a.example/"
    )


def test_an_expectation_that_is_no_identity_is_told() -> None:
    assert failing([("place", Case("http://a.example/b", "http://a.example/b"))])


def test_trackers_leave_the_opened_address_and_views_stay_in_it(tmp_path: Path) -> None:
    use(tmp_path, 'trackers = ["place", "w_*", "from=main_*"]\nsame = ["part"]')
    given = "https://news.paper.example/a?id=7&place=2&w_1=x&from=main_3&part=2"
    assert canonical(given) == "https://news.paper.example/a?id=7"
    assert openable(given) == "https://news.paper.example/a?id=7&part=2"
    for kept in ("from=almaty", "id=7", "w=1"):
        assert canonical(f"https://paper.example/a?{kept}") == f"https://paper.example/a?{kept}"
    assert canonical("https://other.example/a?place=2") == "https://other.example/a?place=2"


@pytest.mark.parametrize(
    ("pair", "given", "found"),
    [
        ('["/print/{rest...}", "/{rest}"]', "/print/2022/a", "/2022/a"),
        ('["/{rest...}/full", "/{rest}"]', "/2022/a/full", "/2022/a"),
        ('["/{rest...}/full", "/{rest}"]', "/full", "/full"),
        ('["/m-{id}.html", "/{id}.html"]', "/m-7.html", "/7.html"),
        ('["/m-{id}.html", "/{id}.html"]', "/m-7/b.html", "/m-7/b.html"),
        ('["/жаңалық/{id}", "/news/{id}"]', "/жаңалық/7", "/news/7"),
        ('["/a.b/{id}", "/c/{id}"]', "/axb/7", "/axb/7"),
    ],
)
def test_templates_of_paths(tmp_path: Path, pair: str, given: str, found: str) -> None:
    use(tmp_path, f"paths = [{pair}]")
    assert canonical(f"https://paper.example{given}") == f"https://paper.example{found}"


def test_a_host_stands_for_its_twins_and_www_for_the_mobile_host(tmp_path: Path) -> None:
    use(tmp_path, 'hosts = ["example.org"]\ntwins = ["www.example.org", "lite.example.org"]\nwww = true')
    hosts = ("www.example.org", "lite.example.org", "m.example.org", "example.org")
    assert {canonical(f"https://{host}/a") for host in hosts} == {"https://www.example.org/a"}


def test_twins_that_stand_for_each_other_come_to_rest(tmp_path: Path) -> None:
    use(tmp_path, 'hosts = ["paper.example"]\ntwins = ["paper.example", "www.paper.example"]\nwww = true')
    assert canonical("https://paper.example/a") == canonical("https://www.paper.example/a")


def test_an_own_rule_stands_beside_the_built_in_one_and_goes_when_it_goes(tmp_path: Path) -> None:
    given = "https://www.kompas.com/read/1/satu?page=2&place=3"
    assert canonical(given) == "https://www.kompas.com/read/1/satu?place=3"
    use(tmp_path, 'hosts = ["kompas.com"]\ntrackers = ["place"]')
    assert canonical(given) == "https://www.kompas.com/read/1/satu"
    assert openable(given) == "https://www.kompas.com/read/1/satu?page=2"
    use_rules(())
    assert canonical(given) == "https://www.kompas.com/read/1/satu?place=3"


@pytest.mark.parametrize(
    ("rule", "key", "says"),
    [
        ("tracker = []", "tracker", "no key of a rule"),
        ('trackers = "from"', "trackers", "no list"),
        ("trackers = [7]", "trackers.0", "no text"),
        ('trackers = ["*"]', "trackers.0", "no query key"),
        ('same = ["a&b"]', "same.0", "no query key"),
        ('hosts = ["https://paper.example/"]', "hosts.0", "no host"),
        ('twins = ["www.paper.example"]', "twins", "one host"),
        ("amp_paths = 1", "amp_paths", "true or false"),
        ('paths = ["/a"]', "paths.0", "no pair"),
        ('paths = [["a", "/b"]]', "paths.0", "first slash"),
        ('paths = [["/{a}-{b}", "/{a}"]]', "paths.0", "one segment"),
        ('paths = [["/{a...}/x/{b...}", "/{a}"]]', "paths.0", "several segments"),
        ('paths = [["/{a}/{a}", "/{a}"]]', "paths.0", "twice"),
        ('paths = [["/{a}", "/{b}"]]', "paths.0", "second only"),
        ('paths = [["/{a...}", "/x/{a}"]]', "paths", "without end"),
        ("trackers = [", "", "TOML"),
    ],
)
def test_what_is_wrong_with_a_rule_is_told_at_its_key(tmp_path: Path, rule: str, key: str, says: str) -> None:
    _, wrong = read_rules(written(tmp_path, rule))
    (one,) = wrong
    assert (one.file, one.key) == ("paper.example/rule.toml", key)
    assert says in one.text
    assert "accepted: " in one.text


def test_a_site_without_its_files_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "paper.example").mkdir()
    assert read_rules(tmp_path)[1] == [
        Wrong(
            "paper.example/rule.toml", "", "is missing; accepted: rule.toml and cases.toml in the folder of each site"
        )
    ]


def test_a_rule_without_cases_is_wrong(tmp_path: Path) -> None:
    _, wrong = read_cases(written(tmp_path, "", "case = []"))
    assert [(one.file, one.key) for one in wrong] == [("paper.example/cases.toml", "case")]
    (tmp_path / "paper.example" / "cases.toml").write_text("[[case]]\nurl = 7\n", encoding="utf-8")
    _, wrong = read_cases(tmp_path)
    assert [(one.file, one.key) for one in wrong] == [("paper.example/cases.toml", "case.0")]


def test_the_recipe_is_a_rule_whose_cases_hold(tmp_path: Path) -> None:
    recipe = Path(__file__).parents[2] / "docs" / "recipes" / "add-a-site-rule.md"
    blocks = recipe.read_text(encoding="utf-8").replace("\n   ", "\n").split("```toml\n")[1:]
    _, rule, cases = [block.partition("```")[0] for block in blocks]
    folder = written(tmp_path, f'hosts = ["example.org"]\n{rule}', cases)
    found, wrong = read_rules(folder)
    places, wrong_cases = read_cases(folder)
    assert failing(places)
    use_rules(found)
    assert (wrong, wrong_cases, failing(places)) == ([], [], [])
