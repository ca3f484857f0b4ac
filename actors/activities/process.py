"""One process that activities run in, as seen from outside."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from ctypes import c_longlong
from typing import Any

from .in_process import Order, begin, work
from .retry import Failure


class Process:
    """A process of its own: what it does to itself, and its end, are nobody else's.

    Arguments:
        beat: called with an attempt's number, and its progress as JSON or None, when it says that
            it goes on; from a thread of its own.
    """

    def __init__(self, beat: Callable[[int, bytes | None], None]) -> None:
        context = multiprocessing.get_context("spawn")
        self._beat = beat
        self._beats, self._there = context.Pipe(duplex=False)
        self._stop = context.RawValue(c_longlong, 0)
        self._pool = ProcessPoolExecutor(1, context, begin, (self._there, self._stop))
        self._listener = threading.Thread(
            target=self._listen, name="repertory-heartbeats", daemon=True
        )

    def do(self, order: Order) -> Future[bytes | Failure | None]:
        """Have it do this; its result is the activity's as JSON, or why it failed.

        Raises:
            BrokenExecutor: it has ended.
        """
        future = self._pool.submit(work, order)
        if not self._there.closed:  # it has begun by now, and has its own
            self._there.close()
            self._listener.start()
        return future

    def _listen(self) -> None:
        with self._beats:
            while True:
                try:
                    said: tuple[int, Any] = self._beats.recv()
                except (EOFError, OSError):
                    return  # the process has ended
                self._beat(*said)

    def tell_to_stop(self, number: int) -> None:
        """Let the attempt of this number know that it should stop, if it does that one."""
        self._stop.value = number

    def end(self) -> None:
        """End it, whatever it is doing; what it does fails as `BrokenExecutor`."""
        # The executor has no public way before Python 3.14 to end a process that hangs.
        for process in [*(getattr(self._pool, "_processes", None) or {}).values()]:
            process.kill()

    def close(self) -> None:
        """End it, and wait until nothing of it is left."""
        self.end()
        self._pool.shutdown(cancel_futures=True)
        self._listener.join(1.0)  # at once, unless the app has forked meanwhile
