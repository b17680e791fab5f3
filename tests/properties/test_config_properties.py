"""Rules of the configuration that hold for all inputs."""

import json
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from news.errors import ConfigError
from storywatch.config import load, units
from storywatch.config.models import FileShape

SECRET = "hunter2"


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30_000)))
def test_a_duration_is_read_as_it_is_written(value: timedelta) -> None:
    assert units.duration(units.shown_duration(value)) == value


@given(st.text(max_size=150))
def test_a_made_up_id_is_stable_and_one_that_is_accepted(name: str) -> None:
    made = units.slug(name)
    assert units.slug(made) == made
    assert not made or units.is_id(made)


VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(2**40), 2**40),
        st.sampled_from(["", "5m", "daily at 07:00", "a@example.org", "https://a.example/x", "desk", "*", "(", "UTC"]),
        st.text(max_size=8),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["to", "url", "name", "zz"]), inner, max_size=3)
    ),
    max_leaves=4,
)


def tables(model: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from([*model.model_fields, "unknwon"]), VALUES, max_size=5)


def nested(name: str) -> Any:
    annotation = FileShape.model_fields[name].annotation
    found = [part for part in getattr(annotation, "__args__", ()) if hasattr(part, "model_fields")]
    return found[0] if found else None


SINGLE = {name: nested(name) for name in ("service", "fetch", "smtp", "delivery", "store", "operator", "opml")}
LISTS = {name: nested(name) for name in ("feeds", "watchlists", "digests")}

FILES = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.one_of(tables(model), VALUES) for name, model in SINGLE.items()},
        **{name: st.one_of(st.lists(tables(model), max_size=3), VALUES) for name, model in LISTS.items()},
        "targets": st.dictionaries(st.sampled_from(["desk", "a@b", ""]), VALUES, max_size=2),
        "aliases": VALUES,
        "other": VALUES,
    },
)


def toml(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)} = {toml(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case str():
            return json.dumps(value.encode("utf-8", "replace").decode()).replace("\x7f", "\\u007f")
        case _:
            return str(value)


@settings(deadline=None)  # files are written, and the first one imports much
@given(FILES)
def test_whatever_the_file_says_it_is_understood_or_refused_with_places(document: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "storywatch.toml"
        path.write_text("".join(f"{key} = {toml(value)}\n" for key, value in document.items()), encoding="utf-8")
        try:
            load(path, {})
        except ConfigError as refused:
            problems = refused.problems
        else:
            return
    assert problems
    assert all(problem.startswith(f"{path}: ") for problem in problems)
    assert len(set(problems)) == len(problems)


SECRET_KEYS = st.sampled_from(
    ["password", "secret", "url", "database", "proxy", "heartbeat_url", "headers", "username"]
)
WRAPPED = st.sampled_from([SECRET, f"http://u:{SECRET}@h/x", f"{SECRET}\n", f"${{{SECRET}", f"ftp://{SECRET}"])


@settings(deadline=None)  # the same
@given(SECRET_KEYS, st.one_of(WRAPPED, WRAPPED.map(lambda text: [text]), WRAPPED.map(lambda text: {"x": text})))
def test_no_message_and_no_repr_shows_a_secret(key: str, value: object) -> None:
    places = {
        "service": ["database", "heartbeat_url"],
        "fetch": ["proxy"],
        "smtp": ["username", "password"],
        "targets.hook": ["url", "secret"],
    }
    lines = []
    for table, keys in places.items():
        lines += [f"[{table}]", *(['channel = "webhook"'] if "targets" in table else [])]
        lines += [f"{key} = {toml(value)}"] if key in keys else []
    lines += ["[[feeds]]", 'url = "https://a.example/feed"', *([f"{key} = {toml(value)}"] if key == "headers" else [])]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "storywatch.toml"
        path.write_text("\n".join(lines), encoding="utf-8")
        try:
            said = repr(load(path, {}))
        except ConfigError as refused:
            said = str(refused)
    assert SECRET not in said
