"""``storywatch run``: the service in the foreground, or one round of it."""

import asyncio
import logging
from typing import Annotated

import typer

from storywatch.cli.common import answer, config_path, load_config, unwell, wrong

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
    if not once:
        from storywatch import service

        raise typer.Exit(asyncio.run(service.run(config_path(ctx), config, SystemClock())))
    from storywatch.once import run_once

    done = asyncio.run(run_once(config, SystemClock()))
    answer(f"{done.polled} feeds polled, {len(done.unhealthy)} not healthy, {done.failed} deliveries failed")
    for url in done.unhealthy:
        log.warning("not healthy: %s; `storywatch feeds health` tells why", url)
    if done.failed or not done.answered or (strict and done.unhealthy):
        unwell()
