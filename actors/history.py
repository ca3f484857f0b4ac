"""History as people read it: entries decoded, with the context at each point."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from ..persistence.changes import apply
from ..persistence.codec import decode_json
from ..persistence.errors import HistoryTrimmed, RollbackFailed
from ..persistence.records import Entry, MessageKind, WorkflowRecord
from ..persistence.recovery import position
from ..persistence.store import Store
from .handlers import HandlerCall
from .position import utc
from .timers import KINDS


class Transition(msgspec.Struct, frozen=True):
    """One microstep: transitions that were taken together.

    Attributes:
        event: the event that enabled them, or None for eventless ones.
        source: ids of the states that they start from.
        target: ids of the states that they lead to.
        entered: ids of the states that were entered, in that order.
        duration: how long it took, in microseconds.
    """

    event: str | None
    source: tuple[str, ...]
    target: tuple[str, ...]
    entered: tuple[str, ...]
    duration: int


class HistoryEntry(msgspec.Struct, frozen=True):
    """One step of a workflow.

    Attributes:
        id: its number in the store, in the order in which steps became durable.
        sequence: its number within the workflow, from 1 without gaps.
        kind: "created", "step", "refused", "failed", "rollback" or "migrated".
        at: when it was taken, UTC.
        event: the event's name.
        data: the event's data.
        key: its idempotency key.
        source: ids of the states that were active before.
        target: ids of those active after.
        duration: how long it took, in microseconds.
        context: the context after it, as plain JSON data.
        result: what its actions returned.
        error: `{"type": …, "message": …}` when it was refused or failed, else None.
        transitions: the microsteps, in order.
        handlers: the handlers that were called, in order.
        sent: receiver and event of each message that left with it.
        sender: id and step of the workflow whose message it took, or None.
        timer: the name of the timer that brought its event, or None; of a timeout, the id of its
            state, or "*" for the whole workflow.
        timers_set: names of the timers and timeouts that it set, and when they are due.
        timers_cancelled: names of those that it cancelled.
        activity: the name of the activity whose report it took, or None.
        activities_started: names of the activities that it started.
        activities_cancelled: names of those that it cancelled.
    """

    id: int
    sequence: int
    kind: str
    at: datetime
    event: str
    data: dict[str, Any]
    key: str | None
    source: tuple[str, ...]
    target: tuple[str, ...]
    duration: int
    context: Any
    result: Any
    error: dict[str, str] | None
    transitions: tuple[Transition, ...]
    handlers: tuple[HandlerCall, ...]
    sent: tuple[tuple[str, str], ...]
    sender: tuple[str, int] | None
    timer: str | None = None
    timers_set: tuple[tuple[str, datetime], ...] = ()
    timers_cancelled: tuple[str, ...] = ()
    activity: str | None = None
    activities_started: tuple[str, ...] = ()
    activities_cancelled: tuple[str, ...] = ()


def read_history(
    store: Store, record: WorkflowRecord, *, last: int | None = None, at: int | None = None
) -> list[HistoryEntry]:
    """Return a workflow's history, oldest first.

    Arguments:
        store: where it is kept.
        record: the workflow's row; entries after its sequence are left out.
        last: only the last so many entries.
        at: only the entry of this sequence.

    Raises:
        HistoryTrimmed: the one asked for with `at` is no longer kept.
        RollbackFailed: there never was one of that number.
    """
    if at is None:
        entries = store.entries(record.number, upto=record.sequence, last=last)
    else:
        entries = store.entries(record.number, after=at - 1, upto=at)
        if not entries:
            # Retention may have moved on since the caller's record was read.
            raise _absent(store.find(record.id) or record, at)
    if not entries:
        return []
    first = entries[0].sequence
    context: Any = None
    if first > 1:
        context = decode_json(position(store, record, first - 1).context)
    read = []
    for entry in entries:
        if entry.context is not None:
            context = apply(context, decode_json(entry.context))
        read.append(_read(entry, context))
    return read


def _absent(record: WorkflowRecord, at: int) -> Exception:
    if 1 <= at < record.first_sequence:
        return HistoryTrimmed(
            f"Step {at} of workflow {record.id!r} is no longer kept; the oldest one is "
            f"{record.first_sequence}.",
            workflow_id=record.id,
            sequence=at,
            first_kept=record.first_sequence,
        )
    return RollbackFailed(
        f"Workflow {record.id!r} has no step {at}; its last one is {record.sequence}.",
        workflow_id=record.id,
    )


def _read(entry: Entry, context: Any) -> HistoryEntry:
    details = decode_json(entry.details) if entry.details else {}
    return HistoryEntry(
        id=entry.id,
        sequence=entry.sequence,
        kind=entry.kind.value,
        at=utc(entry.at),
        event=entry.event,
        data=decode_json(entry.data) if entry.data else {},
        key=entry.key,
        source=entry.source,
        target=entry.target,
        duration=entry.duration,
        context=context,
        result=decode_json(entry.result) if entry.result else None,
        error=decode_json(entry.error) if entry.error else None,
        transitions=tuple(
            Transition(event, tuple(source), tuple(target), tuple(entered), duration)
            for event, source, target, entered, duration in details.get("transitions", ())
        ),
        handlers=tuple(HandlerCall(*call) for call in details.get("handlers", ())),
        sent=tuple((receiver, event) for receiver, event in details.get("sent", ())),
        sender=tuple(details["from"]) if "from" in details else None,
        timer=_fired(details, *KINDS),
        timers_set=tuple(
            (name, utc(due)) for kind, name, due in details.get("set", ()) if kind in KINDS
        ),
        timers_cancelled=tuple(
            name for kind, name in details.get("cancelled", ()) if kind in KINDS
        ),
        activity=_fired(details, MessageKind.ACTIVITY),
        activities_started=tuple(
            name for kind, name, _ in details.get("set", ()) if kind == MessageKind.ACTIVITY
        ),
        activities_cancelled=tuple(
            name for kind, name in details.get("cancelled", ()) if kind == MessageKind.ACTIVITY
        ),
    )


def _fired(details: dict[str, Any], *kinds: MessageKind) -> str | None:
    kind, name, _ = details.get("fired", (None, None, None))
    return name if kind in kinds else None
