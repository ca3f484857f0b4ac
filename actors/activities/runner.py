"""The actor that runs activities: outside the step, once that is durable."""

from __future__ import annotations

import logging
import random
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec
from msgspec.structs import replace
from pykka import ActorDeadError

from ...persistence.codec import CodecError, decode_json, encode_json
from ...persistence.errors import (
    RepertoryError,
    SystemStopped,
    UnknownActivity,
    WorkflowNotFound,
)
from ...persistence.records import Message
from ..messages import Deliver, EventFailed
from ..runtime import PooledActor
from ..services import Services
from .attempt import Attempt, Work
from .call import Course, read_call, read_course
from .declared import Activity, find_activity
from .ledger import Ledger
from .limits import Gate
from .places import Places
from .retry import SECOND, Failure, decide
from .signals import (
    Abandon,
    ActivityFailed,
    Again,
    Carry,
    Ended,
    Gone,
    Look,
    Overdue,
    Quiet,
    Returned,
    Save,
    WindDown,
)

logger = logging.getLogger("repertory.activities")

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 30.0
"""Seconds until what could not begin, or be reported, is tried again: doubled up to this."""

SAVE_EVERY = 1.0
"""Seconds between two looks at what is running, to write down how far it is."""


class ActivityRunner(PooledActor):
    """Runs what is due as far as limits and rates allow, and reports to the workflows.

    The row of an activity stays in the store until a step of its workflow takes the report, or
    takes the activity back; so whatever is lost here runs again.
    """

    stop_on_failure = False
    run_inline = False

    def __init__(self, services: Services, most: int) -> None:
        """Make a runner.

        Arguments:
            services: the other actors.
            most: how many run at once.
        """
        super().__init__()
        self._services = services
        self._clock = services.runtime.clock
        self._most = most
        self._works: dict[int, Work] = services.works
        self._ready: dict[str, deque[tuple[Work, Activity]]] = {}
        self._gates: dict[str, Gate] = {}
        self._attempts: dict[int, Attempt] = {}
        self._numbers = 0
        self._holding = 0
        self._reporting: set[int] = set()
        self._quiet: list[Any] = []
        self._winding_down: list[Any] = []
        self._closing = False
        self._looks = False
        self._saves = False
        self._ledger = Ledger(services)
        self.places = Places(services.runtime, self._ended, self._beat_from_afar)

    # --- messages ---

    def on_batch(self, envelopes: Sequence[Any]) -> None:
        for envelope in envelopes:
            try:
                self._take(envelope.message, envelope.reply_to)
            except Exception:
                logger.exception("Activities: a %s failed.", type(envelope.message).__name__)
        self._start()
        self._answer()

    def _take(self, message: Any, reply: Any) -> None:
        match message:
            case Carry():
                self._carry(message.message)
            case Ended():
                self._conclude(message.attempt, message.failure)
            case Gone():
                for id in message.ids:
                    self._forget(id)
            case Again():
                self._again(message.work)
            case Overdue():
                self._overdue(message)
            case Returned():
                self._returned(message.message, message.error)
            case Look():
                self._looks = False
            case Save():
                self._saves = False
                self._save()
            case Quiet():
                self._quiet.append((reply, self._busy))
            case WindDown():
                self._closing = True
                self._ready.clear()
                for attempt in self._attempts.values():
                    attempt.tell_to_stop()
                self._winding_down.append(reply)
            case Abandon():
                for attempt in [*self._attempts.values()]:
                    if attempt.claim():
                        attempt.break_off()
                reply.set(None)

    @property
    def _busy(self) -> bool:
        return bool(self._attempts or self._reporting)

    def _answer(self) -> None:
        if self._quiet and not self._busy:
            for reply, was_busy in self._quiet:
                reply.set(was_busy)
            self._quiet.clear()
        if self._winding_down and not self._attempts:
            for reply in self._winding_down:
                reply.set(None)
            self._winding_down.clear()

    def _tell(self, message: Any) -> None:
        with suppress(ActorDeadError):
            self.actor_ref.tell(message)

    def _later(self, seconds: float, message: Any) -> Any:
        with suppress(RuntimeError):  # the clock has stopped, and so does all this
            return self._clock.call_later(seconds, self._tell, message)

    # --- beginning ---

    def _carry(self, message: Message) -> None:
        try:
            work = Work(message, read_call(message.data), read_course(message.options))
        except (CodecError, msgspec.MsgspecError) as error:
            self._ledger.bury(message.id, f"It can't be read: {error}")
            return
        before = self._works.get(message.id)
        if before is not None and before.running is not None:
            return
        self._works[message.id] = work
        self._queue(work)

    def _queue(self, work: Work) -> None:
        if self._closing:
            return
        try:
            activity = find_activity(work.call.activity)
        except UnknownActivity as error:
            if not work.pauses:
                self._say(work, error)
            self._pause(work)
            return
        work.pauses = 0
        terms = work.call.terms(activity)
        if terms.total_timeout is not None and work.deadline is None:
            end = work.message.at + int(terms.total_timeout * SECOND)
            over = Overdue(work, None, "total_timeout", terms.total_timeout)
            with suppress(RuntimeError):
                work.deadline = self._clock.call_at(end, self._tell, over)
        self._ready.setdefault(activity.kind, deque()).append((work, activity))

    def _start(self) -> None:
        """Start what may start, of each kind in turn."""
        if not self._ready:
            return
        now = self._clock.monotonic()
        begun: list[Attempt] = []
        soonest: float | None = None
        more = True
        while more:
            more = False
            soonest = None
            for kind in (*self._ready,):
                queue = self._ready[kind]
                while queue and queue[0][0].gone:
                    queue.popleft()
                if not queue:
                    del self._ready[kind]
                    continue
                if self._holding >= self._most:
                    break
                work, activity = queue[0]
                gate = self._gate(activity)
                if gate.full or self._no_process(activity):
                    continue
                if (wait := gate.wait(now)) > 0:
                    soonest = wait if soonest is None else min(soonest, wait)
                    continue
                queue.popleft()
                self._ready[kind] = self._ready.pop(kind)  # the others come first next time
                begun.append(self._attempt(work, activity, gate, now))
                more = True
        if begun:
            self.places.begin(begun)
            self._save_later()
        if soonest is not None and not self._looks:
            self._looks = True
            self._later(soonest, Look())

    def _gate(self, activity: Activity) -> Gate:
        gate = self._gates.get(activity.kind)
        if gate is None:
            gate = self._gates[activity.kind] = Gate()
        gate.limit, gate.rate = activity.limit, activity.rate
        return gate

    def _no_process(self, activity: Activity) -> bool:
        if activity.on != "process":
            return False
        busy = sum(a.activity.on == "process" and a.holds for a in self._attempts.values())
        return busy >= self.places.processes.count

    def _attempt(self, work: Work, activity: Activity, gate: Gate, now: float) -> Attempt:
        self._numbers += 1
        terms = work.call.terms(activity)
        began = self._clock.now_us()
        attempt = Attempt(self._numbers, work, activity, terms, began, now, self._beat)
        work.running = self._attempts[attempt.number] = attempt
        self._holding += 1
        gate.start(now)
        if terms.timeout is not None:
            over = Overdue(work, attempt, "timeout", terms.timeout)
            attempt.timeout = self._later(terms.timeout, over)
        if terms.heartbeat_timeout is not None:
            missing = Overdue(work, attempt, "heartbeat_timeout", terms.heartbeat_timeout)
            attempt.silence = self._later(terms.heartbeat_timeout, missing)
        return attempt

    # --- ending ---

    def _ended(self, attempt: Attempt, outcome: bytes | Failure | None) -> None:
        """Take an attempt's outcome, in whatever thread it came to its end."""
        current = attempt.current
        if current.saw_cancelled:
            outcome = None  # it has stopped because it should: that is no result, and no failure
        failure = outcome if isinstance(outcome, Failure) else None
        if isinstance(outcome, bytes) and attempt.claim():
            work = attempt.work
            field = b"result" if work.call.state is None else b"data"
            data = b'{"activity":%b,"%b":%b}' % (encode_json(current.name), field, outcome)
            self._report(work, work.message.event, data)
        self._tell(Ended(attempt, failure))

    def _conclude(self, attempt: Attempt, failure: Failure | None) -> None:
        self._release(attempt)
        self._attempts.pop(attempt.number, None)
        work = attempt.work
        if work.running is attempt:
            work.running = None
        if failure is not None and attempt.claim():
            self._failed(work, attempt, failure)
        elif work.report is not None and not work.gone:
            self._reporting.add(work.message.id)

    def _release(self, attempt: Attempt) -> None:
        """Let another one take its place among those that run."""
        if attempt.holds:
            attempt.holds = False
            self._holding -= 1
            self._gates[attempt.activity.kind].end()
            for timer in (attempt.timeout, attempt.silence):
                if timer is not None:
                    timer.cancel()

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
            self._failed(work, None, failure)  # it still waited for its turn
        elif attempt.claim():
            # Nobody can end a thread: its place is given away all the same, or one that hangs
            # would hold it for ever.
            self._release(attempt)
            attempt.break_off()
            work.running = None
            self._failed(work, attempt, failure)

    def _failed(self, work: Work, attempt: Attempt | None, failure: Failure) -> None:
        if work.gone:
            return
        number = work.message.attempt + (attempt is not None)
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
        work.message = replace(work.message, attempt=number)
        work.course = Course(work.progress(attempt), failure.data())
        dead: str | None = None
        if verdict.due is not None:
            self._leave(work)
            self._ledger.postpone(work, verdict.due)
        elif work.call.failed is not None:
            error = {"activity": work.message.name, "attempts": number, "error": failure.data()}
            self._report(work, work.call.failed, encode_json(error))
            self._reporting.add(work.message.id)
        else:
            dead = f"{failure.type}: {failure.message} ({verdict.why})"
            self._leave(work)
            self._ledger.bury(work.message.id, dead)
        self._services.runtime.events.publish(
            ActivityFailed(
                work.message.sender,
                work.message.name or "",
                work.call.activity,
                number,
                failure.data(),
                verdict.due,
                dead,
            )
        )
        logger.log(
            logging.WARNING if dead else logging.INFO,
            "Activity %r of workflow %r, attempt %d: %s: %s%s",
            work.message.name,
            work.message.sender,
            number,
            failure.type,
            failure.message,
            "; it waits to be taken up by hand." if dead else "",
        )

    # --- reporting ---

    def _report(self, work: Work, event: str, data: bytes) -> None:
        """Send the workflow what has come of it; the step that takes it takes the row out."""
        work.report = replace(work.message, event=event, data=data, options=None)
        self._deliver(work.report)

    def _deliver(self, report: Message) -> None:
        assert report.data is not None
        deliver = Deliver(report.event, decode_json(report.data), message=report)
        with suppress(SystemStopped):  # it runs again in the next system
            self._services.activations.deliver(report.receiver, lambda ref: ref.tell(deliver))

    def _returned(self, message: Message, error: Exception) -> None:
        work = self._works.get(message.id)
        self._reporting.discard(message.id)
        if work is None or work.report is None:
            return
        still = self._services.store.pending(message.sender)
        if isinstance(error, WorkflowNotFound) or all(one.id != message.id for one in still):
            self._forget(message.id)
            return
        self._say(work, error)
        self._pause(work)

    def _pause(self, work: Work) -> None:
        seconds = min(FIRST_PAUSE * 2 ** min(work.pauses, 20), LONGEST_PAUSE)
        work.pauses += 1
        self._later(seconds, Again(work))

    def _again(self, work: Work) -> None:
        if work.gone:
            return
        if work.report is None:
            self._queue(work)
        else:
            self._reporting.add(work.message.id)
            self._deliver(work.report)

    def _say(self, work: Work, error: Exception) -> None:
        with suppress(ActorDeadError):
            self._services.supervisor.tell(EventFailed(work.message.sender, error))

    def _forget(self, id: int) -> None:
        """Stop what nobody waits for, and be done with it."""
        self._reporting.discard(id)
        work = self._works.get(id)
        if work is None:
            return
        work.gone = True
        self._leave(work)
        attempt = work.running
        if attempt is not None and attempt.claim():
            attempt.break_off()

    def _leave(self, work: Work) -> None:
        """Hold it in memory no longer; the store has it as long as it is not done."""
        if self._works.get(work.message.id) is work:
            del self._works[work.message.id]
        if work.deadline is not None:
            work.deadline.cancel()
            work.deadline = None

    # --- heartbeats ---

    def _beat(self, attempt: Attempt, said: bytes | None) -> None:
        """Note a heartbeat, in the thread that it comes from."""
        if attempt.claimed:
            return
        attempt.beat = self._clock.monotonic()
        if said is not None:
            attempt.said = said
            if not attempt.unsaved:
                attempt.unsaved = True
                if attempt.beat - self._saved >= SAVE_EVERY:
                    self._tell(Save())

    def _beat_from_afar(self, number: int, said: bytes | None) -> None:
        attempt = self._attempts.get(number)
        if attempt is not None:
            self._beat(attempt, said)

    def _save(self) -> None:
        """Write down what runs, and how far it is, so that others can see it."""
        self._saved = self._clock.monotonic()
        changed = []
        for attempt in self._attempts.values():
            if attempt.claimed or not (attempt.unsaved or attempt.work.course.began is None):
                continue
            attempt.unsaved = False
            work = attempt.work
            work.course = replace(work.course, progress=work.progress(attempt), began=attempt.began)
            changed.append(work)
        if changed:
            self._ledger.save(changed)
        self._save_later()

    def _save_later(self) -> None:
        if not self._saves and self._attempts:
            self._saves = True
            self._later(SAVE_EVERY, Save())
