"""A clock that stands still until a test turns it."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from .clock import Appointment, TimerHandle

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ManualClock:
    """A clock that stands still until it is told to go on.

    It counts in whole microseconds, so that going on in several steps or in one is the same.

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
        self._start = ((start or datetime(2026, 1, 1, tzinfo=UTC)) - _EPOCH) // timedelta(
            microseconds=1
        )
        self._elapsed = 0
        self._set_by = 0
        self._heap: list[TimerHandle] = []
        self._orders = itertools.count()
        self._lock = threading.RLock()

    def now(self) -> datetime:
        """Return the time, in UTC and aware of it."""
        return _EPOCH + timedelta(microseconds=self.now_us())

    def now_us(self) -> int:
        """Return the time as microseconds since 1970 in UTC."""
        return self._start + self._set_by + self._elapsed

    def monotonic(self) -> float:
        """Return the seconds that it went on so far."""
        return self._elapsed / 1e6

    def call_later(self, seconds: float, fn: Callable[..., object], *args: Any) -> TimerHandle:
        """Call `fn(*args)` when the clock has gone on by `seconds`."""
        with self._lock:
            due = (self._elapsed + _not_before(max(0.0, seconds))) / 1e6
            handle = TimerHandle(due, next(self._orders), fn, args)
            heapq.heappush(self._heap, handle)
        return handle

    def call_at(self, at: int, fn: Callable[..., object], *args: Any) -> TimerHandle:
        """Call `fn(*args)` when the clock shows `at`, in microseconds since 1970 in UTC."""
        with self._lock:
            handle = Appointment(at, self, next(self._orders), fn, args)
            heapq.heappush(self._heap, handle)
        return handle

    def again(self, appointment: Appointment) -> None:
        """Have an appointment wait for its time; the time was set back."""
        with self._lock:
            heapq.heappush(self._heap, appointment)

    def until(self, at: int) -> float:
        """Return when `now_us` will be `at`, on the scale of `monotonic`."""
        return max(self._elapsed, at - self._start - self._set_by) / 1e6

    def advance(self, by: float | timedelta) -> None:
        """Go on by so many seconds, and make every call that falls due, in order, right here."""
        end = self._after(by)
        while True:
            with self._lock:
                if not self._heap or self._heap[0].due > end / 1e6:
                    self._elapsed = max(self._elapsed, end)
                    return
                handle = heapq.heappop(self._heap)
                self._elapsed = max(self._elapsed, round(handle.due * 1e6))
            handle.run()

    def _after(self, by: float | timedelta) -> int:
        seconds = by.total_seconds() if isinstance(by, timedelta) else by
        return self._elapsed + _not_before(seconds)

    def set_by(self, by: float | timedelta) -> None:
        """Set the time forward or back, as somebody does who sets the machine's clock.

        No time goes by: `monotonic` stays, and calls that were to be made later wait as long.
        """
        step = by if isinstance(by, timedelta) else timedelta(seconds=by)
        with self._lock:
            self._set_by += step // timedelta(microseconds=1)
            for handle in self._heap:
                if isinstance(handle, Appointment):
                    handle.due = self.until(handle.at)
            heapq.heapify(self._heap)
        self.advance(0)

    @property
    def pending(self) -> int:
        """How many calls are still to come."""
        with self._lock:
            return sum(not handle.cancelled for handle in self._heap)

    def close(self) -> None:
        """Forget the calls that are not due yet."""
        with self._lock:
            self._heap.clear()


def _not_before(seconds: float) -> int:
    """Return so many seconds as whole microseconds, and none too few."""
    ticks = round(seconds * 1e6)
    return ticks + (ticks / 1e6 < seconds)
