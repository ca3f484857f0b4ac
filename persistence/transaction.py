"""A transaction on the connection that writes: all of it, or nothing."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import statements
from .errors import StoreError, StoreFenced
from .sqlite_errors import meaning


class _Process:
    """This process, as long as it is no fork: to ask the system who one is takes a call of it."""

    def __init__(self) -> None:
        self.id = os.getpid()


_process = _Process()


def _forked() -> None:
    global _process
    _process = _Process()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


class Transaction:
    """What a write is made in: one at a time, from whichever thread.

    A Ctrl-C may come between any two calls. So the lock is held by a `with`, which the interpreter
    enters and leaves in one go, and whoever begins looks for what another one has left open.

    Attributes:
        cursor: one for its statements; to make another one takes as long as some of them.
        epoch: the one in which this store may write.
        one: held by whoever is between `begin` and `commit`. Writes come from one thread at a time;
            were one to break that rule, its failure must not roll back the other's transaction.
    """

    def __init__(
        self, connection: sqlite3.Connection, epoch: int, path: Path, busy_timeout: float
    ) -> None:
        self._connection = connection
        self.cursor = connection.cursor()
        self.epoch = epoch
        self.one = threading.Lock()
        self._path = path
        self._name = os.fspath(path)
        there = path.stat()
        self._device, self._inode = there.st_dev, there.st_ino
        self._busy_timeout = busy_timeout
        self._opened_by = _process
        self._closed = False

    def close(self) -> None:
        """Let what is being written end, and nothing more begin."""
        with self.one:
            self._closed = True

    @contextmanager
    def whole(self) -> Iterator[sqlite3.Connection]:
        """Keep all that is written within, or nothing.

        Raises:
            StoreFenced: another system has taken the store over.
            StoreError: it could not be written.

        Example:
            >>> with transaction.whole() as connection:     # doctest: +SKIP
            ...     connection.execute("DELETE FROM messages")
        """
        self.check_process()
        with self.one:
            try:
                self.begin()
                if self.cursor.execute(statements.EPOCH).fetchone() != (self.epoch,):
                    raise StoreFenced(
                        f"{self._path} has been taken over by another system; this one may not "
                        "write to it any more: stop it.",
                        path=self._path,
                    )
                yield self._connection
                self.commit()
            except BaseException as error:
                self.give_up(error)
                raise

    def check_process(self) -> None:
        """Look whether this is the process that opened the store; before its lock is taken.

        Raises:
            StoreError: it is a fork of that one.
        """
        if self._opened_by is not _process:
            raise StoreError(
                f"{self._path} was opened by process {self._opened_by.id}, from which this one was "
                "forked; open the store in the process that uses it.",
                path=self._path,
            )

    def begin(self) -> None:
        """Begin without a look at who may write: it is for the caller to ask for the epoch.

        Raises:
            StoreError: the store is closed.
            sqlite3.Error: it could not be written.
        """
        if self._closed:
            raise StoreError(f"The store {self._path} is closed.", path=self._path)
        if self._connection.in_transaction:  # somebody was broken off
            self.cursor.execute("ROLLBACK")
        self.cursor.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Have all of it kept.

        Raises:
            StoreError: the file is not where it was opened.
            sqlite3.Error: it could not be kept.
        """
        try:
            # SQLite goes on writing to a file that has lost its name, where nobody finds it again.
            there = os.stat(self._name)  # noqa: PTH116  # a third of what Path.stat takes
        except OSError as failure:
            raise self._displaced(
                f"is no longer where it was opened ({failure.strerror})"
            ) from failure
        if there.st_ino != self._inode or there.st_dev != self._device:
            raise self._displaced("has been replaced by another file")
        self.cursor.execute("COMMIT")

    def give_up(self, error: BaseException) -> None:
        """Keep nothing of it; raise what the error means, if that is another one."""
        try:
            if not self._closed and self._connection.in_transaction:
                self.cursor.execute("ROLLBACK")
        except sqlite3.Error:
            pass  # SQLite rolls some failures back by itself; the first error counts.
        meant = meaning(error, self._path, self._busy_timeout)
        if meant is not error:
            raise meant from error

    def _displaced(self, what: str) -> StoreError:
        return StoreError(
            f"{self._path} {what} while it was in use, so nothing more is written; stop the "
            "system, put the store's file back, and start it again.",
            path=self._path,
        )
