"""Time as the runtime sees it: the system's, or one that a test turns by hand."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

logger = logging.getLogger(__name__)


class TimerHandle:
    """A call that is due later.

    Attributes:
        due: when, on the clock's `monotonic` scale, in seconds.
        cancelled: whether `cancel` was called.
    """

    __slots__ = ("_args", "_fn", "_order", "cancelled", "due")

    def __init__(self, due: float, order: int, fn: Callable[..., object], args: tuple[Any, ...]):
        self.due = due
        self.cancelled = False
        self._order = order
        self._fn = fn
        self._args = args

    def __lt__(self, other: TimerHandle) -> bool:
        return (self.due, self._order) < (other.due, other._order)

    def cancel(self) -> None:
        """Forget the call, unless it was made."""
        self.cancelled = True

    def run(self) -> None:
        """Make the call now, unless it was cancelled; log what it raises."""
        if self.cancelled:
            return
        try:
            self._fn(*self._args)
        except Exception:
            logger.exception("A timer's call failed: %r", self._fn)


class Clock(Protocol):
    """Where the runtime gets the time, and calls that are due later."""

    def now(self) -> datetime:
        """Return the time, in UTC and aware of it."""
        ...

    def now_us(self) -> int:
        """Return the time as microseconds since 1970 in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back, from an arbitrary start."""
        ...

    def call_later(self, seconds: float, fn: Callable[..., object], *args: Any) -> TimerHandle:
        """Call `fn(*args)` once, `seconds` from now; the handle can cancel it."""
        ...

    def close(self) -> None:
        """End what the clock runs on; calls that are not due yet are forgotten."""
        ...


class SystemClock:
    """The system's time; the first timer starts one thread that serves them all.

    Args:
        name: the name of that thread.
    """

    def __init__(self, name: str = "clock") -> None:
        self._name = name
        self._heap: list[TimerHandle] = []
        self._orders = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def now(self) -> datetime:
        """Return the time, in UTC and aware of it."""
        return datetime.now(UTC)

    def now_us(self) -> int:
        """Return the time as microseconds since 1970 in UTC."""
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        """Return seconds that never go back, from an arbitrary start."""
        return time.monotonic()

    def call_later(self, seconds: float, fn: Callable[..., object], *args: Any) -> TimerHandle:
        """Call `fn(*args)` once, `seconds` from now, in the timer thread: be short.

        Raises:
            RuntimeError: the clock is closed.
        """
        due = time.monotonic() + max(0.0, seconds)
        with self._changed:
            if self._closed:
                raise RuntimeError(f"The clock {self._name} is closed: it takes no more timers.")
            handle = TimerHandle(due, next(self._orders), fn, args)
            heapq.heappush(self._heap, handle)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
                self._thread.start()
            elif self._heap[0] is handle:
                self._changed.notify()
        return handle

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not self._closed:
                    if not self._heap:
                        self._changed.wait()
                        continue
                    remaining = self._heap[0].due - time.monotonic()
                    if self._heap[0].cancelled or remaining <= 0:
                        break
                    self._changed.wait(min(remaining, threading.TIMEOUT_MAX))
                if self._closed:
                    return
                handle = heapq.heappop(self._heap)
            handle.run()

    def close(self) -> None:
        """End the timer thread; calls that are not due yet are forgotten."""
        with self._changed:
            self._closed = True
            self._heap.clear()
            self._changed.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()


class ManualClock:
    """A clock that stands still until it is told to go on.

    Args:
        start: the time it shows at first.

    Example:
        ```py
        clock = ManualClock()
        clock.call_later(5, print, "tea is ready")
        clock.advance(5)
        ```
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._start = start or datetime(2026, 1, 1, tzinfo=UTC)
        self._elapsed = 0.0
        self._heap: list[TimerHandle] = []
        self._orders = itertools.count()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the time, in UTC and aware of it."""
        return self._start + timedelta(seconds=self._elapsed)

    def now_us(self) -> int:
        """Return the time as microseconds since 1970 in UTC."""
        return (self.now() - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)

    def monotonic(self) -> float:
        """Return the seconds that it went on so far."""
        return self._elapsed

    def call_later(self, seconds: float, fn: Callable[..., object], *args: Any) -> TimerHandle:
        """Call `fn(*args)` when the clock has gone on by `seconds`."""
        with self._lock:
            handle = TimerHandle(self._elapsed + max(0.0, seconds), next(self._orders), fn, args)
            heapq.heappush(self._heap, handle)
        return handle

    def advance(self, seconds: float) -> None:
        """Go on by `seconds`, and make every call that falls due, in order, right here."""
        end = self._elapsed + seconds
        while True:
            with self._lock:
                if not self._heap or self._heap[0].due > end:
                    self._elapsed = max(self._elapsed, end)
                    return
                handle = heapq.heappop(self._heap)
                self._elapsed = max(self._elapsed, handle.due)
            handle.run()

    @property
    def pending(self) -> int:
        """How many calls are still to come."""
        with self._lock:
            return sum(not handle.cancelled for handle in self._heap)

    def close(self) -> None:
        """Forget the calls that are not due yet."""
        with self._lock:
            self._heap.clear()
