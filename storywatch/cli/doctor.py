"""``storywatch doctor``: whether all is in order, checked for real."""

import asyncio

import typer

from storywatch.cli.common import JsonOption, answer_json, console, load_config, unwell


def doctor(ctx: typer.Context, json: JsonOption = False) -> None:  # noqa: FBT002 - an option
    """Check store, service, clock, feeds, targets, disk and mail login for real; exit 1 if something failed."""
    from news.clock import SystemClock
    from storywatch.doctor import Finding, Health, examine

    config = load_config(ctx)
    styles = {Health.OK: "green", Health.WARNING: "yellow", Health.FAILED: "red"}
    found: list[Finding] = []

    async def look() -> None:
        out = console()
        async for one in examine(config, SystemClock()):
            found.append(one)
            if not json:
                out.print(f"{one.health.value:8}", style=styles[one.health], end="")
                out.print(f"{one.part}: {one.text}")

    asyncio.run(look())
    if json:
        answer_json([{"part": one.part, "health": one.health.value, "text": one.text} for one in found])
    if any(one.health is Health.FAILED for one in found):
        unwell()
