"""Where a workflow stands after a step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from ..persistence.records import ChartState, Checkpoint, WorkflowRecord
from .pending import NOTHING, Pending

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc(microseconds: int) -> datetime:
    """Return the UTC time that is so many microseconds after the start of 1970."""
    return _EPOCH + timedelta(microseconds=microseconds)


def microseconds_of(moment: datetime) -> int:
    """Return a time, which knows its zone, as microseconds since 1970 in UTC."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


class Position(msgspec.Struct, frozen=True, gc=False):
    """Where a workflow stands after a step: enough to rehydrate it.

    Attributes:
        record: its row in the store after that step.
        chart: where its chart stands.
        context: its context as plain JSON data; never changed in place.
        checksum: of that step's entry.
        pending: what it has named and is still to come.
    """

    record: WorkflowRecord
    chart: ChartState
    context: Any
    checksum: bytes
    pending: Pending = NOTHING

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
