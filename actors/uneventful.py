"""Steps in which the chart takes no event: what it does then is only told, or put elsewhere."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ..persistence.codec import encode_json
from ..persistence.records import Kind, Message, MessageKind
from .position import Position
from .stepping import Done

FORKED = "__forked__"
"""The event name of the entry that creates a workflow out of another one's past."""

MIGRATED = "__migrated__"
"""The event name of the step that brings a workflow to the present version of its class."""

CHILD_ENDED = "__child__"
"""The event name of the step that keeps how a child has ended when no event brings it."""

CANCELLED = "__cancelled__"
"""The event name of the step that ends a workflow where it stands."""

REPORTED = "__activity__"
"""The event name of the step that keeps an activity's result when no event brings it."""

ROLLBACK = "rollback"
"""The event name of a step back; no workflow may declare an event of this name."""


def _standing(
    position: Position, kind: Kind, event: str, at: int, *, duration: int = 0, **more: Any
) -> Done:
    """Return the step of a workflow that stands at `position` after it."""
    chart, finished, context = position.chart, position.record.finished, position.context
    return Done(kind, event, at, duration, chart, finished, context, **more)


def forked(origin: Position, now: int) -> Done:
    """Return the creation of a workflow that starts where another one stood."""
    record = origin.record
    data = encode_json({"workflow": record.id, "sequence": record.sequence})
    return _standing(origin, Kind.CREATED, FORKED, now, data=data)


def noted(report: Message, position: Position, at: int, data: bytes | None) -> Done:
    """Return the step that keeps what an activity or a child reports to nobody in particular.

    Arguments:
        report: what it reports.
        position: where the workflow stands.
        at: when the step began; UTC, in microseconds since 1970.
        data: the report's data.
    """
    event = CHILD_ENDED if report.kind is MessageKind.CHILD else REPORTED
    return _standing(position, Kind.STEP, event, at, data=data, received=report)


def put_off(
    position: Position,
    at: int,
    event: str,
    data: bytes | None,
    key: str | None,
    came: Message | None,
) -> Done:
    """Return the step that keeps an event for later, since it is declared with a delay.

    Arguments:
        position: where the workflow stands.
        at: when the step began; UTC, in microseconds since 1970.
        event: the event.
        data: its data as JSON.
        key: its idempotency key.
        came: the message that has brought it, or None.
    """
    return _standing(position, Kind.STEP, event, at, data=data, key=key, received=came)


def ended(position: Position, at: int, came: Message) -> Done:
    """Return the step that ends a workflow where it stands.

    Arguments:
        position: where that is.
        at: when the step began; UTC, in microseconds since 1970.
        came: what has told it to end.
    """
    done = _standing(position, Kind.CANCELLED, CANCELLED, at, received=came)
    return replace(done, finished=True)


def rolled_back(past: Position, at: int, duration: int, key: str | None) -> Done:
    """Return the step back to where a workflow stood.

    Arguments:
        past: where it stood, as the class is now.
        at: when the step began; UTC, in microseconds since 1970.
        duration: how long it took, in microseconds.
        key: its idempotency key.
    """
    data = encode_json({"to": past.record.sequence})
    return _standing(past, Kind.ROLLBACK, ROLLBACK, at, duration=duration, data=data, key=key)


def migrated(before: Position, after: Position, at: int, duration: int) -> Done:
    """Return the step that brings a workflow to another version of its class.

    Arguments:
        before: where it stands, as the old version wrote it.
        after: the same, as the new version has it.
        at: when the migration began; UTC, in microseconds since 1970.
        duration: how long it took, in microseconds.
    """
    data = encode_json({"from": before.record.version, "to": after.record.version})
    return _standing(after, Kind.MIGRATED, MIGRATED, at, duration=duration, data=data)
