"""``[aliases]`` → the sets of names that ``@name`` in a query stands for."""

from alerts.query.aliases import Aliases, read_aliases
from storywatch.config.problems import Place, Problems, shown
from storywatch.config.reading import Parts


def read(parts: Parts, problems: Problems) -> Aliases:
    """Read the sets of all files; what is wrong with an entry is told at its place."""
    places: dict[str, Place] = {}
    pairs: list[tuple[str, list[str]]] = []
    for part in parts.all:
        for name, entries in part.shape.aliases.items():
            # A name that stands in two files is told of already.
            if places.setdefault(name, part.place("aliases", name)) == part.place("aliases", name):
                pairs.append((name, entries))
    aliases, wrong = read_aliases(pairs)
    for name, position, text in wrong:
        place = places[name]
        if position is not None:
            entry = dict(pairs)[name][position]
            problems.add(place.at(position), f"{shown(entry)}: {text}")
        elif not problems.troubled(place):
            problems.add(place, text)
    return aliases
