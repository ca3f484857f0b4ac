"""What one measurement gives."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def resident_bytes() -> int:
    """Return how much memory this process holds now.

    Raises:
        NotImplementedError: the system does not say.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        raise NotImplementedError("memory is read from /proc, which is not here") from None
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def processor_time(figures: dict[str, float]) -> Iterator[None]:
    """Note the processor seconds of all this process' threads in `figures`."""
    before = time.process_time()
    yield
    figures["cpu_seconds"] = time.process_time() - before
