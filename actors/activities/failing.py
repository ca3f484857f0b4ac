"""What becomes of an activity that has failed: another attempt, a report, or neither."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from ..services import Services
from .attempt import Attempt, Work
from .call import Course
from .declared import find_activity
from .ledger import Ledger
from .reports import Reports
from .retry import Failure, decide
from .signals import ActivityFailed

logger = logging.getLogger("repertory.activities")


class Failing:
    """Sees to activities that have failed, as their retry policies say.

    Arguments:
        services: the other actors.
        ledger: what writes down that one waits, or is given up.
        reports: what tells the workflow.
        leave: has the runner hold it in memory no longer.
    """

    def __init__(
        self, services: Services, ledger: Ledger, reports: Reports, leave: Callable[[Work], Any]
    ) -> None:
        self._services = services
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
            now=self._services.runtime.clock.now_us(),
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
        self._tell_of(work, failure, verdict.due, dead)

    def _tell_of(self, work: Work, failure: Failure, due: int | None, dead: str | None) -> None:
        message = work.message
        name, said = message.name or "", failure.data()
        self._services.runtime.events.publish(
            ActivityFailed(
                message.sender, name, work.call.activity, message.attempt, said, due, dead
            )
        )
        logger.log(
            logging.WARNING if dead else logging.INFO,
            "Activity %r of workflow %r, attempt %d: %s: %s%s",
            *(name, message.sender, message.attempt, failure.type, failure.message),
            "; it waits to be taken up by hand." if dead else "",
        )
