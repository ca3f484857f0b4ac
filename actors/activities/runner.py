"""The actor that runs activities: outside the step, once that is durable."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec
from msgspec.structs import replace
from pykka import ActorDeadError

from ...persistence.codec import CodecError
from ...persistence.errors import UnknownActivity
from ...persistence.records import Message
from ..runtime import PooledActor, TimerHandle
from ..services import Services
from .attempt import PROCESS_ENDED, Attempt, Work
from .call import read_call, read_course
from .declared import find_activity
from .discretion import discreet
from .failing import Failing
from .heartbeats import Heartbeats
from .lanes import Lanes
from .ledger import Ledger
from .places import Places
from .reports import Reports
from .retry import SECOND, Failure
from .signals import (
    Abandon,
    Again,
    Carry,
    Ended,
    Gone,
    Look,
    Noted,
    Overdue,
    Quiet,
    Refused,
    Returned,
    Save,
    WindDown,
)
from .under_way import UnderWay

logger = logging.getLogger("repertory.activities")


class ActivityRunner(PooledActor):
    """Runs what is due as far as limits and rates allow, and reports to the workflows.

    The row of an activity stays in the store until a step of its workflow takes the report, or
    takes the activity back; so whatever is lost here runs again.
    """

    stop_on_failure = False
    run_inline = False

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self._clock = services.runtime.clock
        self._works = services.works
        self._attempts: dict[int, Attempt] = {}
        self._ledger = Ledger(services)
        self._heartbeats = Heartbeats(self._clock, self._ledger, self._attempts, self._tell)
        self._places = services.places = Places(
            services.runtime, self._ended, self._heartbeats.from_afar
        )
        self._lanes = Lanes(services.limits.max_activities, self._places.processes.count)
        self._reports = Reports(services, lambda s, work: self._later(s, Again(work)))
        self._under_way = UnderWay(
            self._attempts, self._clock, self._lanes, self._heartbeats.beat, self._later
        )
        self._failing = Failing(self._clock, self._ledger, self._reports, self._leave)
        self._quiet: list[Any] = []
        self._moves = 0
        self._winding_down: list[Any] = []
        self._closing = False
        self._looks = False

    # --- messages ---

    def on_batch(self, envelopes: Sequence[Any]) -> None:
        for envelope in envelopes:
            try:
                self._take(envelope.message, envelope.reply_to)
            except Exception:
                logger.exception("Activities: a %s failed.", type(envelope.message).__name__)
        self._ledger.flush()
        self._start()
        self._answer()

    def _take(self, message: Any, reply: Any) -> None:
        match message:
            case Carry():
                self._moves += 1
                self._carry(message.message)
            case Noted():
                self._moves += 1
                self._begin(message.attempts, message.error)
            case Ended():
                self._moves += 1
                self._conclude(message.attempt, message.failure)
            case Gone():
                self._forget(message.id)
            case Again():
                self._moves += 1
                self._again(message.work)
            case Overdue():
                self._moves += 1
                self._overdue(message)
            case Returned():
                work = self._works.get(message.message.id)
                if work is not None and not self._reports.returned(work, message.error):
                    self._forget(message.message.id)
            case Refused():
                self._moves += 1
                self._refused(message)
            case Look():
                self._looks = False
            case Save():
                self._heartbeats.save(message)
            case Quiet(running=False):
                reply.set(self._moves)
            case Quiet():
                self._quiet.append(reply)
            case WindDown():
                self._closing = True
                self._lanes.clear()
                for attempt in self._attempts.values():
                    attempt.tell_to_stop()
                self._winding_down.append(reply)
            case Abandon():
                for attempt in [*self._attempts.values()]:
                    if attempt.claim():
                        attempt.break_off()
                ran = [work for work in self._works.values() if work.course.began is not None]
                self._ledger.cut_off(ran).add_done_callback(lambda _: reply.set(None))

    def _answer(self) -> None:
        if self._quiet and not (self._attempts or self._reports.under_way):
            while self._quiet:
                self._quiet.pop().set(self._moves)
        if self._winding_down and not self._attempts:
            while self._winding_down:
                self._winding_down.pop().set(None)

    def _tell(self, message: Any) -> None:
        with suppress(ActorDeadError):
            self.actor_ref.tell(message)

    def _later(self, seconds: float, message: Any) -> TimerHandle | None:
        with suppress(RuntimeError):  # the clock has stopped, and so does all this
            return self._clock.call_later(seconds, self._tell, message)
        return None

    # --- beginning ---

    def _carry(self, message: Message) -> None:
        try:
            work = Work(message, read_call(message.data), read_course(message.options))
        except (CodecError, msgspec.MsgspecError) as error:
            self._ledger.bury(message.id, f"It can't be read: {error}")
            return
        self._works[message.id] = work
        self._queue(work)

    def _queue(self, work: Work) -> None:
        if self._closing:
            return
        try:
            activity = find_activity(work.call.activity)
        except UnknownActivity as error:
            if self._services.limits.max_activities:  # else it runs in the next system
                self._reports.pause(work, error)
            return
        work.pauses = 0
        if work.course.began is not None:
            self._failing.failed(work, None, PROCESS_ENDED)
            return
        terms = work.call.terms(activity)
        if terms.total_timeout is not None and work.deadline is None:
            end = work.end = work.message.at + int(terms.total_timeout * SECOND)
            over = Overdue(work, None, "total_timeout", terms.total_timeout)
            if end <= self._clock.now_us():
                self._tell(over)
            with suppress(RuntimeError):
                work.deadline = self._clock.call_at(end, self._tell, over)
        self._lanes.put(work, activity)

    def _start(self) -> None:
        now = self._clock.monotonic()
        starting = self._lanes.start(now, self._clock.now_us())
        begun = [self._under_way.begin(work, activity, now) for work, activity in starting]
        if begun:
            self._ledger.begin(begun, lambda error: self._tell(Noted(begun, error)))
            self._heartbeats.save_later()
        if self._lanes.soonest is not None and not self._looks:
            self._looks = True
            self._later(self._lanes.soonest, Look())

    def _begin(self, attempts: Sequence[Attempt], error: Exception | None) -> None:
        """Make attempts that the store knows of, unless they are over before they have begun."""
        ready: list[Attempt] = []
        for attempt in attempts:
            if error is None and not (attempt.claimed or self._closing):
                ready.append(attempt)
                continue
            if attempt.claim() and error is not None:
                attempt.work.course = replace(attempt.work.course, began=None)
                self._reports.pause(attempt.work, error)
            self._conclude(attempt, None)
        self._places.begin(ready)

    def _again(self, work: Work) -> None:
        if not work.gone and work.report is None:
            self._queue(work)
        elif not work.gone:
            self._reports.again(work)

    # --- ending ---

    def _ended(self, attempt: Attempt, outcome: bytes | Failure | None) -> None:
        """Take an attempt's outcome, in whatever thread it came to its end."""
        if attempt.current.saw_cancelled:
            outcome = None  # it has stopped because it should: that is no result, and no failure
        work = attempt.work
        outcome = discreet(outcome, work.call.secrets)
        if isinstance(outcome, bytes) and attempt.claim():
            try:
                self._reports.result(work, outcome)
            except Exception as error:
                logger.exception("Activity %r could not report.", work.message.name)
                self._tell(Returned(work.report or work.message, error))
        self._tell(Ended(attempt, outcome if isinstance(outcome, Failure) else None))

    def _conclude(self, attempt: Attempt, failure: Failure | None) -> None:
        self._under_way.end(attempt)
        work = attempt.work
        if failure is not None and attempt.claim():
            self._failing.failed(work, attempt, failure)
        elif work.report is not None and not work.gone:
            self._reports.under_way.add(work.message.id)

    def _overdue(self, over: Overdue) -> None:
        work, attempt = over.work, over.attempt or over.work.running
        if work.gone or work.report is not None:
            return
        if over.limit == "heartbeat_timeout" and attempt is not None:
            left = attempt.beat + over.seconds - self._clock.monotonic()
            if left > 0:
                if not attempt.claimed:
                    attempt.silence = self._later(left, over)
                return
        what = f"{over.limit} of {over.seconds:g} s is over"
        failure = Failure("Timeout", what, ("Timeout", "TimeoutError"))
        if attempt is None:
            self._failing.failed(work, None, failure)  # it still waited for its turn
        elif attempt.claim():
            self._under_way.break_off(attempt)
            self._failing.failed(work, attempt, failure)

    def _refused(self, refused: Refused) -> None:
        """Have an activity fail whose result is not allowed: it would be the same again."""
        work = self._works.get(refused.report.id)
        if work is None or work.gone or work.report != refused.report:
            return  # it has been told already
        self._reports.under_way.discard(refused.report.id)
        work.report = None
        self._failing.failed(work, None, replace(Failure.of(refused.error), final=True))

    def _forget(self, id: int) -> None:
        """Stop what nobody waits for, and be done with it."""
        self._reports.under_way.discard(id)
        work = self._works.get(id)
        if work is None:
            return
        work.gone, work.queued = True, False
        self._leave(work)
        attempt = work.running
        if attempt is not None and attempt.claim():
            self._under_way.break_off(attempt)

    def _leave(self, work: Work) -> None:
        """Hold it in memory no longer; the store has it as long as it is not done."""
        if self._works.get(work.message.id) is work:
            del self._works[work.message.id]
        if work.deadline is not None:
            work.deadline.cancel()
            work.deadline = None
