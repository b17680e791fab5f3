"""Parsing that cannot hold up the loop: small documents at once, big ones in a process with limits.

::

    body ──too_big_for_the_loop?──no──▶ feed.parse, here
                                 └─yes─▶ one thread ──▶ a process (memory, CPU and time bounded) ──▶ ParsedFeed

A process is made for each big document, by a fork server that has the parser loaded: cheap, and it can be killed
without harm to anything else. An explosion costs that feed its poll, nothing more.
"""

import asyncio
import logging
import multiprocessing
import resource
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from crawler import feed
from news.errors import NotAFeedError
from news.types import ParsedFeed

logger = logging.getLogger(__name__)

#: seconds that a document may take
SECONDS = 20.0
#: bytes of address space beyond what the process has at its start
MEMORY = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Job:
    """What ``crawler.feed.parse`` is called with."""

    body: bytes
    url: str | None
    content_type: str | None
    known: frozenset[bytes]
    now: datetime


class Parser:
    """Parses documents for one crawl; ``close`` ends its thread."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["crawler.feed"])
        # One big document at a time: the others wait, and the loop does not.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="parsing")

    async def parse(self, job: Job) -> ParsedFeed:
        """Return the parsed feed.

        Raises NotAFeedError, also for a document that takes too long or too much memory to be parsed.
        """
        if not feed.too_big_for_the_loop(job.body):
            return parse_now(job)
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._apart, job)

    def close(self) -> None:
        """Take no more documents; one that is being parsed ends by itself, or by its limit."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _apart(self, job: Job) -> ParsedFeed:
        """Parse in a process of its own; runs in the thread."""
        ours, theirs = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_parse_and_send, args=(theirs, job, int(self._seconds)), daemon=True)
        process.start()
        theirs.close()
        try:
            if not ours.poll(self._seconds):
                raise NotAFeedError(f"the document takes longer than {self._seconds:g} s to parse")
            result = ours.recv()
        except EOFError:
            raise NotAFeedError("the document cannot be parsed within the limits of memory and time") from None
        finally:
            ours.close()
            process.kill()
            process.join()
            process.close()
        if isinstance(result, ParsedFeed):
            return result
        raise result


def parse_now(job: Job) -> ParsedFeed:
    """Parse in this process; whatever the parser raises becomes a NotAFeedError, which fails this feed alone."""
    try:
        return feed.parse(job.body, url=job.url, content_type=job.content_type, known=job.known, now=job.now)
    except NotAFeedError:
        raise
    except (MemoryError, RecursionError) as error:
        raise NotAFeedError(
            f"the document cannot be parsed ({type(error).__name__}): it is nested or grows too much"
        ) from error
    except Exception as error:
        logger.exception("the parser failed on %s", job.url)
        raise NotAFeedError(f"the document cannot be parsed ({type(error).__name__}: {error})") from error


def _parse_and_send(there: Connection, job: Job, seconds: int) -> None:
    """Run in the process: parse within limits, send the result or the error."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds + 1, seconds + 1))
    _limit_memory()
    try:
        result: ParsedFeed | Exception = parse_now(job)
    except NotAFeedError as error:
        result = NotAFeedError(str(error)) if type(error) is NotAFeedError else error
    there.send(result)
    there.close()


def _limit_memory() -> None:
    """Bound the address space (proc(5), statm); a system without /proc has no such bound, only that of time."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
