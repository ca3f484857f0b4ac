"""Processes for activities that compute."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from ctypes import c_longlong
from typing import Any

import msgspec

from .current import CurrentActivity, enter
from .outcome import outcome_of
from .retry import Failure

_REMEMBERED = 1024
"""Cancelled attempts that the processes are told of; the oldest is forgotten."""


class Order(msgspec.Struct, frozen=True):
    """What a process is to do.

    Attributes:
        number: the attempt's own number in this system.
        function: the function, which the process imports.
        args: its arguments by place.
        kwargs: its arguments by name.
        key: the idempotency key.
        workflow_id: the workflow that started it.
        name: the name under which it did.
        attempt: the number of the attempt.
        progress: what was said last of its progress.
    """

    number: int
    function: Callable[..., Any]
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    key: str
    workflow_id: str
    name: str
    attempt: int
    progress: Any


class Processes:
    """A pool of processes, made when the first activity needs it.

    Arguments:
        beat: called with an attempt's number, and its progress as JSON or None, when it says that
            it goes on; from a thread of its own.
    """

    def __init__(self, beat: Callable[[int, bytes | None], None]) -> None:
        self.count = os.cpu_count() or 1
        self._beat = beat
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._beats: Any = None
        self._listener: threading.Thread | None = None
        self._cancelled: Any = None
        self._next = 0

    def submit(self, order: Order) -> Future[bytes | Failure | None]:
        """Have a process do this; its result is the activity's as JSON, or why it failed."""
        with self._lock:
            try:
                return self._ready().submit(_work, order)
            except BrokenExecutor:  # a process has died: those after it get new ones
                self._discard()
                return self._ready().submit(_work, order)

    def _ready(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            if self._listener is None:
                self._beats = context.SimpleQueue()
                self._cancelled = context.RawArray(c_longlong, _REMEMBERED)
                self._listener = threading.Thread(
                    target=self._listen, name="repertory-heartbeats", daemon=True
                )
                self._listener.start()
            self._pool = ProcessPoolExecutor(
                self.count, context, _begin, (self._beats, self._cancelled)
            )
        return self._pool

    def _listen(self) -> None:
        while (said := self._beats.get()) is not None:
            self._beat(*said)

    def cancel(self, number: int) -> None:
        """Let the attempt of this number know that it should stop."""
        if self._cancelled is not None:
            self._cancelled[self._next % _REMEMBERED] = number
            self._next += 1

    def _discard(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            # The executor has no public way before Python 3.14 to end a process that hangs.
            processes = list((getattr(pool, "_processes", None) or {}).values())
            pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.terminate()
            for process in processes:
                process.join()

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        with self._lock:
            self._discard()
            if self._listener is not None:
                self._beats.put(None)
                self._listener.join()
                self._beats.close()
                self._listener = None


# --- in the process ---

_beats: Any = None
_cancelled: Any = ()


def _begin(beats: Any, cancelled: Any) -> None:
    global _beats, _cancelled
    _beats, _cancelled = beats, cancelled


class _There(CurrentActivity):
    """The current activity as seen from within a process."""

    __slots__ = ("number",)
    number: int

    def _told(self) -> bool:
        return super()._told() or self.number in _cancelled

    def wait(self, seconds: float | None = None) -> bool:
        """Sleep, but no longer than until it should stop; return `cancelled`."""
        left = seconds
        while not self.cancelled and (left is None or left > 0):
            # The other process can only leave a note, so this one has to look now and then.
            nap = 0.05 if left is None else min(left, 0.05)
            self._cancelled.wait(nap)
            left = None if left is None else left - nap
        return self.cancelled


def _work(order: Order) -> bytes | Failure | None:
    current = _There(
        order.key,
        order.workflow_id,
        order.name,
        order.attempt,
        order.progress,
        lambda said: _beats.put((order.number, said)),
    )
    current.number = order.number
    with enter(current):
        outcome = outcome_of(lambda: order.function(*order.args, **order.kwargs))
    return None if current.saw_cancelled else outcome
