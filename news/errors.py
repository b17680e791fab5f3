"""One tree of errors.

::

    StorywatchError
    ├── ConfigError              storywatch.toml cannot be used; carries every problem
    ├── QueryError               a query that does not parse; carries column and caret
    ├── StoreError               the database does not do what it should
    │   ├── SchemaError          an unmigrated or newer schema
    │   ├── StoreHeldError       another process holds the SQLite file
    │   └── StaleLeaseError      the lease was lost to another holder; its work must be dropped
    ├── FetchError               a request that brought nothing usable
    │   ├── TemporaryError       try again soon: timeouts, refused connections, 5xx, 429
    │   ├── SoftError            the answer is no feed: a challenge page, an empty body
    │   └── HardError            trying again soon is no use: 401, 403, 404, 410, a guarded address
    │       └── GuardedError     the address is one that must not be reached
    ├── EmbeddingError           texts that could not be embedded: no extra, a crash, too slow
    └── NotAFeedError            bytes that are no feed
        └── ChallengePageError   a page that asks for a human, consent or a login stands in the feed's place

A message says what happened, to which feed, watchlist or delivery, and what to do.
Driver exceptions are wrapped at the edge with ``from``.
"""


class StorywatchError(Exception):
    """Anything that storywatch itself reports."""


class ConfigError(StorywatchError):
    """A configuration that cannot be used.

    ``problems`` holds one line each: ``FILE: path.to.key: what is wrong, and what is accepted``.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class QueryError(StorywatchError):
    """A query that does not parse.

    ``column`` counts code points from 1. ``str()`` is the full message: ``column N: …``, the query on a
    line of its own, and a caret under that column.
    """

    def __init__(self, message: str, query: str, column: int) -> None:
        # A query may hold newlines and tabs; one blank each keeps the caret under its column.
        line = "".join(" " if character.isspace() else character for character in query)
        super().__init__(f"column {column}: {message}\n{line}\n{' ' * (column - 1)}^")
        self.message = message
        self.query = query
        self.column = column


class StoreError(StorywatchError):
    """The database does not do what it should: unreachable, full, corrupt."""


class SchemaError(StoreError):
    """The schema is older or newer than this version of storywatch."""


class StoreHeldError(StoreError):
    """Another process runs the service on the same SQLite file."""


class StaleLeaseError(StoreError):
    """The lease ran out and went to another holder; what was done under it must not be written."""


class FetchError(StorywatchError):
    """A request that brought nothing usable."""


class TemporaryError(FetchError):
    """Trying again soon makes sense."""


class SoftError(FetchError):
    """The site answers, but not with a feed."""


class HardError(FetchError):
    """Trying again soon makes no sense."""


class GuardedError(HardError):
    """The address lies in a network that must not be reached."""


class EmbeddingError(StorywatchError):
    """The model that embeds texts is missing, crashed or took too long; the message says what to do."""


class NotAFeedError(StorywatchError):
    """Bytes that are no feed; the message says what they look like."""


class ChallengePageError(NotAFeedError):
    """A page stands in the feed's place: a challenge, a consent wall, a login, or one that needs JavaScript."""
