"""What a step leaves to come after it: timers, timeouts, messages; decided when it has run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from msgspec.structs import replace

from ..persistence.errors import TimerSkipped
from ..persistence.records import Kind, Message, MessageKind, WorkflowRecord
from .activities.invoking import left_behind
from .agenda import Agenda, Sent
from .charts import spell
from .children.joining import join, let_all_go
from .position import Position, utc
from .recurrence import recurrence_of
from .stepping import Done
from .timers import KINDS, WHOLE
from .workflow import Workflow


def leave(
    done: Done,
    agenda: Agenda,
    workflow: type[Workflow],
    record: WorkflowRecord,
    allocate: Callable[[], int],
) -> Done:
    """Return what was done with all that it leaves to come.

    Arguments:
        done: what was done.
        agenda: what its actions have sent and cancelled.
        workflow: the workflow's class.
        record: its row before the step.
        allocate: gives the id for a new message.
    """
    join(agenda, record.id)
    if done.finished:
        _end(agenda)
    elif workflow._timeouts:
        entered = {id for step in done.microsteps for id in step.course.entered}
        if done.kind is Kind.CREATED:
            entered.add(WHOLE)
        _keep_timeouts(agenda, workflow, record.id, done.chart.configuration, entered)
    return _and_leaves(done, agenda, record, allocate)


def leave_elsewhere(
    done: Done,
    before: Position,
    workflow: type[Workflow],
    allocate: Callable[[], int],
    since: int | None = None,
) -> Done:
    """Return what was done to a workflow that stands elsewhere now without having gone there.

    Timers, timeouts, activities and children that were begun later than where it stands now are
    cancelled, and so are the timeouts and activities of states that are not active there. The time
    of a state that has no timeout pending begins anew.

    Arguments:
        done: a rollback, fork or migration.
        before: where the workflow stood; its pending timers are its own.
        workflow: the workflow's class.
        allocate: gives the id for a new message.
        since: the step that it went back to, or None.
    """
    agenda = Agenda()
    agenda.begin(before.pending, done.at)
    if since is not None:
        agenda.cancel_since(since, (*KINDS, MessageKind.ACTIVITY))
        let_all_go(agenda, since)
    for activity in left_behind(before.pending, done.chart.configuration):
        agenda.take_back(activity)
    if done.finished:
        _end(agenda)
    else:
        pending = {one.name for one in agenda.of(MessageKind.TIMEOUT)}
        missing = {name for name in (WHOLE, *done.chart.configuration) if name not in pending}
        _keep_timeouts(agenda, workflow, before.record.id, done.chart.configuration, missing)
    return _and_leaves(done, agenda, before.record, allocate)


def _end(agenda: Agenda) -> None:
    """Cancel what a workflow that has finished can't take any more.

    An activity whose result no event brings goes on: it may well be the last word.
    """
    agenda.cancel_all(KINDS)
    for activity in [*agenda.of(MessageKind.ACTIVITY)]:
        if activity.event:
            agenda.take_back(activity)
    let_all_go(agenda)


def _keep_timeouts(
    agenda: Agenda,
    workflow: type[Workflow],
    workflow_id: str,
    configuration: Sequence[str],
    entered: Collection[str],
) -> None:
    """Cancel the timeouts of states that were left, and set those of states that were entered."""
    for one in [*agenda.of(MessageKind.TIMEOUT)]:
        if one.name in entered or (one.name != WHOLE and one.name not in configuration):
            agenda.cancel(MessageKind.TIMEOUT, one.name or "")
    for name in (WHOLE, *configuration):
        if name in entered:
            for timeout in workflow._timeouts.get(name, ()):
                agenda.add(
                    Sent(
                        workflow_id,
                        timeout.event,
                        None,
                        kind=MessageKind.TIMEOUT,
                        due=agenda.now + timeout.length,
                        name=name,
                    )
                )


def _and_leaves(
    done: Done, agenda: Agenda, record: WorkflowRecord, allocate: Callable[[], int]
) -> Done:
    came = agenda.came
    if came is None and not agenda.sent and not agenda.cancelled:
        return done
    sent, cancelled = agenda.take()
    sequence = record.sequence + 1
    sends = [
        Message(
            allocate(),
            record.id,
            sequence,
            one.receiver,
            one.event,
            one.data,
            done.at,
            None,
            one.kind,
            one.due,
            one.name,
            0,
            one.options,
        )
        for one in sent
    ]
    return replace(done, sends=tuple(sends), received=came, cancels=cancelled)


def taken_back(message: Message, position: Position) -> bool:
    """Tell whether a message is of the workflow itself, which has taken it back meanwhile."""
    own = message.name is not None and message.sender == position.record.id
    return own and position.pending.find(message) is None


def too_late(message: Message | None, workflow_id: str, now: int) -> TimerSkipped | None:
    """Return that a timer is so late that it is to be skipped, or None."""
    if message is None or message.kind not in KINDS:
        return None
    if not recurrence_of(message).skips(message.due, now):
        return None
    return TimerSkipped(
        f"Timer {message.name!r} of workflow {workflow_id!r} was due at {utc(message.due)} and is "
        f"skipped: it is {spell(now - message.due)} late.",
        workflow_id=workflow_id,
        name=message.name or "",
    )
