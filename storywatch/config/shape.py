"""A file's tables → models, with every misfit told, and what fits kept for the cross checks.

::

    tables ──pydantic──▶ errors ──tell──▶ Problems
       │                    │
       └──── cut out ◀──────┘ ──pydantic──▶ FileShape of what is left
"""

import copy
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from storywatch.config.fields import Accepts, Hidden, Surroundings
from storywatch.config.models import FileShape
from storywatch.config.problems import Place, Problems, likely, nearest, shown

_KINDS = {
    "string_type": "is not text",
    "int_type": "is no whole number",
    "bool_type": "is neither true nor false",
    "list_type": "is no list",
    "dict_type": "is no table",
    "model_type": "is no table",
    "model_attributes_type": "is no table",
    "literal_error": "is none of the choices",
    "greater_than_equal": "is too small",
    "less_than_equal": "is too large",
    "too_long": "is too long",
}


def fit(tables: Mapping[str, Any], place: Place, problems: Problems, environ: Mapping[str, str]) -> FileShape:
    """Validate one file's ``tables``; what does not fit becomes a problem and is left out."""
    context = Surroundings(place.source.folder, environ, problems.expose)
    left = copy.deepcopy(dict(tables))
    # Each round takes out at least one value, and a shape has few levels: it ends soon.
    while True:
        try:
            model = FileShape.model_validate(left, context=context)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                _tell(detail, left, place, problems)
            for detail in sorted(error.errors(include_url=False), key=lambda found: _depth(found["loc"]), reverse=True):
                _cut(left, detail["loc"])
            continue
        return model


def _depth(loc: tuple[int | str, ...]) -> tuple[int, list[tuple[int, str]]]:
    # Of two elements of one list, the later is cut out first, so that positions stay true.
    return len(loc), [(part, "") if isinstance(part, int) else (0, part) for part in loc]


def _tell(detail: ErrorDetails, tables: Mapping[str, Any], place: Place, problems: Problems) -> None:
    loc = tuple(part for part in detail["loc"] if part != "[key]")
    if detail["type"] == "extra_forbidden":
        problems.add(place.at(*loc), _unknown(str(loc[-1]), loc[:-1]))
        return
    value = _value(tables, loc)
    marks = _marks(loc)
    written = "the value" if any(isinstance(mark, Hidden) for mark in marks) else shown(value)
    context = detail.get("ctx", {})
    why = str(context["error"]) if "error" in context else _KINDS.get(detail["type"], detail["msg"].lower())
    problems.add(place.at(*loc), f"{written} {why}{_accepted(marks, value)}")


def _unknown(key: str, parents: tuple[int | str, ...]) -> str:
    model = next(iter(_models(parents)), FileShape)
    names = [name for name in model.model_fields if name != key]
    text = f"unknown key; the nearest known key is {nearest(key, names)}"
    elsewhere = sorted({where for where, names in _everywhere() if key in names})
    if elsewhere:
        text += f" ({key} is known in {' and '.join(elsewhere)})"
    return f"{text}; accepted here: {', '.join(names)}"


def _everywhere(model: type[BaseModel] = FileShape, path: str = "") -> Iterator[tuple[str, set[str]]]:
    """Yield each table's name with its keys, for a key that stands in the wrong one."""
    yield path or "the top of the file", set(model.model_fields)
    for name, found in model.model_fields.items():
        inner = _inner_model(found.annotation)
        if inner is not None:
            bare, _ = _unwrapped(found.annotation)
            inside = f"{path.strip('[]')}.{name}".strip(".")
            yield from _everywhere(inner, f"[[{inside}]]" if get_origin(bare) is list else f"[{inside}]")


def _accepted(marks: list[Any], value: object) -> str:
    for mark in marks:
        if isinstance(mark, Accepts):
            return f"; accepted: {mark.words}"
        if get_origin(mark) is Literal:
            choices = [str(choice) for choice in get_args(mark)]
            meant = likely(value.strip().lower(), choices) if isinstance(value, str) else None
            return f"; accepted: {', '.join(choices)}" + (f"; {meant} is meant?" if meant else "")
        if mark in _NATURES:
            return f"; accepted: {_NATURES[mark]}"
    return ""


_NATURES: dict[Any, str] = {bool: "true or false", list: "a list", dict: "a table", str: "text", BaseModel: "a table"}


def _value(tables: Any, loc: tuple[int | str, ...]) -> Any:
    for part in loc:
        try:
            tables = tables[part]
        except (KeyError, IndexError, TypeError):
            return None
    return tables


def _cut(tables: Any, loc: tuple[int | str, ...]) -> None:
    loc = tuple(part for part in loc if part != "[key]")
    holder = _value(tables, loc[:-1])
    match holder, loc[-1]:
        case dict(), str() as key:
            holder.pop(key, None)
        case list(), int() as position if position < len(holder):
            # An empty table keeps the places of those behind it true; in a list of values none is looked at again.
            if _models(loc):
                holder[position] = {}
            else:
                del holder[position]
        case _:
            pass


def _hints(model: type[BaseModel]) -> dict[str, Any]:
    return get_type_hints(model, include_extras=True)


def _unwrapped(annotation: Any) -> tuple[Any, list[Any]]:
    """Take ``Annotated`` and ``| None`` off; return the bare annotation and the marks that were on it."""
    marks: list[Any] = []
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *found = get_args(annotation)
            marks.extend(found)
        elif origin in {Union, types.UnionType}:
            inner = [part for part in get_args(annotation) if part is not type(None)]
            if len(inner) != 1:
                return annotation, marks
            annotation = inner[0]
        else:
            return annotation, marks


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    bare, _ = _unwrapped(annotation)
    if get_origin(bare) in {list, dict}:
        return _inner_model(get_args(bare)[-1])
    return bare if isinstance(bare, type) and issubclass(bare, BaseModel) else None


def _walk(loc: tuple[int | str, ...]) -> Iterator[Any]:
    """Yield the annotation of each step of ``loc``."""
    annotation: Any = FileShape
    for part in loc:
        bare, _ = _unwrapped(annotation)
        if get_origin(bare) in {list, dict}:
            annotation = get_args(bare)[-1]
        elif isinstance(bare, type) and issubclass(bare, BaseModel) and part in bare.model_fields:
            annotation = _hints(bare)[str(part)]
        else:
            return
        yield annotation


def _models(loc: tuple[int | str, ...]) -> list[type[BaseModel]]:
    """Return the model at ``loc``, if a table stands there."""
    if not loc:
        return [FileShape]
    steps = list(_walk(loc))
    bare, _ = _unwrapped(steps[-1]) if len(steps) == len(loc) else (None, [])
    return [bare] if isinstance(bare, type) and issubclass(bare, BaseModel) else []


def _marks(loc: tuple[int | str, ...]) -> list[Any]:
    """Return what is known of the field at ``loc``: ``Accepts``, ``Hidden``, its choices or its nature."""
    steps = list(_walk(loc))
    if len(steps) != len(loc):
        return []
    bare, marks = _unwrapped(steps[-1])
    model = isinstance(bare, type) and issubclass(bare, BaseModel)
    return [*marks, BaseModel if model else bare if get_origin(bare) is Literal else get_origin(bare) or bare]
