"""Where a workflow stands after a step, and the view of it that others get."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from ..persistence.records import ChartState, Checkpoint, WorkflowRecord

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc(microseconds: int) -> datetime:
    """Return the UTC time that is so many microseconds after the start of 1970."""
    return _EPOCH + timedelta(microseconds=microseconds)


class Position(msgspec.Struct, frozen=True, gc=False):
    """Where a workflow stands after a step: enough to rehydrate it.

    Attributes:
        record: its row in the store after that step.
        chart: where its chart stands.
        context: its context as plain JSON data; never changed in place.
        checksum: of that step's entry.
    """

    record: WorkflowRecord
    chart: ChartState
    context: Any
    checksum: bytes

    def checkpoint(self, encode: Any) -> Checkpoint:
        """Return the checkpoint for this position."""
        record = self.record
        return Checkpoint(
            sequence=record.sequence,
            at=record.updated_at,
            chart=self.chart,
            context=encode(self.context),
            checksum=self.checksum,
        )


class Snapshot(msgspec.Struct, frozen=True):
    """A workflow as it durably was at one moment; it does not change any more.

    Attributes:
        id: the workflow's id.
        type: the name of its class.
        version: the version of its class.
        sequence: number of its last step.
        configuration: ids of all active states, outer before inner.
        leaves: ids of those that have no state within them.
        context: its context, of the class's `Context` type; a copy that is the caller's.
        finished: whether it has reached its end.
        created_at: when it was created, UTC.
        updated_at: when it took its last step, UTC.
    """

    id: str
    type: str
    version: int
    sequence: int
    configuration: tuple[str, ...]
    leaves: tuple[str, ...]
    context: Any
    finished: bool
    created_at: datetime
    updated_at: datetime

    @property
    def state(self) -> str:
        """The id of the active state; of several regions, theirs joined by "+"."""
        return "+".join(self.leaves)

    def is_in(self, state: Any) -> bool:
        """Tell whether a state is active, at any depth; given by name, enum or attribute."""
        name = getattr(state, "id", state)
        return str(getattr(name, "value", name)) in self.configuration
