"""The disk that is measured: which file system it is, and what one flush costs."""

from __future__ import annotations

import os
from pathlib import Path

from .pace import pace

MEMORY = {"tmpfs", "ramfs", "devtmpfs"}
FLUSHES = 500


def file_system(folder: Path) -> str:
    """Return the type of the file system that a folder is on, such as "ext4"."""
    best, kind = Path("/"), "unknown"
    try:
        mounts = Path("/proc/self/mounts").read_text().splitlines()
    except OSError:
        return kind
    for line in mounts:
        _, place, type, *_ = line.split()
        mounted = Path(place)
        if folder.resolve().is_relative_to(mounted) and len(mounted.parts) >= len(best.parts):
            best, kind = mounted, type
    return kind


def flush_microseconds(folder: Path) -> float:
    """Return what it takes to write a page over another one and flush it, as `pace` does.

    Not to append it: a log that is used again grows no more, and what a growing file costs
    besides says much about a file system, and little about a flush.
    """
    path, page = folder / "flush", b"x" * 4096
    with path.open("wb", buffering=0) as file:
        file.write(page * FLUSHES)
        os.fsync(file.fileno())
        file.seek(0)

        def flush() -> None:
            file.write(page)
            os.fdatasync(file.fileno())

        rate = pace(flush, FLUSHES)["rate"]
    path.unlink()
    return 1e6 / rate
