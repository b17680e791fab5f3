"""Tables of rules as TOML files, read once.

``trackers.toml``, ``views.toml``, ``hosts.toml`` and a folder for each site in ``sites`` say what folds in an address;
``news.urlrules`` and ``news.siterules`` give them types. ``agencies.toml`` names news agencies (``news.agencyrules``).
"""

import tomllib
from importlib.resources import files
from typing import Any


def load(name: str) -> dict[str, Any]:
    """Read the table ``name`` (without ``.toml``) that ships in this package.

    Raises FileNotFoundError or tomllib.TOMLDecodeError: a broken installation, not a user's mistake.
    """
    return tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
