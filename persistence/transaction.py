"""A transaction on the connection that writes: all of it, or nothing."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path
from types import TracebackType

from . import statements
from .errors import StoreError, StoreFenced
from .sqlite_errors import meaning


class Transaction:
    """What a write is made in, with `with`: one at a time, from whichever thread.

    Every step pays for it, so it is an object that lasts, and no generator.

    Example:
        >>> with transaction as connection:     # doctest: +SKIP
        ...     connection.execute("DELETE FROM messages")
    """

    def __init__(
        self, connection: sqlite3.Connection, epoch: int, path: Path, busy_timeout: float
    ) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._epoch = (epoch,)
        self._path = path
        self._name = os.fspath(path)
        self._file = path.stat()
        self._busy_timeout = busy_timeout
        self._pid = os.getpid()
        self._closed = False
        # Writes come from one thread at a time; were one to break that rule, its failure must
        # not roll back the other's transaction.
        self._one = threading.Lock()

    def close(self) -> None:
        """Let what is being written end, and nothing more begin."""
        with self._one:
            self._closed = True

    def __enter__(self) -> sqlite3.Connection:
        """Begin.

        Raises:
            StoreFenced: another system has taken the store over.
            StoreError: it could not be written, or the file is not where it was opened.
        """
        if os.getpid() != self._pid:
            raise StoreError(
                f"{self._path} was opened by process {self._pid}, from which this one was forked; "
                "open the store in the process that uses it.",
                path=self._path,
            )
        self._one.acquire()
        try:
            if self._closed:
                raise StoreError(f"The store {self._path} is closed.", path=self._path)
            cursor = self._cursor
            cursor.execute("BEGIN IMMEDIATE")
            if cursor.execute(statements.EPOCH).fetchone() != self._epoch:
                raise StoreFenced(
                    f"{self._path} has been taken over by another system; this one may not "
                    "write to it any more: stop it.",
                    path=self._path,
                )
        except BaseException as error:
            self._give_up(error)
            raise
        return self._connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self._give_up(error)
            return
        try:
            self._check_place()
            self._cursor.execute("COMMIT")
        except BaseException as failure:
            self._give_up(failure)
            raise
        self._one.release()

    def _give_up(self, error: BaseException) -> None:
        """Take back what was written; raise what the error means, if that is another one."""
        try:
            if not self._closed and self._connection.in_transaction:
                self._cursor.execute("ROLLBACK")
        except sqlite3.Error:
            pass  # SQLite rolls some failures back by itself; the first error counts.
        finally:
            self._one.release()
        meant = meaning(error, self._path, self._busy_timeout)
        if meant is not error:
            raise meant from error

    def _check_place(self) -> None:
        # SQLite goes on writing to a file that has lost its name, where nobody finds it again.
        try:
            there = os.stat(self._name)  # noqa: PTH116  # a third of what Path.stat takes
            if os.path.samestat(there, self._file):
                return
            what = "has been replaced by another file"
        except OSError as error:
            what = f"is no longer where it was opened ({error.strerror})"
        raise StoreError(
            f"{self._path} {what} while it was in use, so nothing more is written; stop the "
            "system, put the store's file back, and start it again.",
            path=self._path,
        )
