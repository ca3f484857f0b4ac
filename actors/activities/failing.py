"""What becomes of an activity that has failed: another attempt, a report, or neither."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from ..runtime import Clock
from .attempt import Attempt, Work
from .call import Course
from .declared import find_activity
from .ledger import Ledger
from .reports import Reports
from .retry import Failure, decide


class Failing:
    """Sees to activities that have failed, as their retry policies say.

    Arguments:
        clock: the system's.
        ledger: what writes down that one waits, or is given up.
        reports: what tells the workflow.
        leave: has the runner hold it in memory no longer.
    """

    def __init__(
        self, clock: Clock, ledger: Ledger, reports: Reports, leave: Callable[[Work], Any]
    ) -> None:
        self._clock = clock
        self._ledger = ledger
        self._reports = reports
        self._leave = leave

    def failed(self, work: Work, attempt: Attempt | None, failure: Failure) -> None:
        """Decide about one, and see to that.

        Arguments:
            work: the activity.
            attempt: the attempt that has failed, or None if that was in another process, or
                it never came to be its turn.
            failure: how.
        """
        number = work.message.attempt + (work.course.began is not None)
        activity = attempt.activity if attempt else find_activity(work.call.activity)
        terms = work.call.terms(activity)
        verdict = decide(
            terms.retry,
            failure,
            attempt=number,
            started=work.message.at,
            now=self._clock.now_us(),
            draw=random.random(),
            total=terms.total_timeout,
        )
        work.queued = False
        work.message = replace(work.message, attempt=number)
        work.course = Course(work.progress(attempt), failure.data())
        dead: str | None = None
        if verdict.due is not None:
            self._leave(work)
            self._ledger.postpone(work, verdict.due)
        elif work.call.failed is not None:
            self._reports.failure(work, work.call.failed, failure.data())
        else:
            dead = f"{failure.type}: {failure.message} ({verdict.why})"
            self._leave(work)
            self._ledger.give_up(work, dead)
        self._reports.tell_all(work, failure, verdict.due, dead)
