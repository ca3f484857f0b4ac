"""Threads for activities that block."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue


class Threads:
    """As many threads as there is work at once; they are kept for what comes next.

    The standard library's pool waits, when the interpreter ends, for whatever still runs in it: one
    activity that hangs would keep the process from ending. These are daemons.

    Arguments:
        name: what their names begin with.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._idle = 0

    def run(self, work: Callable[[], None]) -> None:
        """Have a thread do this; it must not raise."""
        with self._lock:
            if self._idle:
                self._idle -= 1
            else:
                thread = threading.Thread(
                    target=self._serve, name=f"{self._name}-{len(self._threads) + 1}", daemon=True
                )
                self._threads.append(thread)
                thread.start()
        self._work.put(work)

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            work()
            del work  # an idle thread must not hold on to what it did
            with self._lock:
                self._idle += 1

    def close(self, timeout: float) -> int:
        """End the threads, and return how many are still busy.

        Arguments:
            timeout: seconds to wait for them.
        """
        deadline = time.monotonic() + timeout
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return sum(thread.is_alive() for thread in self._threads)
