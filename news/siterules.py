"""Site rules: what single publishers do with their addresses, one folder a site; those that ship and a user's own.

::

    rules/sites/kommersant.ru/rule.toml ──read──▶ SiteRule ──by host──▶ news.urlrules.site_rule
                             /cases.toml ──cases──▶ Case ──news.rulecases──▶ what does not hold

A rule has no regular expressions, so none can hold up the service. ``trackers`` and ``same`` name query keys: ``from``,
``wpm_*`` for all that begin so, ``from=main_*`` for some values of one. ``paths`` are pairs of templates: a hole
``{id}`` stands for what one segment has there, ``{section...}`` for one segment or several.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import Any
from urllib.parse import quote

from news.keytables import KeyRule, KeyTable

#: what people write is far smaller; more is refused unread
_LONGEST = 64 * 1024
_MOST_HOLES = 8
#: longer paths are nobody's article, and are left alone
_LONGEST_PATH = 2048

_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")
_HOLE = re.compile(r"\{(?P<name>[a-z]\w*)(?P<many>\.\.\.)?\}", re.ASCII)
_KEY = re.compile(r"[^&=#?*\s]+\*?(?:=[^&#?*]*\*?)?")
_KEYS = ("hosts", "trackers", "same", "paths", "amp_paths", "twins", "www", "source")


@dataclass(frozen=True, slots=True)
class PathRule:
    """A template of a path and what stands for it in the identity."""

    pattern: re.Pattern[str]
    into: str

    def fold(self, path: str) -> str:
        """The path as the identity has it."""
        if len(path) > _LONGEST_PATH:
            return path
        match = self.pattern.fullmatch(path)
        return path if match is None else _HOLE.sub(lambda hole: match[hole["name"]], self.into)


@dataclass(frozen=True, slots=True)
class SiteRule:
    """What one publisher's addresses fold beyond the general rules."""

    #: with all their subdomains
    hosts: tuple[str, ...] = ()
    #: keys dropped from the identity and from what is opened
    trackers: KeyTable = field(default_factory=lambda: KeyTable({}))
    #: keys that choose a view of the same article, dropped from the identity only
    same: KeyTable = field(default_factory=lambda: KeyTable({}))
    #: on the quoted path, for the identity only, each in turn
    paths: tuple[PathRule, ...] = ()
    #: whether ``/amp`` at an end of the path is a view, not a page
    amp_paths: bool = True
    #: hosts that another stands for, each with that one
    twins: tuple[tuple[str, str], ...] = ()

    def fold(self, path: str) -> str:
        """The path as the identity has it."""
        for rule in self.paths:
            path = rule.fold(path)
        return path


@dataclass(frozen=True, slots=True)
class Case:
    """An address and the identity that it is expected to have."""

    url: str
    canonical: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a file of a folder of rules."""

    #: folder and file: ``example.com/rule.toml``
    file: str
    #: the key, with places in lists: ``paths.0``; empty for the file as a whole
    key: str
    text: str


def read_rules(folder: Traversable) -> tuple[list[SiteRule], list[Wrong]]:
    """The rules of a folder, in the order of the names of its sites, and what is wrong with them. Raises OSError."""
    rules, wrong = [], []
    for site in _sites(folder):
        found: list[Wrong] = []
        table = _table(site, "rule.toml", found)
        if table is not None:
            rules.append(_Reading(f"{site.name}/rule.toml", table, found).rule(site.name))
        wrong += found
    return rules, wrong


def read_cases(folder: Traversable) -> tuple[list[tuple[str, Case]], list[Wrong]]:
    """The cases of a folder's rules, each with its place (``example.com/cases.toml: case.0``). Raises OSError."""
    cases: list[tuple[str, Case]] = []
    wrong: list[Wrong] = []
    for site in _sites(folder):
        file = f"{site.name}/cases.toml"
        table = _table(site, "cases.toml", wrong)
        if table is None:
            continue
        rows = table.get("case")
        if not isinstance(rows, list) or not rows:
            wrong.append(Wrong(file, "case", "is missing; accepted: [[case]] tables with url and canonical"))
            continue
        for position, row in enumerate(rows):
            texts = [row.get(key) for key in ("url", "canonical")] if isinstance(row, dict) else []
            if len([text for text in texts if isinstance(text, str)]) == len(("url", "canonical")):
                cases.append((f"{file}: case.{position}", Case(row["url"], row["canonical"])))
            else:
                text = "is not a case; accepted: a table with url and canonical, both texts"
                wrong.append(Wrong(file, f"case.{position}", text))
    return cases, wrong


