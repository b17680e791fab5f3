"""``storywatch run``: the service in the foreground, or one round of it."""

import asyncio
import logging
from typing import TYPE_CHECKING, Annotated

import typer

from storywatch.cli.common import answer, config_path, load_config, unwell, wrong

if TYPE_CHECKING:
    from storywatch.config import Config

OnceOption = Annotated[bool, typer.Option("--once", help="One round of everything, then end.")]
StrictOption = Annotated[bool, typer.Option("--strict", help="With --once: exit 1 for any unhealthy feed.")]


def run(ctx: typer.Context, once: OnceOption = False, strict: StrictOption = False) -> None:  # noqa: FBT002 - options
    """Run the service until SIGTERM or SIGINT; SIGHUP reads the configuration anew."""
    if strict and not once:
        wrong("--strict goes with --once")
    from news.clock import SystemClock
    from storywatch import logs

    config = load_config(ctx)
    logs.set_up(config.service.log.value)
    log = logging.getLogger("storywatch.service")
    for warning in config.warnings:
        log.warning("%s", warning)
    if once:
        _once(config, strict=strict)
        return
    from storywatch import service

    raise typer.Exit(asyncio.run(service.run(config_path(ctx), config, SystemClock())))


def _once(config: "Config", *, strict: bool) -> None:
    from news.clock import SystemClock
    from storywatch.cli.listing import count
    from storywatch.cli.progress import progress
    from storywatch.config.units import shown_duration
    from storywatch.once import run_once

    with progress("polling", total=len(config.feeds)) as report:
        done = asyncio.run(run_once(config, SystemClock(), report))
    log = logging.getLogger("storywatch.service")
    for url in done.unhealthy:
        log.warning("not healthy: %s; `storywatch feeds health` tells why", url)
    if not done.answered:
        backing_off = "no feed was asked, since those that fail back off: `storywatch feeds health` tells until when"
        log.error("no feed answered" if done.polled else backing_off)
    unhealthy, failed = len(done.unhealthy), count(done.failed, "delivery failed", "deliveries failed")
    answer(f"{count(done.polled, 'feed')} polled, {unhealthy} not healthy, {failed}")
    if done.recent:
        least = shown_duration(config.fetch.min_interval)
        answer(f"{count(done.recent, 'feed')} left out, polled less than [fetch] min_interval = {least} ago")
    if done.failed or done.broken or not done.answered or (strict and done.unhealthy):
        unwell()
