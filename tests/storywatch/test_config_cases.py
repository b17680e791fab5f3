"""Configurations in ``tests/cases/config``: each folder holds files, and what is said of them.

``problems.txt`` is what a wrong one is refused with; ``understood.txt`` what a good one becomes.
"""

from pathlib import Path

import pytest

from news.errors import ConfigError
from storywatch.config import Config, load
from storywatch.config.units import shown_duration

CASES = Path(__file__).parents[1] / "cases" / "config"


def understood(config: Config) -> str:
    """Write a configuration down, a line each for what people would ask of it."""
    lines = [f"warning: {warning}" for warning in config.warnings]
    lines += [f"operator: {target.name}" for target in config.operator]
    lines += [f"file: {path}" for path in config.files]
    for feed in config.feeds:
        interval = shown_duration(feed.interval) if feed.interval else "learnt"
        secret = " with secrets" if feed.url in config.credentials else ""
        tags = ",".join(feed.tags)
        origin = f"{feed.origin}, {config.feed_files[feed.url]}"
        lines.append(
            f"feed: {feed.url} ({origin}) {feed.name} {feed.language} [{tags}] {interval} {feed.robots}{secret}"
        )
    for watchlist in config.watchlists:
        lines.append(f"watchlist: {watchlist.id}: {watchlist.name}: {' | '.join(watchlist.queries)}")
        for name, values in (
            ("exclude", watchlist.exclude),
            ("feeds", watchlist.feeds),
            ("languages", watchlist.languages),
        ):
            lines += [f"  {name}: {', '.join(values)}"] if values else []
        lines += [f"  @{name}: {' | '.join(entries)}" for name, entries in watchlist.aliases]
    for alert in config.alerts:
        lines.append(f"alert: {alert.id}: {alert.schedule}, {alert.timezone}, {alert.locale}")
        lines.append(f"  of {', '.join(alert.watchlists)}{' in one message' if alert.combined else ''}")
        lines.append(f"  to {alert.target.name}: {len(alert.target.recipients)} by {alert.target.channel}")
        if alert.quiet_hours:
            lines.append(f"  quiet from minute {alert.quiet_hours.start} to {alert.quiet_hours.end}")
        if alert.urgent:
            lines.append(f"  urgent: {alert.urgent}")
            lines += [f"  @{name}: {' | '.join(entries)}" for name, entries in alert.aliases]
        if alert.at_most:
            lines.append(f"  at most {alert.at_most.count} in {alert.at_most.per_s} s")
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_a_configuration_is_understood_or_refused_as_written_down(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES / case)
    problems, good = Path("problems.txt"), Path("understood.txt")
    if problems.exists():
        with pytest.raises(ConfigError) as refused:
            load(Path("storywatch.toml"), {})
        assert f"{refused.value}\n" == problems.read_text(encoding="utf-8")
        assert "hunter" not in str(refused.value)
    else:
        config = load(Path("storywatch.toml"), {})
        assert understood(config) == good.read_text(encoding="utf-8")
        assert "hunter" not in repr(config)
        assert "hidden" not in repr(config)
