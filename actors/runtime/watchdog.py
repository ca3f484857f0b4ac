"""Notices that work waits while every worker is stuck, and calls for another."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .dispatcher import Dispatcher

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.01
"""How long work may wait without anybody taking it up."""


class Watchdog:
    """A thread that is there only while work waits and no worker is free.

    A handler may block without the runtime knowing: in a sleep, a socket, a lock. Each tick
    the watchdog compares what the workers are at with the tick before. If none took anything
    up, or the processors have little to do, the pool gets another worker: for short waits, which
    let it look as if all were well, up to `side_by_side`.
    """

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._wake = threading.Event()
        # Reentrant: a signal handler or a finalizer may send a message while this is held.
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.sleeping = True
        """Whether somebody who queues work ought to wake it."""

    def wake(self) -> None:
        """Begin to watch, until nothing waits any more."""
        with self._lock:
            if not self.sleeping or self._closed:
                return
            self.sleeping = False
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._watch, name=f"{self._dispatcher.name}-watchdog", daemon=True
                )
                try:
                    self._thread.start()
                except RuntimeError:
                    # No more threads to be had: whoever comes next tries again.
                    logger.exception("The pool %s can't be watched.", self._dispatcher.name)
                    self._thread, self.sleeping = None, True
            else:
                self._wake.set()

    def _watch(self) -> None:
        while True:
            self._wake.clear()
            while self._dispatcher.ready and not self._closed:
                self._tick()
            self._dispatcher.extra = 0
            self.sleeping = True
            if self._dispatcher.ready and not self._closed:
                self.sleeping = False
                continue
            # The thread leaves when it was not needed for as long as a worker would wait. That it
            # is closed is asked first: who closed it may have woken it before the `clear`.
            if self._closed or not self._wake.wait(self._dispatcher.idle_seconds) or self._closed:
                with self._lock:
                    if self.sleeping or self._closed:
                        self._thread = None
                        return

    def _tick(self) -> None:
        dispatcher = self._dispatcher
        count_stuck = dispatcher.stuck_workers()
        cpu, began = time.process_time(), time.monotonic()
        self._wake.wait(TICK_SECONDS)
        if self._closed or not dispatcher.ready:
            return
        stuck = count_stuck()
        busy = (time.process_time() - cpu) / max(time.monotonic() - began, 1e-6)
        if stuck >= dispatcher.workers + dispatcher.extra or (stuck and busy < 0.5):
            spare = dispatcher.max_workers - dispatcher.workers
            # With the processors idle all that waits may as well begin; else one at a time.
            more = len(dispatcher.ready) if busy < 0.5 else 1
            dispatcher.extra = min(spare, stuck + more)
            for _ in range(more):
                if not dispatcher.add_worker():
                    break
        elif busy < 0.5 and dispatcher.workers + dispatcher.extra < dispatcher.side_by_side:
            dispatcher.extra += 1
            dispatcher.add_worker()

    def close(self) -> None:
        """End the thread, if there is one."""
        with self._lock:
            self._closed = True
            self._wake.set()
            thread = self._thread
        if thread is not None:
            thread.join()