def _sites(folder: Traversable) -> Iterator[Traversable]:
    for site in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if site.is_dir() and not site.name.startswith((".", "_")):
            yield site


def _table(site: Traversable, name: str, wrong: list[Wrong]) -> dict[str, Any] | None:
    file = f"{site.name}/{name}"
    try:
        with site.joinpath(name).open("rb") as stream:
            content = stream.read(_LONGEST + 1)
        if len(content) > _LONGEST:
            wrong.append(Wrong(file, "", "is longer than 64 kB; accepted: a TOML file written by people"))
            return None
        return tomllib.loads(content.decode("utf-8-sig").replace("\r\n", "\n"))
    except FileNotFoundError:
        wrong.append(Wrong(file, "", "is missing; accepted: rule.toml and cases.toml in the folder of each site"))
    except OSError as error:
        wrong.append(Wrong(file, "", f"cannot be read ({error.strerror}); accepted: a TOML file"))
    except UnicodeDecodeError:
        wrong.append(Wrong(file, "", "is not UTF-8; accepted: a TOML file in UTF-8"))
    except (ValueError, RecursionError) as error:
        wrong.append(Wrong(file, "", f"{error}; accepted: TOML 1.0"))
    return None


class _Reading:
    """One table being read; what is wrong is noted, and left out of the rule."""

    def __init__(self, file: str, table: Mapping[str, Any], wrong: list[Wrong]) -> None:
        self._file = file
        self._table = table
        self._wrong = wrong

    def rule(self, site: str) -> SiteRule:
        for key in self._table:
            if key not in _KEYS:
                self._note(key, f"is no key of a rule; accepted: {', '.join(_KEYS)}")
        hosts = self._hosts("hosts") or ((site,) if self._host("hosts", site) else ())
        first, *others = self._hosts("twins") or ("",)
        twins = [(other, first) for other in others]
        if first and not others:
            self._note("twins", "names one host; accepted: the host that stands for all, then those it stands for")
        if self._flag("www", default=False):
            twins += [(host, f"www.{host}") for host in hosts]
        return SiteRule(
            hosts=hosts,
            trackers=self._query_keys("trackers"),
            same=self._query_keys("same"),
            paths=self._paths(),
            amp_paths=self._flag("amp_paths", default=True),
            twins=tuple(twins),
        )

    def _note(self, key: str, text: str) -> None:
        self._wrong.append(Wrong(self._file, key, text))

    def _flag(self, key: str, *, default: bool) -> bool:
        value = self._table.get(key, default)
        if isinstance(value, bool):
            return value
        self._note(key, "is neither true nor false; accepted: true or false")
        return default

    def _texts(self, key: str) -> Iterator[tuple[str, str]]:
        values = self._table.get(key, [])
        if not isinstance(values, list):
            self._note(key, "is no list; accepted: a list of texts")
            return
        for position, value in enumerate(values):
            if isinstance(value, str):
                yield f"{key}.{position}", value
            else:
                self._note(f"{key}.{position}", "is no text; accepted: a text")

    def _host(self, place: str, name: str) -> bool:
        if _HOST.fullmatch(name):
            return True
        self._note(place, f'"{name}" is no host; accepted: a name such as example.com, in lower case and punycode')
        return False

    def _hosts(self, key: str) -> tuple[str, ...]:
        return tuple(name for place, name in self._texts(key) if self._host(place, name))

    def _query_keys(self, key: str) -> KeyTable:
        rules: dict[str, KeyRule] = {}
        for place, text in self._texts(key):
            if not _KEY.fullmatch(text):
                self._note(place, f'"{text}" is no query key; accepted: KEY, BEGINNING*, KEY=VALUE or KEY=BEGINNING*')
                continue
            name, mark, value = text.casefold().partition("=")
            wanted = re.escape(value[:-1]) + ".*" if value.endswith("*") else re.escape(value)
            before = rules.get(name)
            values = re.compile(
                wanted if before is None or before.values is None else f"{before.values.pattern}|{wanted}"
            )
            # A key that stands alone counts whatever its value, wherever else it stands.
            always = not mark or (before is not None and before.values is None)
            rules[name] = KeyRule() if always else KeyRule(values=values)
        return KeyTable(rules)

    def _paths(self) -> tuple[PathRule, ...]:
        pairs = self._table.get("paths", [])
        if not isinstance(pairs, list):
            self._note("paths", "is no list; accepted: a list of [template, template] pairs")
            return ()
        rules: list[PathRule] = []
        samples: list[str] = []
        for position, pair in enumerate(pairs):
            match pair:
                case [str() as given, str() as into]:
                    text = _refused(given, into)
                case _:
                    given, into, text = "", "", "is no pair; accepted: [template, template]"
            if text is not None:
                self._note(f"paths.{position}", text)
                continue
            rules.append(PathRule(_compiled(given), _quoted(into)))
            samples += [_sample(given, many) for many in ("x1", "x1/y2")]
        if any(not _settles(rules, sample) for sample in samples):
            text = "what they make of a path they change again without end; accepted: pairs that come to rest"
            self._note("paths", text)
            return ()
        return tuple(rules)


