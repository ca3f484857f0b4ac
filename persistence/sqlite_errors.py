"""What SQLite reports, said as one of our errors: what went wrong, where, what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import NotAStore, StoreDamaged, StoreError


@contextmanager
def told(path: Path, busy_timeout: float) -> Iterator[None]:
    """Turn whatever sqlite3 raises within into a `StoreError` about this file."""
    try:
        yield
    except BaseException as error:
        meant = meaning(error, path, busy_timeout)
        if meant is error:
            raise
        raise meant from error


def meaning(error: BaseException, path: Path, busy_timeout: float) -> BaseException:
    """Return the `StoreError` that an error is about this file, or the error itself."""
    if isinstance(error, StoreDamaged):
        error.path = error.path or path
    elif isinstance(error, sqlite3.Error | sqlite3.Warning):
        return store_error(error, path, busy_timeout)
    elif isinstance(error, OverflowError):
        return StoreError(
            f"A number is too large for {path}: SQLite keeps integers of 64 bits.", path=path
        )
    elif isinstance(error, UnicodeEncodeError):
        return StoreError(
            f"Text with half a surrogate pair can't be written to {path}: {error.object[:40]!r}.",
            path=path,
        )
    elif isinstance(error, UnicodeDecodeError):
        # Of what was to be written, or of SQLite's own words about a file that is not sound.
        return StoreDamaged(
            f"What is to be in {path}, or what is in it, is not UTF-8: {error.object[:40]!r}; "
            "verify the store.",
            path=path,
        )
    return error


def store_error(error: Exception, path: Path, busy_timeout: float) -> StoreError:
    """Return the error of ours that says what a sqlite3 error means.

    Arguments:
        error: what sqlite3 raised.
        path: the database file.
        busy_timeout: how long SQLite waited for a lock, in seconds.
    """
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError(
                f"{path} is locked by another program, for longer than the {busy_timeout:g} s "
                "that were waited; end that program's transaction and try again.",
                path=path,
            )
        case sqlite3.SQLITE_FULL:
            return StoreError(
                f"{path} can't grow: the disk is full; nothing of this was written.", path=path
            )
        case sqlite3.SQLITE_IOERR:
            return StoreError(
                f"The disk failed to read or write {path} ({error}); check the disk.", path=path
            )
        case sqlite3.SQLITE_READONLY:
            return StoreError(f"{path} can't be written: it is read-only.", path=path)
        case sqlite3.SQLITE_CORRUPT:
            return StoreDamaged(
                f"{path} is damaged ({error}); restore it from a backup, or recover what is left "
                "with the sqlite3 shell's .recover.",
                path=path,
            )
        case sqlite3.SQLITE_NOTADB:
            return NotAStore(f"{path} is not a SQLite database; give another path.", path=path)
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return StoreError(
                f"{path} can't be opened ({error}); check that it and its directory may be read "
                "and written.",
                path=path,
            )
    if "Could not decode to UTF-8" in str(error):
        return StoreDamaged(f"{path} is damaged: a text in it is not UTF-8 ({error}).", path=path)
    return StoreError(f"SQLite failed on {path}: {error}.", path=path)
