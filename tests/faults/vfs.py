"""A SQLite VFS that shows each change of a file to a `Disk` before it is made.

It is put into the very SQLite that Python's sqlite3 module runs on, as a copy of the default VFS in
which opening and deleting are ours, and of whose files writing, truncating and flushing are.
Everything else is the default's own. The `-shm` file is mapped memory and no part of this: SQLite
makes it anew after a crash.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_int, c_int64, c_void_p
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

OK, IOERR, FULL = 0, 10, 13
_CREATE, _MAIN_DB, _MAIN_JOURNAL, _WAL = 0x4, 0x100, 0x800, 0x80000

Kind = Literal["create", "write", "truncate", "sync", "delete"]
"""What changes a file, in SQLite's words."""


@dataclass(frozen=True)
class Change:
    """One thing that SQLite does to one of its files.

    Attributes:
        kind: what it does.
        path: the file.
        offset: where a write begins, in bytes.
        data: what it writes.
        size: to how many bytes the file is cut.
        directory: whether the directory is flushed along with it.
    """

    kind: Kind
    path: str
    offset: int = 0
    data: bytes = b""
    size: int = 0
    directory: bool = False


class Disk:
    """Is shown each change of a database, its log and its journal, and may refuse it."""

    def change(self, change: Change) -> int:
        """Return OK to have it made, or the SQLite result code with which it fails."""
        return OK

    def read(self) -> int:
        """Return OK to have part of a file read, or the result code with which that fails."""
        return OK


_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_Delete = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
_Close = CFUNCTYPE(c_int, c_void_p)
_Read = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)


class _Vfs(Structure):
    _fields_ = [
        ("iVersion", c_int),
        ("szOsFile", c_int),
        ("mxPathname", c_int),
        ("pNext", c_void_p),
        ("zName", c_char_p),
        ("pAppData", c_void_p),
        ("xOpen", _Open),
        ("xDelete", _Delete),
        ("others", c_void_p * 14),
    ]


class _Methods(Structure):
    _fields_ = [
        ("iVersion", c_int),
        ("xClose", _Close),
        ("xRead", _Read),
        ("xWrite", _Write),
        ("xTruncate", _Truncate),
        ("xSync", _Sync),
        ("others", c_void_p * 13),
    ]


class _File(Structure):
    _fields_ = [("pMethods", c_void_p)]


class Unavailable(Exception):
    """The SQLite that Python runs on can't be reached; says why."""


class _Shim:
    """The VFS, once it is registered: it stays so for as long as the process lives."""

    def __init__(self) -> None:
        self.disk: Disk | None = None
        self._library = _library()
        self._default = _Vfs.from_address(self._library.sqlite3_vfs_find(None))
        self._vfs = _Vfs.from_buffer_copy(self._default)
        self._vfs.zName = b"faults"
        self._vfs.xOpen = _Open(self._open)
        self._vfs.xDelete = _Delete(self._delete)
        # By the address of the methods that the default VFS gives a file.
        self._methods: dict[int, tuple[_Methods, _Methods]] = {}
        # By the address of the file: its own methods, its path, and whether its first flush is
        # one of its directory too.
        self._files: dict[int, tuple[_Methods, str]] = {}
        self._new: set[int] = set()
        if self._library.sqlite3_vfs_register(byref(self._vfs), 0) != OK:
            raise Unavailable("SQLite does not take another VFS.")
        try:
            sqlite3.connect("file:?vfs=faults&mode=memory", uri=True).close()
        except sqlite3.Error as error:
            raise Unavailable(f"Python's sqlite3 does not know the VFS: {error}.") from None

    def make_default(self, ours: bool) -> None:
        vfs = self._vfs if ours else self._default
        self._library.sqlite3_vfs_register(byref(vfs), 1)

    def _tell(self, change: Change) -> int:
        return OK if self.disk is None else self.disk.change(change)

    def _open(self, vfs: int, name: int | None, file: int, flags: int, out: int | None) -> int:
        watched = self.disk is not None and flags & (_MAIN_DB | _MAIN_JOURNAL | _WAL)
        if not watched or not name:
            return self._default.xOpen(vfs, name, file, flags, out)
        path = os.fsdecode(ctypes.string_at(name))
        new = bool(flags & _CREATE) and not Path(path).exists()
        if new and (code := self._tell(Change("create", path))):
            return code
        code = self._default.xOpen(vfs, name, file, flags, out)
        if code == OK:
            held = _File.from_address(file)
            original, ours = self._methods_for(held.pMethods)
            held.pMethods = ctypes.addressof(ours)
            self._files[file] = (original, path)
            if new and not flags & _MAIN_DB:
                self._new.add(file)
        return code

    def _methods_for(self, address: int) -> tuple[_Methods, _Methods]:
        if address not in self._methods:
            original = _Methods.from_address(address)
            ours = _Methods.from_buffer_copy(original)
            ours.xClose = _Close(self._close)
            ours.xRead = _Read(self._read)
            ours.xWrite = _Write(self._write)
            ours.xTruncate = _Truncate(self._truncate)
            ours.xSync = _Sync(self._sync)
            self._methods[address] = (original, ours)
        return self._methods[address]

    def _delete(self, vfs: int, name: bytes, directory: int) -> int:
        path = os.fsdecode(name)
        if Path(path).exists():
            change = Change("delete", path, directory=bool(directory))
            if code := self._tell(change):
                return code
        return self._default.xDelete(vfs, name, directory)

    def _close(self, file: int) -> int:
        self._new.discard(file)
        return self._files.pop(file)[0].xClose(file)

    def _read(self, file: int, data: int, size: int, offset: int) -> int:
        if self.disk is not None and (code := self.disk.read()):
            return code
        return self._files[file][0].xRead(file, data, size, offset)

    def _write(self, file: int, data: int, size: int, offset: int) -> int:
        original, path = self._files[file]
        content = ctypes.string_at(data, size)
        if code := self._tell(Change("write", path, offset=offset, data=content)):
            return code
        return original.xWrite(file, data, size, offset)

    def _truncate(self, file: int, size: int) -> int:
        original, path = self._files[file]
        if code := self._tell(Change("truncate", path, size=size)):
            return code
        return original.xTruncate(file, size)

    def _sync(self, file: int, flags: int) -> int:
        original, path = self._files[file]
        if code := self._tell(Change("sync", path, directory=file in self._new)):
            return code
        self._new.discard(file)
        return original.xSync(file, flags)


def _library() -> Any:
    try:
        import _sqlite3

        # By this handle the names are looked for in what the module is linked with as well; a
        # module that is part of the interpreter has no file, and the names are the process's.
        library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
        library.sqlite3_vfs_find.restype = c_void_p
        library.sqlite3_vfs_find.argtypes = [c_char_p]
        library.sqlite3_vfs_register.argtypes = [POINTER(_Vfs), c_int]
    except (ImportError, OSError, AttributeError, TypeError) as error:
        raise Unavailable(f"SQLite's C functions are not to be found: {error}.") from None
    return library


_shim: _Shim | None = None


@contextmanager
def watched_by(disk: Disk) -> Iterator[None]:
    """Have a disk see what is done to every database that is opened within.

    Raises:
        Unavailable: the VFS can't be put into this Python's SQLite.
    """
    global _shim
    if _shim is None:
        _shim = _Shim()
    _shim.disk = disk
    _shim.make_default(True)
    try:
        yield
    finally:
        _shim.make_default(False)
        _shim.disk = None


def why_unavailable() -> str | None:
    """Return why no disk can watch here; None when one can."""
    try:
        with watched_by(Disk()):
            return None
    except Unavailable as error:
        return str(error)
