"""Whether stories get threads here: the extra ``storywatch[semantic]``, which carries the model."""

import os
from collections.abc import Mapping

from news import embedding

#: of the environment; ``off`` leaves the extra unused on this machine
SWITCH = "STORYWATCH_SEMANTIC"


def without(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return why stories get no threads here, and what to do; None where they get them. Loads no model."""
    if environment.get(SWITCH, "").strip().lower() == "off":
        return f"switched off by {SWITCH} in the environment"
    return embedding.missing()
