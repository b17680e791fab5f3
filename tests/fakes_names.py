"""A name server that answers as it is told to; given to the crawl as ``lookup``.

::

    names = Names({"feeds.example.com": [["127.0.0.1"], ["10.0.0.1"]]})    # the second answer, from the second time on
    async with crawling(tmp_path, url, lookup=names) as world: …
    assert names.asked == ["feeds.example.com"]
"""

import socket
from collections.abc import Mapping, Sequence
from typing import Any


class Names:
    """Names with their answers, each a list of addresses; the last answer stays, and other names do not resolve."""

    def __init__(self, answers: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._answers = {name: list(given) for name, given in answers.items()}
        #: every name that was looked up, in order
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[tuple[Any, ...]]:
        """Answer as ``socket.getaddrinfo`` does."""
        self.asked.append(host)
        given = self._answers.get(host)
        if not given:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        addresses = given.pop(0) if len(given) > 1 else given[0]
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
            if ":" in address
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]