def _refused(given: str, into: str) -> str | None:
    """Why a pair of templates is refused, or None."""
    holes = [hole["name"] for hole in _HOLE.finditer(given)]
    bare = [_HOLE.sub("", text) for text in (given, into)]
    if not (given.startswith("/") and into.startswith("/")) or any(set(text) & set("{}?#") for text in bare):
        return "is no pair of paths; accepted: paths from their first slash, with holes {name} and {name...}"
    if len(holes) != len(set(holes)) or len(holes) > _MOST_HOLES:
        return f"a hole stands twice, or there are more than {_MOST_HOLES}; accepted: each hole once"
    if len([hole for hole in _HOLE.finditer(given) if hole["many"]]) > 1:
        return "has two holes for several segments; accepted: one {name...}"
    if any(len(_HOLE.findall(segment)) > 1 for segment in given.split("/")):
        return "has two holes in one segment; accepted: one hole between two slashes"
    if unknown := {hole["name"] for hole in _HOLE.finditer(into)} - set(holes):
        return f"{', '.join(sorted(unknown))} stands in the second only; accepted: holes of the first"
    return None


def _quoted(text: str) -> str:
    return quote(text, safe="/%:@!$&'()*+,;=~{}.")


def _compiled(template: str) -> re.Pattern[str]:
    """A pattern that takes time in proportion to the path: one hole a segment, one that spans segments."""
    pattern, at = "", 0
    for hole in _HOLE.finditer(template):
        pattern += re.escape(_quoted(template[at : hole.start()]))
        pattern += f"(?P<{hole['name']}>{'.+' if hole['many'] else '[^/]+'})"
        at = hole.end()
    return re.compile(pattern + re.escape(_quoted(template[at:])))


def _sample(template: str, many: str) -> str:
    """A path that a template matches."""
    return _quoted(_HOLE.sub(lambda hole: many if hole["many"] else "x1", template))


def _settles(rules: Sequence[PathRule], path: str) -> bool:
    """Whether folding a path again and again comes to rest soon."""
    for _ in range(len(rules) + 2):
        folded = path
        for rule in rules:
            folded = rule.fold(folded)
        if folded == path:
            return True
        path = folded
    return False
