"""Opening a database file: is it ours, of which version, and what has to be made first."""

from __future__ import annotations

import os
import socket
import sqlite3
import time
from pathlib import Path

from . import statements, totals
from .errors import NotAStore, StoreDamaged, StoreError, StoreTooNew
from .migrations import migrate
from .models import APPLICATION_ID, SCHEMA_VERSION
from .sqlite_errors import told

_MAGIC = b"SQLite format 3\0"


def check_path(path: Path, *, read_only: bool) -> None:
    """Refuse what can be no store, before anything is made beside it.

    Raises:
        NotAStore: a file that is no SQLite database.
        StoreError: a directory, a missing file, or one that may not be read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except FileNotFoundError:
        if read_only:
            raise StoreError(
                f"There is no store at {path}; a read-only store is not created.", path=path
            ) from None
        return
    except IsADirectoryError:
        raise StoreError(f"{path} is a directory; give the path of a file.", path=path) from None
    except OSError as error:
        raise StoreError(
            f"{path} can't be read ({error.strerror}); check its rights and those of the "
            "directories above it.",
            path=path,
        ) from error
    if start and start != _MAGIC and not _can_be_mended(path):
        raise NotAStore(f"{path} is not a SQLite database; give another path.", path=path)


def _can_be_mended(path: Path) -> bool:
    # A power cut within a write may leave anything where the first page was to be. The page is
    # then in the log, or can be undone with the journal, and SQLite does either; it decides.
    return any(path.with_name(path.name + end).exists() for end in ("-wal", "-journal"))


def make_directory(path: Path) -> None:
    """Make the directory of a new store, and those above it.

    Raises:
        StoreError: it can't be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The directory {path.parent} can't be made ({error.strerror}); choose another one or "
            "change its rights.",
            path=path,
        ) from error


class FrozenConnection(sqlite3.Connection):
    """Reads a file as if nobody could change it: for one read, for somebody may."""


def connect(path: Path, *, busy_timeout: float, read_only: bool) -> sqlite3.Connection:
    """Open a connection that any thread may use, one at a time.

    Raises:
        StoreError: it can't be read where it lies.
    """
    mode, factory = "ro" if read_only else "rwc", sqlite3.Connection
    if read_only and is_frozen(path):
        mode, factory = "ro&immutable=1", FrozenConnection
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode={mode}",
        factory=factory,
        uri=True,
        timeout=busy_timeout,
        isolation_level=None,
        check_same_thread=False,
    )
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    return connection


def is_frozen(path: Path) -> bool:
    """Tell whether a store has to be read without the files that SQLite makes beside it.

    A reader shares a `-shm` with the writer, and makes it when there is none. Where it can't,
    all there is to read may be in the file itself: nobody is writing, and no log is left.

    Raises:
        StoreError: a log is left, which can't be read without a `-shm`.
    """
    shared, log = (path.with_name(path.name + end) for end in ("-shm", "-wal"))
    if _can_be_written(path.parent) or shared.exists() or not _has_log_mode(path):
        return False
    if not log.exists():
        return True
    raise StoreError(
        f"{path} can't be read: beside it is the log {log.name}, for which SQLite has to make "
        f"{shared.name}, and {path.parent} can't be written; change its rights, or copy the "
        "database with its log to another directory.",
        path=path,
    )


def _can_be_written(directory: Path) -> bool:
    return os.access(
        directory, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids
    )


def _has_log_mode(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(20)[18:] == b"\2\2"


def check_store(connection: sqlite3.Connection, path: Path) -> int:
    """Return the schema version of a store; 0 for an empty database, which can be made one.

    Raises:
        NotAStore: another program's database.
        StoreTooNew: written by a newer version of this library.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables or application or version:
            raise NotAStore(
                f"{path} is another program's database; give a path of its own to the store.",
                path=path,
            )
        return 0
    if version > SCHEMA_VERSION:
        raise StoreTooNew(
            f"{path} has schema version {version}, and this installation knows versions up to "
            f"{SCHEMA_VERSION}; install a newer repertory.",
            path=path,
            found=version,
            supported=SCHEMA_VERSION,
        )
    return int(version)


def open_writer(
    path: Path, *, synchronous: str, busy_timeout: float
) -> tuple[sqlite3.Connection, int]:
    """Open the one connection that writes: make or migrate the store, and raise its epoch.

    Returns:
        the connection and the epoch in which it may write.
    """
    with told(path, busy_timeout):
        connection = connect(path, busy_timeout=busy_timeout, read_only=False)
        try:
            version = check_store(connection, path)
            (journal,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            if journal != "wal":
                raise StoreError(
                    f"{path} can't be used with a write-ahead log; keep it on a disk of this "
                    "machine.",
                    path=path,
                )
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            # After a burst, or a long read, the log gives its room back.
            connection.execute("PRAGMA journal_size_limit = 67108864")
            connection.execute("BEGIN IMMEDIATE")
            if version == 0:
                _create(connection)
            elif version < SCHEMA_VERSION:
                migrate(connection, version)
            holder = (os.getpid(), socket.gethostname(), _now())
            connection.execute(statements.RAISE_EPOCH, holder)
            row = connection.execute(statements.EPOCH).fetchone()
            if row is None:
                raise StoreDamaged(
                    f"{path} is damaged: the row about the store itself is missing; restore it "
                    "from a backup.",
                    path=path,
                )
            (epoch,) = row
            connection.execute("COMMIT")
            # Enforced from here on: within a migration tables may be built anew.
            connection.execute("PRAGMA foreign_keys = ON")
            totals.keep_count(connection)
        except BaseException:
            connection.close()
            raise
    return connection, epoch


def _create(connection: sqlite3.Connection) -> None:
    for statement in statements.schema():
        connection.execute(statement)
    connection.execute(
        statements.INSERT_STORE, (1, _now(), 0, os.getpid(), socket.gethostname(), _now(), 0, 0)
    )
    totals.count(connection)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _now() -> int:
    return time.time_ns() // 1000
