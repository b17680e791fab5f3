"""Where log lines go: standard error, as text or JSON, with no secret in them."""

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

#: loggers that tell of every request or job; the service's own lines say what matters
_QUIET = (
    "aiosmtplib",
    "apscheduler",
    "asyncio",
    "filelock",
    "mail.log",
    "py3langid",
    "scrapy",
    "twisted",
    "alembic",
)


def set_up(form: str, *, level: int = logging.INFO) -> None:
    """Send log lines of ``form`` "text" or "json" to standard error."""
    stream = logging.StreamHandler(sys.stderr)
    if form == "json":
        stream.setFormatter(
            JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields={"asctime": "time"})
        )
    else:
        stream.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [stream]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
