"""Driver exceptions → StoreError with what to do, and whether trying once more makes sense.

``news.store.engine`` calls this at its edge, so that nothing above ever sees a driver's exception.
"""

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from news.errors import StoreError

#: primary result codes of SQLite (https://www.sqlite.org/rescode.html) and what to do about them
_SQLITE_ADVICE = {
    sqlite3.SQLITE_BUSY: "another process has been writing to it for too long; end that process or wait for it",
    sqlite3.SQLITE_LOCKED: "another process has been writing to it for too long; end that process or wait for it",
    sqlite3.SQLITE_FULL: "the disk is full; free some space, nothing that was stored is lost",
    sqlite3.SQLITE_READONLY: "it may not be written; check the owner and mode of the file and of its folder",
    sqlite3.SQLITE_PERM: "it may not be opened; check the owner and mode of the file and of its folder",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check that the folder exists and may be written",
    sqlite3.SQLITE_IOERR: "reading or writing failed; check the disk and its free space",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; restore a backup made by `storywatch store backup`",
    sqlite3.SQLITE_NOTADB: "the file is no SQLite database; check [service] database",
}

#: SQLSTATEs and classes of PostgreSQL (https://www.postgresql.org/docs/current/errcodes-appendix.html)
_POSTGRESQL_ADVICE = {
    "53100": "the server's disk is full; free some space, nothing that was stored is lost",
    "53": "the server is out of resources; raise max_connections or free memory",
    "28": "the server refuses the user or password; check [service] database",
    "3D": "there is no such database; create it with createdb",
    "42501": "the user lacks the rights; grant them on the schema",
    "42P01": "a table is missing; run `storywatch store migrate`",
    "42703": "a column is missing; run `storywatch store migrate`",
    "25006": "the server is read-only, perhaps a standby; check [service] database",
    "57": "the server ended the connection; it is tried again",
    "55P03": "another process held a lock for too long; it is tried again",
    "40": "another process changed the same rows; it is tried again",
    "XX": "the server reports damaged storage; look into its log",
}

#: a refused connection comes without SQLSTATE; words of the server → the class that they belong to
_CONNECTING = (
    ("authentication", "28"),
    ("password", "28"),
    ("pg_hba.conf", "28"),
    ("log in", "28"),
    ("role ", "28"),
    ("database ", "3D"),
    ("too many", "53"),
    ("remaining connection slots", "53"),
    ("starting up", "57"),
    ("shutting down", "57"),
)

#: what passes by itself when the same transaction is run again
_TRANSIENT_SQLSTATES = ("40", "55P03", "57P01", "57P02", "57P03", "08")


def describe(error: SQLAlchemyError | OSError) -> str:
    """Return what happened and what to do, in one sentence without parameters or passwords."""
    cause: object = error.orig if isinstance(error, DBAPIError) else error
    words = " ".join(str(cause).split())
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        advice = _SQLITE_ADVICE.get(code, "")
    elif isinstance(cause, OSError):
        full = cause.errno in {errno.ENOSPC, errno.EDQUOT}
        advice = "the disk is full; free some space, nothing that was stored is lost" if full else ""
    else:
        advice = _postgresql_advice(cause) if isinstance(error, DBAPIError) else ""
    return f"the database failed: {words}" + (f" ({advice})" if advice else "")


def wrapped(error: SQLAlchemyError | OSError) -> StoreError:
    """Return the StoreError to raise ``from`` a driver's error."""
    return StoreError(describe(error))


def is_transient(error: BaseException) -> bool:
    """Tell whether the same transaction may well succeed when it is run again at once.

    A unique key counts too: another process wrote the same row between our look and our insert, and the second
    run will find it.
    """
    if isinstance(error, IntegrityError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None) or ""
    return state.startswith(_TRANSIENT_SQLSTATES)


def _postgresql_advice(cause: object) -> str:
    state = getattr(cause, "sqlstate", None) or ""
    if not state:
        _, _, words = str(cause).partition("FATAL:")
        found = next((kind for part, kind in _CONNECTING if part in words), None)
        return _POSTGRESQL_ADVICE[found] if found else "check that PostgreSQL runs and is reachable"
    for length in (5, 2):
        advice = _POSTGRESQL_ADVICE.get(state[:length])
        if advice:
            return advice
    return ""
