"""A disk that refuses, at the n-th change, while a system is running on it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from .vfs import FULL, IOERR, OK, Change, Disk, Kind

_CODES: dict[Kind, int] = {
    "create": 14,  # SQLITE_CANTOPEN
    "write": IOERR | 3 << 8,
    "sync": IOERR | 4 << 8,
    "truncate": IOERR | 6 << 8,
    "delete": IOERR | 10 << 8,
}
_UNREADABLE = IOERR | 1 << 8

Trouble = Literal["broken", "full", "unreadable"]


class FailingDisk(Disk):
    """Fails one change, or all from one on, until it is mended.

    Attributes:
        changes: how many it was asked for, or reads.
        refused: how many of them it has refused.
    """

    def __init__(self, at: int, trouble: Trouble = "broken", *, for_good: bool = False) -> None:
        """Make a disk that works at first.

        Arguments:
            at: the number of the first change, or read, that fails, from 1; 0 for none.
            trouble: what is the matter with it: broken, without room, or only not to be read.
            for_good: whether what comes after fails as well.
        """
        self.changes = self.refused = 0
        self._at, self._trouble, self._for_good = at, trouble, for_good
        self._paused = False
        self._lock = threading.Lock()

    def change(self, change: Change) -> int:
        match self._trouble:
            case "broken":
                return self._count(_CODES[change.kind])
            case "full" if change.kind in ("create", "write"):
                return self._count(FULL)
        return OK

    def read(self) -> int:
        return self._count(_UNREADABLE) if self._trouble == "unreadable" else OK

    def _count(self, code: int) -> int:
        with self._lock:
            if self._paused:
                return OK
            self.changes += 1
            fails = self.changes >= self._at if self._for_good else self.changes == self._at
            if not self._at or not fails:
                return OK
            self.refused += 1
            return code

    def fail(self, after: int) -> None:
        """Refuse the change that comes after so many more."""
        with self._lock:
            self._at = self.changes + after + 1

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Work for a while, so that somebody can look."""
        self._paused = True
        try:
            yield
        finally:
            self._paused = False

    def mend(self) -> None:
        """Refuse nothing any more."""
        self._at = 0
