"""``[rules]`` → the site rules of a user's own folder; what is wrong with one is told at its file and key."""

from pathlib import Path

from news.siterules import SiteRule, Wrong, read_cases, read_rules
from storywatch.config.models import RulesTable
from storywatch.config.problems import Place, Problems, Source
from storywatch.config.reading import Parts


def read(parts: Parts, problems: Problems) -> tuple[Path | None, tuple[SiteRule, ...]]:
    """Return the folder and its rules, in the order of their sites."""
    place, table = parts.single("rules", RulesTable)
    if table.folder is None:
        return None, ()
    try:
        rules, wrong = read_rules(table.folder)
        wrong += read_cases(table.folder)[1]
    except OSError as error:
        text = f"cannot be read ({error.strerror}); accepted: a folder with a folder for each site"
        problems.add(place.at("folder"), text)
        return table.folder, ()
    for one in dict.fromkeys(wrong):
        _tell(one, table.folder, problems)
    if not rules and not wrong:
        text = "holds no rule: a folder for each site is meant, with rule.toml and cases.toml in it"
        problems.warn(place.at("folder"), text)
    return table.folder, tuple(rules)


def _tell(wrong: Wrong, folder: Path, problems: Problems) -> None:
    path = folder / wrong.file
    problems.add(Place(Source(str(path), path), (wrong.key,) if wrong.key else ()), wrong.text)
