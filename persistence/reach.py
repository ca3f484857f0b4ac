"""How far a store had got: told beside it, where a log that is cut takes it not along."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

from .errors import StoreDamaged

_AT = 512  # in the lock file, behind what that says to people
_SIZE = 8


class Reach:
    """The number of the last entry that was acknowledged, in the lock file.

    To SQLite, a log that was cut short or removed is one that a crash left so: it opens the store
    as it was some commits before, and nothing in there shows what is gone. But who was killed
    has left its lock file. A commit pays for this with eight bytes put into shared memory, which
    outlive the process. After a power cut they may be older, and then tell less.

    Attributes:
        left: the number that was found there; 0 when the last system ended in good order.
    """

    def __init__(self, lock: Path) -> None:
        """Open it.

        Arguments:
            lock: the lock file, which the caller has claimed.
        """
        self._lock = lock
        self.left = reached(lock)
        self._numbers: memoryview | None = None
        try:
            with lock.open("r+b") as file:
                # Written, so that there is room for it; a full disk must not strike later.
                file.seek(_AT)
                file.write(self.left.to_bytes(_SIZE, "little"))
                file.flush()
                self._map = mmap.mmap(file.fileno(), _AT + _SIZE)
            self._numbers = memoryview(self._map).cast("Q")
        except OSError:
            pass  # The store is as safe without it.

    def note(self, entry: int) -> None:
        """Note the last entry that is on the disk; 0 to tell nothing."""
        if self._numbers is not None:
            self._numbers[_AT // _SIZE] = entry  # at once: a kill leaves no half of it

    def check(self, path: Path, last: int) -> None:
        """Compare what was found with what the store has.

        Arguments:
            path: the database.
            last: the number of its last entry.

        Raises:
            StoreDamaged: the store had got further.
        """
        if last < self.left:
            raise StoreDamaged(lost(path, last, self.left, self._lock), path=path)

    def close(self) -> None:
        """Let go of the file; nothing is noted any more."""
        numbers, self._numbers = self._numbers, None
        if numbers is not None:
            numbers.release()
            self._map.close()


def reached(lock: Path) -> int:
    """Return the number that is in a lock file, 0 when there is none."""
    try:
        with lock.open("rb") as file:
            file.seek(_AT)
            found = file.read(_SIZE)
    except OSError:
        return 0
    return int.from_bytes(found, "little") if len(found) == _SIZE else 0


def lost(path: Path, last: int, reached: int, lock: Path) -> str:
    """Return what to say of a store that had got further than it is."""
    return (
        f"{path} ends with entry {last}, and entry {reached} was acknowledged before the system "
        f"was killed: its log {path.name}-wal was cut short or removed, or an older copy was put "
        f"in its place. Put the newer files back; to go on without what is lost, remove "
        f"{os.fspath(lock)}."
    )
