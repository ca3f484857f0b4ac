"""A workflow taking an event: what is known of it until it is done, or undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ..persistence.records import Kind
from .charts import Macrostep
from .messages import Deliver
from .performance import Performance
from .position import Position
from .stepping import Done

if TYPE_CHECKING:
    from .pipeline import Reply


class Attempt(msgspec.Struct, frozen=True):
    """One event being taken.

    Attributes:
        message: the event.
        reply: who waits for the answer.
        performance: the instance that takes it.
        at: when it began; UTC, in microseconds since 1970.
        started: likewise, in nanoseconds of `perf_counter_ns`.
        data: the event's data as JSON.
    """

    message: Deliver
    reply: Reply
    performance: Performance
    at: int
    started: int
    data: bytes | None

    def done(self, taken: Macrostep) -> Done:
        """Return what it did.

        Raises:
            SerializationFailed: the context, or what the actions returned, is no JSON.
        """
        return self.performance.done(
            Kind.STEP,
            self.message.event,
            self.at,
            self.started,
            taken,
            self.data,
            self.message.key,
        )

    def undone(self, kind: Kind, position: Position, failure: Exception) -> Done:
        """Return what the history tells of it when it was refused, or failed.

        Arguments:
            kind: which of the two.
            position: where the workflow stands all the same.
            failure: why.
        """
        return self.performance.undone(
            kind, position, self.message, self.at, self.started, self.data, failure
        )
