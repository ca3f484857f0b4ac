"""The disk that is measured: which file system it is, and what one flush costs."""

from __future__ import annotations

import os
import statistics
from pathlib import Path
from time import perf_counter

MEMORY = {"tmpfs", "ramfs", "devtmpfs"}
FLUSHES = 50


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
    """Return the median of what it takes to append a page to a file and flush it."""
    path, taken = folder / "flush", []
    with path.open("wb", buffering=0) as file:
        for _ in range(FLUSHES):
            began = perf_counter()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            taken.append(perf_counter() - began)
    path.unlink()
    return statistics.median(taken) * 1e6
