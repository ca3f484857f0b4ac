"""Durable timers: what a workflow sends itself for later, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from ..persistence.codec import CodecError, decode_json, encode_json
from ..persistence.records import Message, MessageKind
from .agenda import Agenda, Sent
from .charts import RESERVED, Span, microseconds
from .cron import zone
from .deadline import deadline
from .names import Name, event_name, text
from .position import utc
from .recurrence import ONCE, Late, Recurrence, checked_late, options_of, recurrence_of

if TYPE_CHECKING:
    from .workflow import Workflow

WHOLE = "*"
"""What the timeout of a whole workflow is called; no state can be called so."""


class Timer(msgspec.Struct, frozen=True):
    """A timer that is still to fire.

    Attributes:
        id: its number in the store; 0 before it is there.
        workflow_id: the workflow that it is of.
        name: its name; of a timeout, the state's id, or "*" for the whole workflow.
        event: the event that it brings.
        due: when, UTC.
        timeout: whether it is the timeout of a state, or of the whole workflow.
        data: the event's data.
        every: the time between two firings, or None.
        cron: the cron expression of its firings, or None.
        tz: the time zone of that.
        late: what becomes of it when it is late: "fire", "skip" or "merge".
    """

    id: int
    workflow_id: str
    name: str
    event: str
    due: datetime
    timeout: bool = False
    data: dict[str, Any] = {}
    every: timedelta | None = None
    cron: str | None = None
    tz: str | None = None
    late: Late = "merge"


KINDS = (MessageKind.TIMER, MessageKind.TIMEOUT)


def timer_of(one: Message | Sent) -> Timer:
    """Return a timer as people see it."""
    recurrence = recurrence_of(one)
    return Timer(
        id=one.id if isinstance(one, Message) else 0,
        workflow_id=one.receiver,
        name=one.name or "",
        event=one.event,
        due=utc(one.due),
        timeout=one.kind is MessageKind.TIMEOUT,
        data={} if one.data is None else decode_json(one.data),
        every=None if recurrence.every is None else timedelta(microseconds=recurrence.every),
        cron=recurrence.cron,
        tz=None if recurrence.cron is None else recurrence.tz,
        late=recurrence.late,
    )


def timers_among(pending: Iterable[Message | Sent]) -> list[Timer]:
    """Return the timers and timeouts of what is still to come, the next one first."""
    timers = [timer_of(one) for one in pending if one.kind in KINDS]
    return sorted(timers, key=lambda timer: (timer.due, timer.id))


class Timers:
    """The timers of one workflow, as its actions use them: `self.timers`.

    They are set and cancelled with the step, fire exactly once and never early, and outlive the
    process.

    Example:
        >>> self.timers.start("reminder", after=timedelta(days=2), event=Order.remind)
        >>> self.timers.cancel("reminder")
        True
    """

    __slots__ = ("_agenda", "_id", "_workflow")

    def __init__(self, workflow: type[Workflow], workflow_id: str, agenda: Agenda) -> None:
        self._workflow = workflow
        self._id = workflow_id
        self._agenda = agenda

    def start(
        self,
        name: Name,
        *,
        event: Name | None = None,
        data: Mapping[str, Any] | None = None,
        after: Span | None = None,
        at: datetime | None = None,
        every: Span | None = None,
        cron: str | None = None,
        tz: str = "UTC",
        late: Late = "merge",
    ) -> datetime:
        """Set a timer; one of this name that is still to fire is replaced.

        Arguments:
            name: its name within the workflow.
            event: the event that it brings to the workflow; by default the one called as it is.
            data: the event's data.
            after: it fires so many seconds after the step, or a `timedelta`.
            at: it fires at this time, which has a time zone; at once if that is past.
            every: it fires again and again, so many seconds apart, or a `timedelta`; first after
                that time too, unless `after` or `at` says otherwise.
            cron: it fires at the times of this cron expression, such as "0 9 * * mon".
            tz: the time zone of that, such as "Europe/Paris"; its summer time is minded.
            late: what becomes of it when it is late, because no system ran when it was due:
                "merge" has it fire once for all the times that were missed; "fire", once for
                each; "skip", not at all if it is more than a minute late, or due again.

        Returns:
            when it is due, UTC.

        Raises:
            ValueError: a time can't be, there is no such event, or they don't go together.
            CodecError: the data can't be written as JSON.
        """
        named = text(event_name(name), "A timer's name")
        wanted = event_name(name if event is None else event)
        known = self._workflow.event_name(wanted)
        if known is None:
            raise ValueError(
                f"Timer {named!r} would bring event {wanted!r}, which {self._workflow.__name__} "
                f"does not have; give `event` one of {', '.join(sorted(self._workflow._public))}."
            )
        recurrence = _recurrence(every, cron, tz, late)
        now = self._agenda.now
        if after is not None or at is not None:
            if cron is not None:
                raise ValueError("A cron expression says when; give no `after` or `at` with it.")
            due = deadline(now, after, at)
        elif recurrence.repeats:
            due = recurrence.first(now)
        else:
            due = deadline(now, after, at)  # which says what to give
        self._agenda.cancel(MessageKind.TIMER, named)
        self._agenda.add(
            Sent(
                self._id,
                known,
                _written(known, data),
                kind=MessageKind.TIMER,
                due=due,
                name=named,
                options=options_of(recurrence),
            )
        )
        return utc(due)

    def cancel(self, name: Name) -> bool:
        """Cancel a timer, so that it fires no more; tell whether there was one."""
        return self._agenda.cancel(MessageKind.TIMER, event_name(name))

    @property
    def pending(self) -> dict[str, Timer]:
        """The timers that are still to fire, by name, with what this step has done to them."""
        return {one.name: one for one in map(timer_of, self._agenda.of(MessageKind.TIMER))}

    @property
    def fired(self) -> Timer | None:
        """The timer, or timeout, that has brought the event that is being taken, or None."""
        came = self._agenda.came
        return None if came is None or came.kind not in KINDS else timer_of(came)


def _recurrence(every: Span | None, cron: str | None, tz: str, late: Any) -> Recurrence:
    if every is None and cron is None and late == "merge":
        return ONCE
    if every is not None and cron is not None:
        raise ValueError("Give one of `every` and `cron`.")
    length = None if every is None else microseconds(every, "`every`")
    if length == 0:
        raise ValueError("`every` is 0, which would never end; give some time.")
    if cron is None:
        return Recurrence(every=length, late=checked_late(late))
    zone(tz)
    return Recurrence(cron=cron, tz=tz, late=checked_late(late))


def _written(event: str, data: Mapping[str, Any] | None) -> bytes | None:
    if not data:
        return None
    if taken := RESERVED.intersection(data):
        raise CodecError(
            f"event {event!r} has a field {min(taken)!r}, a name that callbacks get from the chart"
        )
    return encode_json(dict(data))
