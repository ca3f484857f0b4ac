"""Time as the runtime sees it."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
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
        # What it would have been called with need not wait for the time to come.
        self._fn, self._args = _nothing, ()

    def run(self) -> None:
        """Make the call now, unless it was cancelled; log what it raises."""
        fn, args = self._fn, self._args
        if self.cancelled:
            return
        try:
            fn(*args)
        except Exception:
            logger.exception("A timer's call failed: %r", fn)


def _nothing(*_: Any) -> None:
    """Stand in for a call that was cancelled."""


FIRST_SWEEP = 1024
"""How many calls may wait before those are looked for that were cancelled."""

LOOK_AGAIN = 5.0
"""Seconds after which a call for a time of day looks whether somebody has set the clock."""


class Appointment(TimerHandle):
    """A call that is due at a time of day, and waits for it again when the clock is set back.

    Attributes:
        at: that time; UTC, in microseconds since 1970.
    """

    __slots__ = ("_clock", "at")

    def __init__(
        self,
        at: int,
        clock: Appointments,
        order: int,
        fn: Callable[..., object],
        args: tuple[Any, ...],
    ):
        super().__init__(clock.until(at), order, fn, args)
        self.at = at
        self._clock = clock

    def run(self) -> None:
        """Make the call if its time has come; else wait on."""
        if self.cancelled or self._clock.now_us() >= self.at:
            super().run()
        else:
            self.due = self._clock.until(self.at)
            self._clock.again(self)


class Appointments(Protocol):
    """What an appointment asks of its clock."""

    def now_us(self) -> int:
        """Return the time as microseconds since 1970 in UTC."""
        ...

    def until(self, at: int) -> float:
        """Return when to look whether it is `at`, on the clock's `monotonic` scale."""
        ...

    def again(self, appointment: Appointment) -> None:
        """Take an appointment up again."""
        ...


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

    def call_at(self, at: int, fn: Callable[..., object], *args: Any) -> TimerHandle:
        """Call `fn(*args)` once, when `now_us` has reached `at`, also if the time is set anew."""
        ...

    def close(self) -> None:
        """End what the clock runs on; calls that are not due yet are forgotten."""
        ...


class SystemClock:
    """The system's time; the first timer starts one thread that serves them all.

    Args:
        name: the name of that thread.
        look_again: seconds after which a call for a time of day looks at the clock again.
    """

    def __init__(self, name: str = "clock", *, look_again: float = LOOK_AGAIN) -> None:
        self._name = name
        self._look_again = look_again
        self._heap: list[TimerHandle] = []
        self._sweep_at = FIRST_SWEEP
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
        handle = TimerHandle(due, next(self._orders), fn, args)
        if not self._push(handle):
            raise RuntimeError(f"The clock {self._name} is closed: it takes no more timers.")
        return handle

    def call_at(self, at: int, fn: Callable[..., object], *args: Any) -> TimerHandle:
        """Call `fn(*args)` at a time of day, in the timer thread: be short.

        It is never made early. When somebody sets the machine's clock, it is made at most
        `LOOK_AGAIN` seconds late.

        Raises:
            RuntimeError: the clock is closed.
        """
        handle = Appointment(at, self, next(self._orders), fn, args)
        if not self._push(handle):
            raise RuntimeError(f"The clock {self._name} is closed: it takes no more timers.")
        return handle

    def again(self, appointment: Appointment) -> None:
        """Have an appointment wait on; if the clock is closed, it is forgotten."""
        self._push(appointment)

    def until(self, at: int) -> float:
        """Return when to look whether it is `at`, on the scale of `monotonic`."""
        return time.monotonic() + min(max(0, at - self.now_us()) / 1e6, self._look_again)

    def _push(self, handle: TimerHandle) -> bool:
        with self._changed:
            if self._closed:
                return False
            if len(self._heap) >= self._sweep_at:
                self._sweep()
            heapq.heappush(self._heap, handle)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
                self._thread.start()
            elif self._heap[0] is handle:
                self._changed.notify()
        return True

    def _sweep(self) -> None:
        """Drop what was cancelled; seldom enough that it costs each call next to nothing."""
        self._heap = [handle for handle in self._heap if not handle.cancelled]
        heapq.heapify(self._heap)
        self._sweep_at = max(FIRST_SWEEP, 2 * len(self._heap))

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
            try:
                handle.run()
            except BaseException:
                # The other timers have nobody but this thread.
                logger.exception("A timer's call ended badly.")
            del handle

    def close(self) -> None:
        """End the timer thread; calls that are not due yet are forgotten."""
        with self._changed:
            self._closed = True
            self._heap.clear()
            self._changed.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()
