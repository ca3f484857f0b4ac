"""Attempts that are under way: how long each may take, and the place that it holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..runtime import Clock, TimerHandle
from .attempt import Attempt, Work
from .declared import Activity
from .lanes import Lanes
from .signals import Overdue

Later = Callable[[float, Any], TimerHandle | None]
"""Has the runner told something after so many seconds."""


class UnderWay:
    """Used by the runner alone.

    Arguments:
        attempts: where they are kept, by their number.
        clock: the system's.
        lanes: where they hold a place.
        beat: told of their heartbeats.
        later: has the runner told when their time is over.
    """

    def __init__(
        self,
        attempts: dict[int, Attempt],
        clock: Clock,
        lanes: Lanes,
        beat: Callable[[Attempt, bytes | None], None],
        later: Later,
    ) -> None:
        self._attempts = attempts
        self._clock = clock
        self._lanes = lanes
        self._beat = beat
        self._later = later
        self._numbers = 0

    def begin(self, work: Work, activity: Activity, now: float) -> Attempt:
        """Make an attempt that has its place already.

        Arguments:
            work: at what.
            activity: what is declared of it.
            now: the time, in seconds of the clock's `monotonic`.
        """
        self._numbers += 1
        terms = work.call.terms(activity)
        began = self._clock.now_us()
        attempt = Attempt(self._numbers, work, activity, terms, began, now, self._beat)
        work.running = self._attempts[attempt.number] = attempt
        if terms.timeout is not None:
            over = Overdue(work, attempt, "timeout", terms.timeout)
            attempt.timeout = self._later(terms.timeout, over)
        if terms.heartbeat_timeout is not None:
            missing = Overdue(work, attempt, "heartbeat_timeout", terms.heartbeat_timeout)
            attempt.silence = self._later(terms.heartbeat_timeout, missing)
        return attempt

    def end(self, attempt: Attempt) -> None:
        """Let another one take its place."""
        self._attempts.pop(attempt.number, None)
        if attempt.work.running is attempt:
            attempt.work.running = None
        if attempt.holds:
            attempt.holds = False
            self._lanes.end(attempt.activity)
            for timer in (attempt.timeout, attempt.silence):
                if timer is not None:
                    timer.cancel()

    def break_off(self, attempt: Attempt) -> None:
        """Wait no longer for one that is too late, or not wanted any more.

        Nobody can end a thread: its place is given away all the same, or one that hangs would
        hold it for ever.
        """
        self.end(attempt)
        attempt.break_off()
