"""JSON Lines in, JSON Lines out, for any stage of the service, whatever the lines hold.

::

    line ──bounded read──▶ bytes ──JSON──▶ object ──stage──▶ answer ──▶ line, flushed
                             └── what is not the expected object ──▶ {"id": …, "error": …}
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from news.errors import StorywatchError

#: bytes of a line; a feed of 10 MB in base64 has 14
LONGEST = 64 * 1024 * 1024

_SURROGATES = re.compile("[\ud800-\udfff]")

Stage = Callable[["Line"], Mapping[str, Any]]


class LineError(StorywatchError):
    """A line that is not the expected object."""


class Line:
    """One object of the input, its values checked as they are asked for."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        #: the object; texts without lone halves of surrogate pairs, which are no characters
        # One for one, so that offsets stay true.
        self.values: Mapping[str, Any] = {
            key: _SURROGATES.sub("\ufffd", value) if isinstance(value, str) else value for key, value in values.items()
        }

    def text(self, key: str) -> str:
        """Return the text at ``key``; LineError where there is none."""
        value = self.values.get(key)
        if not isinstance(value, str):
            found = "missing" if key not in self.values else _kind(value)
            raise LineError(f"{key} is {found}; a string is expected")
        return value

    def maybe(self, key: str) -> str | None:
        """Return the text at ``key``, or None where it is missing or null."""
        return None if self.values.get(key) is None else self.text(key)


def answer_lines(source: BinaryIO, sink: BinaryIO, stage: Stage) -> bool:
    """Answer every line of ``source``; return whether all were the expected objects."""
    well = True
    for raw in _lines(source):
        identity: object = None
        try:
            values = parse_line(raw)
            identity = values.get("id")
            written = _written({"id": identity, **stage(Line(values))})
        except StorywatchError as error:
            well, written = False, _refusal(identity, str(error))
        except Exception as error:  # noqa: BLE001 - one line's accident must not end the others
            well, written = False, _refusal(identity, f"unexpected {type(error).__name__}: {error}")
        sink.write(written + b"\n")
        sink.flush()
    return well


def _lines(source: BinaryIO) -> Iterator[bytes | None]:
    """Yield each line without its break; None for one that is too long, of which nothing is kept."""
    while line := source.readline(LONGEST + 1):
        if len(line) > LONGEST and not line.endswith(b"\n"):
            while (more := source.readline(LONGEST)) and not more.endswith(b"\n"):
                pass
            yield None
        else:
            yield line.rstrip(b"\r\n")


def parse_line(raw: bytes | None) -> dict[str, Any]:
    """Return the object that a line holds; LineError where it holds none, or is None (too long)."""
    if raw is None:
        raise LineError(f"the line is longer than {LONGEST // 1024 // 1024} MiB")
    try:
        found = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise LineError(f"the line is not UTF-8 (byte {error.start + 1})") from None
    except json.JSONDecodeError as error:
        raise LineError(f"the line is not JSON: {error.msg} (column {error.colno})") from None
    except RecursionError:
        raise LineError("the line is nested too deeply") from None
    except ValueError as error:
        raise LineError(f"the line is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise LineError(f"the line is {_kind(found)}; an object is expected")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number of JSON")


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "text"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case _:
            return "an object"


def _refusal(identity: object, error: str) -> bytes:
    try:
        return _written({"id": identity, "error": error})
    except (ValueError, RecursionError):
        # An id that can be read but not written, such as 1e999.
        return _written({"id": None, "error": error})


def _written(values: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(values, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(values, ensure_ascii=True, allow_nan=False).encode("ascii")
