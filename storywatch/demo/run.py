"""Runs the demo.

::

    newsroom, mail server, webhook receiver ── storywatch run (a process of its own) ── what arrived
              wave after wave ─▶                                                        └─▶ verify ─▶ told

A wave comes out once every outlet was polled twice since the last: what the first of the two polls brought is in the
store when the second begins. Nothing here waits for a fixed time but the last look for what should not come.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from secrets import token_bytes

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from news.clock import SystemClock
from storywatch.config import load as load_config
from storywatch.demo import past, setup, verify
from storywatch.demo.newsroom import LAST_WAVE, Newsroom, address, load
from storywatch.demo.servers import Hook, PostOffice, Press
from storywatch.demo.verify import Checked, Expected
from storywatch.semantic import without

_WAVES = {
    0: "old reports stand in the feeds",
    1: "a fuel price protest in Zhanaozen",
    2: "state of emergency in Almaty",
    3: "the airport is taken; one outlet breaks down",
    4: "26 dead; consulate staff may leave; the outlet is back",
    5: "164 dead; one outlet re-sends everything, one re-dates it",
}
#: seconds for one step, of a machine under load
_STEP_S = 25.0
#: seconds until events are found: a tenth of a second of work a story, of a machine under load
_EVENTS_S = 90.0
#: seconds to look for what should not come
_LAST_LOOK_S = 2.0


_FOUND = (
    "Plain words were found in their forms in English, Russian, Kazakh and Indonesian, kazakhstan~ in a misspelt "
    "headline;\nwhat only looks alike alerted nobody. Each mail marks the words and says how they were found."
)


class DemoError(Exception):
    """A step that did not come about."""


class Demo:
    """One performance: surroundings, service, waves, verdict."""

    def __init__(self, folder: Path, console: Console) -> None:
        self._folder = folder
        self._console = console
        self._clock = SystemClock()
        self._newsroom: Newsroom = load()
        self._polls: Counter[str] = Counter()
        self._polled = asyncio.Condition()
        mails = folder / "mails"
        mails.mkdir(exist_ok=True)
        self._press = Press(self._newsroom, self._on_poll)
        self._post = PostOffice(mails)
        self._hook = Hook("whsec_" + b64encode(token_bytes(24)).decode())
        #: address → thread of every story and copy that is listed in the end
        self._threads: dict[str, str | None] = {}
        self._waiting: set[asyncio.Task[None]] = set()
        self._config = folder / "storywatch.toml"
        self._log = folder / "service.log"

    async def perform(self) -> list[Checked]:
        """Run everything and return what was checked."""
        await self._press.start()
        await self._post.start()
        await self._hook.start()
        try:
            return await self._with_service()
        finally:
            await self._press.stop()
            await self._post.stop()
            await self._hook.stop()

    async def _with_service(self) -> list[Checked]:
        self._newsroom.publish(0, now=self._clock.now())
        self._config = await asyncio.to_thread(
            setup.write,
            self._folder,
            self._newsroom,
            self._press.bases,
            smtp_port=self._post.port,
            hook=self._hook.url,
            secret=self._hook.secret,
            now=self._clock.now(),
        )
        await asyncio.to_thread(self._live_the_past)
        stories = verify.expected()
        steps = len(_WAVES) + 5
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console, disable=not self._console.is_terminal) as progress:
            task = progress.add_task("the service starts", total=steps)

            def step(text: str) -> None:
                progress.update(task, description=text, advance=1)
                if not self._console.is_terminal:
                    self._console.print(text)

            service = await self._start()
            try:
                for wave, text in _WAVES.items():
                    if wave == LAST_WAVE:
                        # Its late copy is a later one only once the story was told.
                        await self._mailed("energy", "continental/kazakhstan-emergency", stories)
                    step(f"wave {wave}: {text}")
                    if wave:
                        self._newsroom.publish(wave, now=self._clock.now())
                    await self._polled_twice()
                step("the configuration is read anew")
                # A service looks for spikes once a minute, and at once when it is told to read its configuration.
                service.send_signal(signal.SIGHUP)
                step("mails and webhooks arrive")
                await self._arrived(stories)
                step("what is told of one event is found")
                await self._threaded()
                step("the digest over all watchlists is sent")
                await self._digest()
                step("a last look for what should not come")
                await self._clock.sleep(_LAST_LOOK_S)
            finally:
                code = await self._end(service)
        await asyncio.to_thread(self._write_page)
        return [*self._check(stories), Checked("the service ended in order", code == 0, (f"exit code {code}",))]

    def _live_the_past(self) -> None:
        past.live(load_config(self._config), self._newsroom, self._press.bases, now=self._clock.now())

    def _write_page(self) -> None:
        """Put the digest beside the mails as a page, for whom opens it in a browser."""
        if self._digests():
            (self._folder / "digest.html").write_text(verify.mail_page(self._digests()[0]), "utf-8")

    async def _start(self) -> asyncio.subprocess.Process:
        with self._log.open("wb") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "storywatch", "--config", str(self._config), "run", stderr=log
            )

    async def _end(self, service: asyncio.subprocess.Process) -> int:
        with contextlib.suppress(ProcessLookupError):
            service.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(20):
                return await service.wait()
        except TimeoutError:
            service.kill()
            return await service.wait()

    def _on_poll(self, outlet: str) -> None:
        self._polls[outlet] += 1
        waiting = asyncio.ensure_future(self._tell())
        self._waiting.add(waiting)
        waiting.add_done_callback(self._waiting.discard)

    async def _tell(self) -> None:
        async with self._polled:
            self._polled.notify_all()

    async def _polled_twice(self) -> None:
        before = self._polls.copy()
        # One that breaks down is polled rarely from then on, as it should be.
        well = [one.key for one in self._newsroom.outlets if not one.broken_in & {self._newsroom.wave}]

        def all_twice() -> bool:
            return all(self._polls[key] >= before[key] + 2 for key in well)

        await self._until(self._polled, all_twice, "the feeds were not polled")

    async def _until(self, condition: asyncio.Condition, done: Callable[[], bool], otherwise: str) -> None:
        try:
            async with asyncio.timeout(_STEP_S), condition:
                await condition.wait_for(done)
        except TimeoutError:
            tail = (await asyncio.to_thread(self._log.read_text, "utf-8"))[-2000:]
            raise DemoError(f"{otherwise} within {_STEP_S:.0f} s; the service's log ends with\n{tail}") from None

    async def _arrived(self, stories: tuple[Expected, ...]) -> None:
        """Wait until everything expected is there, or the time is over: the check then says what is missing."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STEP_S):
                while any(not one.good for one in self._check_alerts(stories)):
                    self._post.changed.clear()
                    self._hook.changed.clear()
                    waits = [
                        asyncio.ensure_future(self._post.changed.wait()),
                        asyncio.ensure_future(self._hook.changed.wait()),
                    ]
                    try:
                        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        for wait in waits:
                            wait.cancel()

    async def _mailed(self, watchlist: str, key: str, stories: tuple[Expected, ...]) -> None:
        """Wait until a watchlist was told of a story by mail, or the time is over."""
        (wanted,) = (story.addresses(self._press.bases) for story in stories if key in story.told_by)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STEP_S):
                while wanted.isdisjoint(verify.mail_addresses(self._mails(watchlist), wanted)):
                    self._post.changed.clear()
                    await self._post.changed.wait()

    async def _digest(self) -> None:
        """Have the combined digest sent by the ordinary command, beside the running service."""
        await self._command("digest", "send", "All watchlists")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STEP_S):
                while not self._digests():
                    self._post.changed.clear()
                    await self._post.changed.wait()

    async def _command(self, *words: str) -> bytes:
        """Run a command of storywatch and return what it answers."""
        arguments = ("-m", "storywatch", "--config", str(self._config), *words)
        command = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
        out, _ = await command.communicate()
        if command.returncode:
            raise DemoError(f"storywatch {' '.join(words)} ended with {command.returncode}")
        return out

    async def _threaded(self) -> None:
        """Wait until every story that is expected in an event has its thread, or the time is over."""
        if without() is not None:
            return
        keys = {key for one in verify.events() for key in one.told_by}
        wanted = {verify.address(key, self._press.bases) for key in keys}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_EVENTS_S):
                while any(self._threads.get(one) is None for one in wanted):
                    listed = json.loads(await self._command("stories", "--limit", "1000", "--json"))
                    self._threads = {
                        one["url"]: story["thread"] for story in listed for one in (story, *story["copies"])
                    }

    def _events_together(self) -> list[Checked]:
        missing = without()
        if missing is not None:
            return [Checked(f"events are not looked for: {missing}", good=True)]
        return [verify.together(one, self._threads, self._press.bases) for one in verify.events()]

    def _mails(self, list_id: str) -> list[EmailMessage]:
        return [mail for mail in self._post.mails if list_id in str(mail.get("List-Id", ""))]

    def _digests(self) -> list[EmailMessage]:
        return self._mails("digest.all-watchlists")

    def _told(self) -> list[str]:
        """Return the address of everything that anyone was told of."""
        return [
            *verify.payload_addresses(self._hook.payloads),
            *verify.mail_addresses(self._post.mails, self._known()),
        ]

    def _known(self) -> set[str]:
        return {
            address(self._press.bases[outlet.key], report)
            for outlet in self._newsroom.outlets
            for report in outlet.reports
        }

    def _check_alerts(self, stories: tuple[Expected, ...]) -> list[Checked]:
        bases, known = self._press.bases, self._known()

        def of(watchlist: str) -> list[Expected]:
            return [story for story in stories if watchlist in story.watchlists]

        kz, energy, oman = (self._mails(one) for one in ("kz", "energy", "oman"))
        duty = [mail for mail in self._post.mails if mail["To"] == "duty@example.org"]
        urgent = [story for story in of("consulates") if story.urgent]
        return [
            verify.told_once(
                "webhooks of “Kazakhstan unrest”: each story once",
                verify.payload_addresses(self._hook.payloads),
                of("kz"),
                bases,
            ),
            verify.told_once("mails of “Kazakhstan unrest”", verify.mail_addresses(kz, known), of("kz"), bases),
            verify.told_once("mails of “Energy prices”", verify.mail_addresses(energy, known), of("energy"), bases),
            verify.told_once("mails of “Trade with Oman”", verify.mail_addresses(oman, known), of("oman"), bases),
            verify.told_once(
                "urgent mails of “Consulates and citizens”, at once", verify.mail_addresses(duty, known), urgent, bases
            ),
        ]

    def _check(self, stories: tuple[Expected, ...]) -> list[Checked]:
        digests = self._digests()
        known, bases = self._known(), self._press.bases
        unsigned = self._hook.unsigned
        unchanged = self._press.answers.get(304, 0)
        return [
            *self._check_alerts(stories),
            Checked("one digest over all watchlists", len(digests) == 1, (f"{len(digests)} came",)),
            verify.told_once("the digest: every story once", verify.mail_addresses(digests, known), stories, bases),
            *(
                verify.words_shown(
                    one.words, one.addresses(bases), map(verify.mail_page, self._mails(one.words.watchlist))
                )
                for one in stories
                if one.words is not None
            ),
            verify.unmoved(verify.lookalikes(), self._told(), bases),
            verify.spiked("Kazakhstan unrest", self._hook.payloads, self._mails("kz")),
            verify.carried("Coast Dispatch", self._mails("energy")),
            *self._events_together(),
            verify.pointed(self._hook.payloads),
            Checked("every webhook is signed", unsigned == 0, (f"{unsigned} are not",)),
            Checked(f"{unchanged} polls were answered by 304", unchanged > 0, ("none",)),
        ]


def run(keep: Path | None, console: Console) -> int:
    """Perform the demo, tell what happened, and return the exit code."""
    folder = keep or Path(tempfile.mkdtemp(prefix="storywatch-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.pop("STORYWATCH_CONFIG", None)
    try:
        checks = asyncio.run(Demo(folder, console).perform())
    except DemoError as error:
        console.print(f"[red]The demo stopped:[/red] {error}", highlight=False)
        return 1
    table = Table(show_header=False, box=None, pad_edge=False)
    for check in checks:
        table.add_row("[green]ok[/green]" if check.good else "[red]failed[/red]", check.what)
        if not check.good:
            for problem in check.problems:
                table.add_row("", f"[red]{problem}[/red]")
    console.print(table)
    good = all(check.good for check in checks)
    if good:
        console.print(_FOUND, soft_wrap=True, highlight=False)
    console.print(f"The mails lie in {folder / 'mails'}", soft_wrap=True, highlight=False)
    console.print(f"The digest to look at: {folder / 'digest.html'}", soft_wrap=True, highlight=False)
    return 0 if good else 1
