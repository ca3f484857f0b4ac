"""What activities report to their workflows: sent again until a step takes it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from msgspec.structs import replace
from pykka import ActorDeadError

from ...persistence.codec import decode_json, encode_json
from ...persistence.errors import SystemStopped, WorkflowNotFound
from ...persistence.records import Message
from ..messages import Deliver, EventFailed
from ..services import Services
from .attempt import Work
from .retry import Failure
from .signals import ActivityFailed

logger = logging.getLogger("repertory.activities")

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 30.0
"""Seconds until what could not begin, or be reported, is tried again: doubled up to this."""


class Reports:
    """Brings results and failures to the workflows; the first sending may be from any thread.

    Arguments:
        services: the other actors.
        again: has the runner try again, after so many seconds, what could not begin or be sent.

    Attributes:
        under_way: ids of the activities whose report was sent and is not taken yet.
    """

    def __init__(self, services: Services, again: Callable[[float, Work], Any]) -> None:
        self._services = services
        self._later = again
        self.under_way: set[int] = set()

    def result(self, work: Work, result: bytes) -> None:
        """Report what came of an activity, as JSON."""
        # The name that python-statemachine gives to what an invocation has returned is `data`.
        field = b"result" if work.call.state is None else b"data"
        name = encode_json(work.message.name)
        self._report(work, work.message.event, b'{"activity":%b,"%b":%b}' % (name, field, result))

    def failure(self, work: Work, event: str, error: dict[str, str]) -> None:
        """Report that an activity has failed for good."""
        told = {"activity": work.message.name, "attempts": work.message.attempt, "error": error}
        self._report(work, event, encode_json(told))
        self.under_way.add(work.message.id)

    def _report(self, work: Work, event: str, data: bytes) -> None:
        work.report = replace(work.message, event=event, data=data, options=None)
        self._send(work.report)

    def _send(self, report: Message) -> None:
        assert report.data is not None
        deliver = Deliver(report.event, decode_json(report.data), message=report)
        with suppress(SystemStopped):  # it runs again in the next system
            self._services.activations.deliver(report.receiver, lambda ref: ref.tell(deliver))

    def again(self, work: Work) -> None:
        """Send once more what a workflow could not take."""
        assert work.report is not None
        self.under_way.add(work.message.id)
        self._send(work.report)

    def returned(self, work: Work, error: Exception) -> bool:
        """Have a report that could not be taken sent later; tell whether anybody waits for it."""
        message = work.message
        self.under_way.discard(message.id)
        still = any(one.id == message.id for one in self._services.store.pending(message.sender))
        if isinstance(error, WorkflowNotFound) or not still:
            return False
        self.pause(work, error)
        return True

    def tell_all(self, work: Work, failure: Failure, due: int | None, dead: str | None) -> None:
        """Let the event stream and the log know that an attempt has failed.

        Arguments:
            work: the activity.
            failure: why.
            due: when the next attempt begins; UTC, in microseconds since 1970; None: there is none.
            dead: why it waits to be taken up by hand, or None.
        """
        message, error = work.message, failure.data()
        name, called = message.name or "", work.call.activity
        self._services.runtime.events.publish(
            ActivityFailed(message.sender, name, called, message.attempt, error, due, dead)
        )
        logger.log(
            logging.WARNING if dead else logging.INFO,
            "Activity %r of workflow %r, attempt %d: %s: %s%s",
            *(name, message.sender, message.attempt, failure.type, failure.message),
            "; it waits to be taken up by hand." if dead else "",
        )

    def pause(self, work: Work, error: Exception) -> None:
        """Try later what could not begin, or be reported, and say why."""
        if not work.pauses:
            with suppress(ActorDeadError):
                self._services.supervisor.tell(EventFailed(work.message.sender, error))
        seconds = min(FIRST_PAUSE * 2 ** min(work.pauses, 20), LONGEST_PAUSE)
        work.pauses += 1
        self._later(seconds, work)
