"""A disk that refuses, at the n-th change, while a system is running on it."""

from __future__ import annotations

import threading

from .vfs import FULL, IOERR, OK, Change, Disk, Kind

_CODES: dict[Kind, int] = {
    "create": 14,  # SQLITE_CANTOPEN
    "write": IOERR | 3 << 8,
    "sync": IOERR | 4 << 8,
    "truncate": IOERR | 6 << 8,
    "delete": IOERR | 10 << 8,
}


class FailingDisk(Disk):
    """Fails one change, or all from one on, until it is mended.

    Attributes:
        changes: how many it was asked for.
        refused: how many of them it has refused.
    """

    def __init__(self, at: int, *, full: bool = False, for_good: bool = False) -> None:
        """Make a disk that works at first.

        Arguments:
            at: the number of the first change that fails, from 1; 0 for none.
            full: whether it has no room, instead of being broken.
            for_good: whether what comes after fails as well.
        """
        self.changes = self.refused = 0
        self._at, self._full, self._for_good = at, full, for_good
        self._lock = threading.Lock()

    def change(self, change: Change) -> int:
        if self._full and change.kind not in ("create", "write"):
            return OK
        with self._lock:
            self.changes += 1
            fails = self.changes >= self._at if self._for_good else self.changes == self._at
            if not self._at or not fails:
                return OK
            self.refused += 1
            return FULL if self._full else _CODES[change.kind]

    def fail(self, after: int) -> None:
        """Refuse the change that comes after so many more."""
        with self._lock:
            self._at = self.changes + after + 1

    def mend(self) -> None:
        """Refuse nothing any more."""
        self._at = 0
