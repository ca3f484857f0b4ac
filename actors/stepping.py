"""From what a chart did to what is written: the pure half of the durable step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw

from ..persistence.chain import chained
from ..persistence.changes import diff
from ..persistence.codec import ContextCodec, encode_json
from ..persistence.errors import HandlerFailed
from ..persistence.records import ChartState, Kind, Message, Step, WorkflowRecord
from .charts import Microstep
from .handlers import HandlerCall
from .pending import Pending
from .position import Position

CREATED = "__created__"
"""The event name of the entry that creates a workflow."""


_encode = msgspec.json.Encoder().encode


class Done(msgspec.Struct, frozen=True, gc=False):
    """What a macrostep did, before it is made a step.

    Attributes:
        kind: what its entry will tell.
        event: the event's name.
        at: when it began; UTC, in microseconds since 1970.
        duration: how long it took, in microseconds.
        chart: where the chart stands after it.
        finished: whether the workflow is at its end now.
        context: the context after it as plain JSON data.
        data: the event's data as JSON, or None.
        key: its idempotency key.
        result: what the actions returned, as JSON, or None.
        error: the error of a step that failed or was refused, as JSON, or None.
        microsteps: what the chart did, in order.
        calls: which handlers were called.
        sends: the messages that leave with it.
        received: the message that it takes, or None.
        cancels: messages of its own that it takes back.
    """

    kind: Kind
    event: str
    at: int
    duration: int
    chart: ChartState
    finished: bool
    context: Any
    data: bytes | None = None
    key: str | None = None
    result: bytes | None = None
    error: bytes | None = None
    microsteps: Sequence[Microstep] = ()
    calls: Sequence[HandlerCall] = ()
    sends: tuple[Message, ...] = ()
    received: Message | None = None
    cancels: tuple[Message, ...] = ()


def follow(before: Position, done: Done, checkpoint_every: int) -> tuple[Step, Position]:
    """Return the step that writes what was done, and where the workflow stands after it.

    Arguments:
        before: where it stood; for a creation with sequence 0 and no configuration.
        done: what was done.
        checkpoint_every: a checkpoint goes with every so many steps.
    """
    record = before.record
    sequence = record.sequence + 1
    # Clocks step back; the history of one workflow does not.
    at = done.at if done.at > record.updated_at else record.updated_at
    change = {"=": done.context} if sequence == 1 else diff(before.context, done.context)
    changes = bool(done.received or done.sends or done.cancels)
    chart = done.chart
    # By position, here and below: names cost as much again as the objects.
    entry = chained(
        before.checksum,
        record.id,
        sequence,
        done.kind,
        at,
        done.event,
        done.data,
        done.key,
        record.configuration,
        chart.configuration,
        done.duration,
        None if chart.history == before.chart.history else encode_json(chart.history),
        None if change is None else _encode(change),
        done.result,
        done.error,
        _details(done, changes),
    )
    after = Position(
        WorkflowRecord(
            record.number,
            record.id,
            record.type,
            record.version,
            sequence,
            record.first_sequence,
            chart.configuration,
            done.finished,
            at if sequence == 1 else record.created_at,
            at,
        ),
        chart,
        before.context if change is None else done.context,
        entry.checksum,
        _still_pending(before.pending, done) if changes else before.pending,
    )
    due = sequence == 1 or sequence % checkpoint_every == 0
    checkpoint = after.checkpoint(ContextCodec.encode) if due else None
    if not changes:
        return Step(after.record, entry, checkpoint), after
    received = None if done.received is None else done.received.id
    cancels = tuple(message.id for message in done.cancels) if done.cancels else ()
    return Step(after.record, entry, checkpoint, done.sends, received, cancels), after


def _still_pending(before: Pending, done: Done) -> Pending:
    came = done.received
    gone = done.cancels if came is None or came.name is None else (*done.cancels, came)
    return before.changed((one for one in done.sends if one.name is not None), gone)


def unborn(number: int, workflow_id: str, type: str, version: int) -> Position:
    """Return the position before a workflow's creation."""
    return Position(
        record=WorkflowRecord(
            number=number,
            id=workflow_id,
            type=type,
            version=version,
            sequence=0,
            first_sequence=1,
            configuration=(),
            finished=False,
            created_at=0,
            updated_at=0,
        ),
        chart=ChartState(),
        context=None,
        checksum=b"\0" * 8,
    )


def error_json(error: Exception) -> bytes:
    """Return an error as history keeps it."""
    name = error.error_type if isinstance(error, HandlerFailed) else type(error).__name__
    return encode_json({"type": name, "message": str(error)})


def _details(done: Done, changes: bool) -> bytes | None:
    if len(done.microsteps) == 1 and not changes and not done.calls:  # as nearly always
        (one,) = done.microsteps
        return b'{"transitions":[[%b,%d]]}' % (one.course.told, (one.ended - one.began) // 1000)
    details: dict[str, Any] = {}
    if (came := done.received) is not None:
        if came.name is None:
            details["from"] = [came.sender, came.sequence]
        else:
            details["fired"] = [came.kind, came.name, came.due]
    if done.sends:
        if sent := [[m.receiver, m.event] for m in done.sends if m.name is None]:
            details["sent"] = sent
        if named := [[m.kind, m.name, m.due] for m in done.sends if m.name is not None]:
            details["set"] = named
    if done.cancels:
        details["cancelled"] = [[m.kind, m.name] for m in done.cancels]
    if done.microsteps:
        taken = [b"[%b,%d]" % (m.course.told, (m.ended - m.began) // 1000) for m in done.microsteps]
        details["transitions"] = Raw(b"[%b]" % b",".join(taken))
    if done.calls:
        details["handlers"] = [[call.handler, call.hook, call.duration] for call in done.calls]
    # Names and numbers of our own, so that nothing needs to be checked.
    return _encode(details) if details else None
