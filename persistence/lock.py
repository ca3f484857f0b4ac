"""The lock file beside a database, so that one system at a time writes to it.

The operating system holds the lock, not the file's being there: it is free again the moment its
holder is gone, killed or not.
"""

from __future__ import annotations

import os
import socket
import sys
import time
import weakref
from pathlib import Path

from .errors import StoreError, StoreInUse

if sys.platform == "win32":
    import msvcrt

    def _claim(fd: int) -> None:
        # A byte beyond the text: Windows lets nobody read what is locked.
        os.lseek(fd, 1 << 30, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        os.lseek(fd, 0, os.SEEK_SET)

else:
    import fcntl

    def _claim(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


_LONGEST = 500


def lock_of(database: Path) -> Path:
    """Return where the lock file of a database is, while a system writes to it."""
    return database.with_name(database.name + ".lock")


class WriterLock:
    """The claim to be the only writer of a database; given back by `release` or by death."""

    def __init__(self, database: Path) -> None:
        """Claim the database.

        Raises:
            StoreInUse: another system, in this process or another, holds it.
            StoreError: the lock file can't be written.
        """
        self.path = lock_of(database)
        self._fd: int | None = None
        self._pid = os.getpid()
        fd = self._acquire(database)
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        text = f"process {self._pid} on {socket.gethostname()} since {since}"
        try:
            # What is behind it is not ours: see `Reach`.
            os.lseek(fd, 0, os.SEEK_SET)
            os.write(fd, text.encode()[:_LONGEST].ljust(_LONGEST) + b"\n")
        except OSError:
            pass  # The text is for people; a full disk does not undo the claim.
        self._fd = fd
        _held.add(self)

    def _acquire(self, database: Path) -> int:
        while True:
            try:
                fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            except OSError as error:
                raise StoreError(
                    f"{database.parent} can't be written, and so {database.name} can't be opened "
                    f"there ({error.strerror}); choose another directory or change its rights.",
                    path=database,
                ) from error
            try:
                _claim(fd)
            except OSError as error:
                holder = self._holder(fd)
                os.close(fd)
                if not isinstance(error, BlockingIOError | PermissionError):
                    raise StoreError(
                        f"{self.path} can't be locked ({error.strerror}); keep the database on a "
                        "disk of this machine.",
                        path=database,
                    ) from error
                raise StoreInUse(
                    f"{database} is in use by {holder}; stop it first, or open the store "
                    "read-only.",
                    path=database,
                    holder=holder.partition(" since ")[0],
                ) from error
            # The holder before may have removed the file between our opening and locking it.
            if self._is_at_path(fd):
                return fd
            os.close(fd)

    def _is_at_path(self, fd: int) -> bool:
        try:
            return os.path.samestat(os.fstat(fd), self.path.stat())
        except FileNotFoundError:
            return False

    @staticmethod
    def _holder(fd: int) -> str:
        try:
            os.lseek(fd, 0, os.SEEK_SET)
            return os.read(fd, _LONGEST).decode(errors="replace").strip() or "another process"
        except OSError:
            return "another process"

    def release(self, *, keep: bool = False) -> None:
        """Give the claim back; may be repeated.

        Arguments:
            keep: whether to leave the file, and with it what the holder before has left there.
        """
        fd, self._fd = self._fd, None
        _held.discard(self)
        if fd is None:
            return
        ours = self._is_at_path(fd)
        # Elsewhere an open file can be removed, and must be before others can claim it.
        if sys.platform == "win32":
            os.close(fd)
        try:
            if ours and not keep:
                self.path.unlink()
        except OSError:
            pass
        if sys.platform != "win32":
            os.close(fd)

    def _forget(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)


_held: weakref.WeakSet[WriterLock] = weakref.WeakSet()


def _forget_in_child() -> None:
    # A forked child has the lock too, and would go on holding it after its parent was killed.
    for lock in list(_held):
        lock._forget()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
