"""The part of APScheduler 3.11 that is used."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

class AsyncIOScheduler:
    def __init__(self, *, job_defaults: Mapping[str, object], timezone: str) -> None: ...
    def add_job(
        self,
        func: Callable[[], Awaitable[object]],
        trigger: str,
        *,
        seconds: float = ...,
        hours: float = ...,
        id: str,
        next_run_time: datetime = ...,
    ) -> object: ...
    def start(self) -> None: ...
    def pause(self) -> None: ...
    def shutdown(self, wait: bool = ...) -> None: ...
