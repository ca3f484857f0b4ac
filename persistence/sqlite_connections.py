"""Connections to read with: lent for a statement, or held for one state of the database.

Bringing a workflow into memory borrows one several times, so these are plain objects: context
managers made of generators were a quarter of what that costs.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from .errors import StoreError
from .sqlite_errors import meaning
from .sqlite_open import FrozenConnection

_MOST_IDLE = 8


class _Mine(threading.local):
    connection: sqlite3.Connection | None = None
    """What this thread holds, if it holds one state of the database."""


class Connections:
    """The connections that read; any thread may borrow one.

    They are not each a thread's own: worker threads come and go.
    """

    def __init__(
        self, path: Path, connect: Callable[[], sqlite3.Connection], busy_timeout: float
    ) -> None:
        self.mine = _Mine()
        self.idle: list[sqlite3.Connection] = []
        self._path = path
        self._connect = connect
        self._busy_timeout = busy_timeout
        self._closed = False

    def close(self) -> None:
        """Close every connection; those in use are closed when they are given back."""
        self._closed = True
        while self.idle:
            self.idle.pop().close()

    def take(self) -> sqlite3.Connection:
        """Return a connection that nobody else has.

        Raises:
            StoreError: there is none, since the store is closed or can't be opened.
        """
        if self._closed:
            raise StoreError(f"The store {self._path} is closed.", path=self._path)
        try:
            return self.idle.pop()
        except IndexError:
            pass
        try:
            return self._connect()
        except BaseException as error:
            self.explain(error)
            raise

    def give_back(self, connection: sqlite3.Connection) -> None:
        """Let the next one have a connection."""
        frozen = type(connection) is FrozenConnection
        if self._closed or frozen or len(self.idle) >= _MOST_IDLE:
            connection.close()
            return
        self.idle.append(connection)
        if self._closed:
            self.close()

    def explain(self, error: BaseException) -> None:
        """Raise what an error of sqlite3's means, if it is one."""
        meant = meaning(error, self._path, self._busy_timeout)
        if meant is not error:
            raise meant from error


class Borrowed:
    """Lends the connection that this thread holds, or any, for the length of a `with`.

    What sqlite3 raises within is raised as a `StoreError` about the file.
    """

    __slots__ = ("_connections", "_own")

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._own: sqlite3.Connection | None = None

    def __enter__(self) -> sqlite3.Connection:
        held = self._connections.mine.connection
        if held is None:
            held = self._own = self._connections.take()
        return held

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        own = self._own
        if error is None:
            if own is not None:
                self._connections.give_back(own)
            return
        if own is not None:
            # A statement that was broken off keeps its state of the database, as long as the
            # error's frames live: whoever got this connection next would read that.
            own.close()
        self._connections.explain(error)


class Held:
    """Holds one state of the database for this thread, for the length of a `with`.

    What is raised within is the caller's own.
    """

    __slots__ = ("_connections", "_own")

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._own: sqlite3.Connection | None = None

    def __enter__(self) -> None:
        connections = self._connections
        if connections.mine.connection is not None:
            return  # by the `with` around this one
        connection = connections.take()
        try:
            connection.execute("BEGIN")
        except BaseException as error:
            connection.close()  # nobody knows where it stands
            connections.explain(error)
            raise
        self._own = connections.mine.connection = connection

    def __del__(self) -> None:
        # A Ctrl-C may come where the `with` is left, before anything of `__exit__` has run.
        if self._own is not None:
            self.__exit__(None, None, None)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        own, connections = self._own, self._connections
        if own is None:
            return
        self._own = connections.mine.connection = None
        if error is not None:
            own.close()  # likewise
            return
        try:
            own.execute("ROLLBACK")
        except BaseException as failure:
            own.close()  # nobody knows where it stands
            connections.explain(failure)
            raise
        connections.give_back(own)
