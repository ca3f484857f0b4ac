"""The store in a SQLite file."""

from __future__ import annotations

import builtins
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from os import PathLike
from pathlib import Path

from .errors import RepertoryError, StoreError
from .lock import WriterLock
from .models import SCHEMA_VERSION
from .reach import Reach
from .records import (
    Checkpoint,
    Entry,
    Message,
    MessageKind,
    Postponed,
    Retention,
    Step,
    Stored,
    WorkflowRecord,
)
from .sqlite_errors import told
from .sqlite_open import check_path, check_store, connect, make_directory, open_writer
from .sqlite_reader import Reader
from .sqlite_trim import Trimmer
from .sqlite_writer import Writer
from .store import Store


class SqliteStore(Store):
    """Keeps workflows in a SQLite file, which one system at a time may write to.

    The file is in write-ahead-log mode: readers see the last commit and never wait for the next.
    Beside it, while it is open, are `-wal` and `-shm`, which belong to it, and a `.lock`.

    Example:
        >>> store = SqliteStore("orders.db")
        >>> store.find("order-7")
        >>> store.close()
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        synchronous: str = "FULL",
        busy_timeout: float = 5.0,
        read_only: bool = False,
    ) -> None:
        """Open a store, making the file and its directory when they are not there.

        Arguments:
            path: the database file.
            synchronous: "FULL", and a commit outlives a power cut; "NORMAL" or "OFF", and it
                outlives a crash of the program alone.
            busy_timeout: how long to wait for another program's lock on the file, in seconds.
            read_only: read alone, also while another system writes; nothing is made or locked.

        Raises:
            NotAStore: the file is no SQLite database, or another program's.
            StoreTooNew: a newer version of this library wrote it.
            StoreInUse: another running system holds it.
            StoreError: it can't be opened; what is in the way is said.
            ValueError: `synchronous` is none of "FULL", "NORMAL", "EXTRA" and "OFF".
        """
        if synchronous.upper() not in ("OFF", "NORMAL", "FULL", "EXTRA"):
            raise ValueError(
                f"synchronous is {synchronous!r}; it is one of FULL, NORMAL, EXTRA and OFF."
            )
        # One file has one name, so that there is one lock for it.
        self.path = Path(path).resolve()
        self.read_only = read_only
        self._busy_timeout = busy_timeout
        self._lock: WriterLock | None = None
        self._reach: Reach | None = None
        self._writer: Writer | None = None
        self._trimmer: Trimmer | None = None
        check_path(self.path, read_only=read_only)
        if read_only:
            self._check_readable()
        else:
            self._open_writer(synchronous)
        self._reader = Reader(self.path, self._connect, busy_timeout)

    def _connect(self) -> sqlite3.Connection:
        return connect(self.path, busy_timeout=self._busy_timeout, read_only=True)

    def _check_readable(self) -> None:
        with told(self.path, self._busy_timeout):
            connection = self._connect()
            try:
                version = check_store(connection, self.path)
            finally:
                connection.close()
        if version == 0:
            raise StoreError(f"{self.path} is empty; there is nothing to read.", path=self.path)
        self._refuse_old(version)

    def _refuse_old(self, version: int) -> None:
        if version < SCHEMA_VERSION:
            raise StoreError(
                f"{self.path} has the older schema version {version}; open it once to write, "
                "which migrates it.",
                path=self.path,
            )

    def _open_writer(self, synchronous: str) -> None:
        make_directory(self.path)
        self._lock = WriterLock(self.path)
        self._reach = Reach(self._lock.path)
        try:
            connection, epoch = open_writer(
                self.path, synchronous=synchronous, busy_timeout=self._busy_timeout
            )
            # What is not flushed may be lost in a power cut, and the lock file kept.
            flushes = synchronous.upper() in ("FULL", "EXTRA")
            note = self._reach.note if flushes else None
            try:
                self._writer = Writer(connection, epoch, self.path, self._busy_timeout, note)
                self._reach.check(self.path, self._writer.last_entry)
            except BaseException:
                connection.close()
                raise
            self._reach.note(self._writer.last_entry if flushes else 0)
            self._trimmer = Trimmer(self._writer)
        except BaseException:
            self._reach.close()
            self._lock.release(keep=self._reach.left > 0)
            raise

    def close(self) -> None:
        self._reader.close()
        if self._writer is not None:
            self._writer.close()
        if self._reach is not None:
            self._reach.close()
        if self._lock is not None:
            self._lock.release()

    # --- writing ---

    def _writing(self) -> Writer:
        if self._writer is None:
            raise StoreError(
                f"{self.path} was opened read-only; open it without read_only to write.",
                path=self.path,
            )
        return self._writer

    def allocate(self) -> int:
        return self._writing().allocate()

    def allocate_message(self) -> int:
        return self._writing().allocate_message()

    def commit(self, steps: Sequence[Step]) -> Sequence[RepertoryError | None]:
        return (self._writer or self._writing()).commit(steps)

    def bury(self, message: int, why: str) -> None:
        self._writing().bury(message, why)

    def discard(self, message: int) -> None:
        self._writing().discard(message)

    def drop(self, message: int) -> bool:
        return self._writing().drop(message)

    def postpone(
        self, message: int, *, due: int, attempt: int, options: bytes | None = None
    ) -> bool:
        return self._writing().postpone(message, due, attempt, options)

    def postpone_all(self, rows: Sequence[Postponed], *, flush: bool = True) -> None:
        self._writing().postpone_all(rows, flush)

    def revive(self, message: int, now: int) -> Message | None:
        return self._writing().revive(message, now)

    def remove(self, workflow_id: str) -> bool:
        return self._writing().remove(workflow_id)

    def insert(
        self,
        record: WorkflowRecord,
        checkpoints: Sequence[Checkpoint],
        entries: Sequence[Entry],
        pending: Sequence[Message] = (),
    ) -> None:
        self._writing().insert(record, checkpoints, entries, pending)

    def trim(self, retention: Retention, now: int, *, limit: int = 100) -> int:
        self._writing()
        assert self._trimmer is not None
        return self._trimmer.trim(retention, now, limit)

    def define(self, type: str, version: int, definition: bytes) -> None:
        self._writing().define(type, version, definition)

    def move_cursor(self, name: str, entry: int) -> None:
        self._writing().move_cursor(name, entry)

    def remove_cursor(self, name: str) -> bool:
        return self._writing().remove_cursor(name)

    # --- reading ---

    def reading(self) -> AbstractContextManager[None]:
        return self._reader.reading()

    def find(self, workflow_id: str) -> WorkflowRecord | None:
        return self._reader.find(workflow_id)

    def load(self, workflow_id: str) -> Stored | None:
        return self._reader.load(workflow_id)

    def find_key(self, number: int, key: str) -> Entry | None:
        return self._reader.find_key(number, key)

    def list(
        self,
        *,
        type: str | None = None,
        states: Collection[str] = (),
        finished: bool | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> builtins.list[WorkflowRecord]:
        return self._reader.list(
            type=type, states=states, finished=finished, after=after, limit=limit
        )

    def tally(self) -> dict[tuple[str, tuple[str, ...]], int]:
        return self._reader.tally()

    def entries(
        self,
        number: int,
        *,
        after: int = 0,
        upto: int | None = None,
        last: int | None = None,
        first: int | None = None,
    ) -> builtins.list[Entry]:
        return self._reader.entries(number, after=after, upto=upto, last=last, first=first)

    def checkpoints(self, number: int) -> builtins.list[Checkpoint]:
        return self._reader.checkpoints(number)

    def checkpoint(self, number: int, upto: int | None = None) -> Checkpoint | None:
        return self._reader.checkpoint(number, upto)

    def definitions(self) -> dict[tuple[str, int], bytes]:
        return self._reader.definitions()

    def committed(self, *, after: int, first: int) -> builtins.list[tuple[WorkflowRecord, Entry]]:
        return self._reader.committed(after, first)

    def entry_range(self) -> tuple[int, int]:
        return self._reader.entry_range()

    def cursors(self) -> dict[str, int]:
        return self._reader.cursors()

    def messages(
        self,
        *,
        receiver: str | None = None,
        dead: bool = False,
        kind: MessageKind | None = None,
        by: int | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> builtins.list[Message]:
        return self._reader.messages(receiver, dead, kind, by, after, limit)

    def due(
        self, *, by: int, after: tuple[int, int] = (0, 0), limit: int = 1000
    ) -> builtins.list[Message]:
        return self._reader.due(by, after, limit)

    def pending(self, workflow_id: str) -> builtins.list[Message]:
        return self._reader.pending(workflow_id)

    def damage(self, workflow_id: str | None = None) -> Iterable[str]:
        if workflow_id is not None:
            return self._reader.damage_of(workflow_id)
        return self._reader.damage()
