"""Where log lines go: standard error, as text or JSON, with no secret in them."""

import logging
import sys
from typing import TextIO

from pythonjsonlogger.json import JsonFormatter

#: loggers that tell of every request or job, and from which on they are heard; the service's own lines say what matters
_QUIET = {
    "aiosmtplib": logging.WARNING,
    "alembic": logging.WARNING,
    # It warns of a tick that is passed over while the one before lasts, which is what is wanted.
    "apscheduler": logging.ERROR,
    "asyncio": logging.WARNING,
    "filelock": logging.WARNING,
    "mail.log": logging.WARNING,
    "py3langid": logging.WARNING,
    "scrapy": logging.WARNING,
    "twisted": logging.WARNING,
}


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is at that moment: a progress bar puts itself in its place."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # the base class has a variable here
        """Return standard error."""
        return sys.stderr


class _Text(logging.Formatter):
    """A line for people: time with its offset, level, sentence."""

    default_time_format = "%Y-%m-%dT%H:%M:%S%z"
    default_msec_format = None

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s")


def set_up(form: str, *, level: int = logging.INFO) -> None:
    """Send log lines of ``form`` "text" or "json" to standard error.

    A JSON line is an object with ``time`` (RFC 3339, UTC), ``level``, ``logger`` and ``message``; ``exc_info`` holds
    a defect's trace.
    """
    handler = _StandardError()
    if form == "json":
        names = {"levelname": "level", "name": "logger"}
        handler.setFormatter(
            JsonFormatter(
                "%(levelname)s %(name)s %(message)s", timestamp="time", rename_fields=names, json_ensure_ascii=False
            )
        )
    else:
        handler.setFormatter(_Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(level, least))
