"""Processes for activities that compute, kept for what comes next."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future

from .in_process import Order
from .process import Process
from .retry import Failure

GRACE = 5.0
"""Seconds that an attempt which should stop has for that, before its process is ended."""


class Processes:
    """As many processes as there are attempts in them at once; each is made when it is needed.

    One that nobody waits for any more, and that goes on all the same, keeps no other one waiting:
    it gets `GRACE` seconds, and less if there are as many of these as processors.

    Arguments:
        beat: called with an attempt's number, and its progress as JSON or None, when it says that
            it goes on; from a thread of its own.
    """

    def __init__(self, beat: Callable[[int, bytes | None], None]) -> None:
        self.count = os.cpu_count() or 1
        self._beat = beat
        self._lock = threading.Lock()
        self._idle: list[Process] = []
        self._busy: dict[int, Process] = {}
        self._to_end: dict[int, threading.Timer] = {}

    def submit(self, order: Order) -> Future[bytes | Failure | None]:
        """Have a process do this; its result is the activity's as JSON, or why it failed."""
        with self._lock:
            process, future = self._begin(order)
            self._busy[order.number] = process
        future.add_done_callback(lambda done: self._done(order.number, done))
        return future

    def _begin(self, order: Order) -> tuple[Process, Future[bytes | Failure | None]]:
        while self._idle:
            process = self._idle.pop()
            try:
                return process, process.do(order)
            except BrokenExecutor:
                pass  # it has died since
        process = Process(self._beat)
        return process, process.do(order)

    def _done(self, number: int, future: Future[bytes | Failure | None]) -> None:
        with self._lock:
            if (timer := self._to_end.pop(number, None)) is not None:
                timer.cancel()
            process = self._busy.pop(number, None)
            if process is None:
                return  # all are being ended
            if not (future.cancelled() or isinstance(future.exception(), BrokenExecutor)):
                self._idle.append(process)

    def tell_to_stop(self, number: int) -> None:
        """Let the attempt of this number know that it should stop."""
        if (process := self._busy.get(number)) is not None:
            process.tell_to_stop(number)

    def stop(self, number: int) -> None:
        """Let the attempt of this number know likewise, and end its process if it does not."""
        self.tell_to_stop(number)
        with self._lock:
            if number not in self._busy or number in self._to_end:
                return
            if len(self._to_end) >= self.count:
                oldest = next(iter(self._to_end))
                self._to_end.pop(oldest).cancel()
                self._end(oldest)
            timer = self._to_end[number] = threading.Timer(GRACE, self._end, (number,))
            timer.daemon = True
            timer.start()

    def _end(self, number: int) -> None:
        """End a process; that its attempt has ended is told as it always is."""
        if (process := self._busy.get(number)) is not None:
            process.end()

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        with self._lock:
            processes = [*self._idle, *self._busy.values()]
            timers = [*self._to_end.values()]
            for left in (self._idle, self._busy, self._to_end):
                left.clear()
        for timer in timers:
            timer.cancel()
        for process in processes:
            process.end()
        for process in processes:
            process.close()
        for timer in timers:
            timer.join()
