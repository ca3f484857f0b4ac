"""What the store keeps, as plain frozen records.

One external event is one macrostep, and one `Entry` in the workflow's history. A `Step` is what
is committed for it: the entry, the workflow's row after it, and a checkpoint when one is due.

None of them can be part of a cycle, so the garbage collector is told to pass them by (`gc=False`):
thousands are alive while steps wait for the disk, and it would go through them again and again.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import msgspec


class Kind(StrEnum):
    """What an entry of the history tells."""

    CREATED = "created"
    STEP = "step"
    REFUSED = "refused"
    FAILED = "failed"
    ROLLBACK = "rollback"
    MIGRATED = "migrated"
    CANCELLED = "cancelled"


class ChartState(msgspec.Struct, frozen=True, gc=False):
    """Where a chart stands: all that a rehydrated one needs besides its context.

    Attributes:
        configuration: ids of the active states in the chart's document order, outer before inner.
        history: for each history state that has recorded something, the ids that it recorded.
    """

    configuration: tuple[str, ...] = ()
    history: dict[str, tuple[str, ...]] = {}


class WorkflowRecord(msgspec.Struct, frozen=True, gc=False):
    """The row of one workflow: what can be listed without reading its history.

    Attributes:
        number: the store's own number for it, in the order of creation.
        id: the id that people use.
        type: the declared name of its class.
        version: the version of the class that wrote it last.
        sequence: number of the last step; the creation is 1.
        first_sequence: number of the oldest step that retention has left.
        configuration: ids of the active states.
        finished: whether it has reached a final state.
        created_at: UTC, in microseconds since 1970.
        updated_at: likewise, of the last step.
    """

    number: int
    id: str
    type: str
    version: int
    sequence: int
    first_sequence: int
    configuration: tuple[str, ...]
    finished: bool
    created_at: int
    updated_at: int


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One macrostep in the history of a workflow.

    Attributes:
        sequence: its number within the workflow, starting at 1 without gaps.
        kind: what it tells.
        at: when it was taken; UTC, in microseconds since 1970.
        event: name of the event.
        data: the event's data as JSON, or None when it had none.
        key: the idempotency key that came with it.
        source: ids of the states that were active before.
        target: ids of those active after.
        duration: how long the macrostep took, in microseconds.
        history: the chart's history values after it as JSON, or None when it changed none.
        context: the change of the context (see `changes`), or None when there was none; the
            creation's is the change from `{}`.
        result: what the actions returned, as JSON, or None.
        error: `{"type": …, "message": …}` as JSON when refused or failed, else None.
        details: the microsteps and the handlers that ran, as JSON, or None.
        checksum: chained over this entry and the one before; see `chain`.
        id: its number in the whole store, in the order of commits; 0 before the commit.
    """

    sequence: int
    kind: Kind
    at: int
    event: str
    data: bytes | None
    key: str | None
    source: tuple[str, ...]
    target: tuple[str, ...]
    duration: int
    history: bytes | None
    context: bytes | None
    result: bytes | None
    error: bytes | None
    details: bytes | None
    checksum: bytes
    id: int = 0


class Checkpoint(msgspec.Struct, frozen=True, gc=False):
    """The whole of a workflow at one step, from which it can be rehydrated.

    Attributes:
        sequence: the step after which it was taken.
        at: when that step was taken; UTC, in microseconds since 1970.
        chart: where the chart stood.
        context: the whole context as JSON.
        checksum: the checksum of that step's entry.
    """

    sequence: int
    at: int
    chart: ChartState
    context: bytes
    checksum: bytes


class MessageKind(StrEnum):
    """What is still to come of a message.

    MESSAGE is an event for another workflow; TIMER one for the sender itself, and TIMEOUT one that
    its definition sets. An ACTIVITY is work to be done outside, and a CHILD a workflow to be
    started; either ends with a step that takes it.
    """

    MESSAGE = "message"
    TIMER = "timer"
    TIMEOUT = "timeout"
    ACTIVITY = "activity"
    CHILD = "child"


class Message(msgspec.Struct, frozen=True, gc=False):
    """What a step leaves to be done after it, now or when it is due: mostly an event.

    It is written with the step that sends it, and taken out with the step that takes it: so it
    takes effect exactly once. A step of its sender may also take it back (`Step.cancels`).

    Attributes:
        id: its number in the store; those of one sender grow in the order in which it sent.
        sender: id of the workflow that sent it.
        sequence: the step that sent it.
        receiver: id of the workflow that it is for.
        event: name of the event.
        data: its data as JSON, or None.
        at: when it was sent; UTC, in microseconds since 1970.
        dead: why it can't be delivered, or None while it is on its way.
        kind: what it is.
        due: not before this; UTC, in microseconds since 1970, or 0 for at once.
        name: what its sender calls it: a timer, an activity, a child; None for a plain message.
        attempt: how often it was tried before.
        options: what else its kind needs, as JSON, or None.
    """

    id: int
    sender: str
    sequence: int
    receiver: str
    event: str
    data: bytes | None
    at: int
    dead: str | None = None
    kind: MessageKind = MessageKind.MESSAGE
    due: int = 0
    name: str | None = None
    attempt: int = 0
    options: bytes | None = None


Postponed: TypeAlias = tuple[int, int, int, bytes | None]
"""A message that is to wait: its id; when it is due; how often it was tried; its options."""


class Step(msgspec.Struct, frozen=True, gc=False):
    """What one macrostep writes, all of it or nothing.

    Attributes:
        record: the workflow's row after the step.
        entry: the history entry; `entry.sequence` follows on what the store has.
        checkpoint: one when it is due. A creation (sequence 1) always carries one.
        sends: the messages that leave with it.
        receives: id of the message that it takes; that is on its way no longer.
        cancels: ids of messages of its own that it takes back; those that are gone do no harm.
    """

    record: WorkflowRecord
    entry: Entry
    checkpoint: Checkpoint | None = None
    sends: tuple[Message, ...] = ()
    receives: int | None = None
    cancels: tuple[int, ...] = ()


class Stored(msgspec.Struct, frozen=True, gc=False):
    """What is needed to rehydrate a workflow: its last checkpoint and what came after.

    Attributes:
        record: its row.
        checkpoint: the last one.
        entries: the history after it.
        pending: what it has named and is still to come (`Message.name`), by id.
    """

    record: WorkflowRecord
    checkpoint: Checkpoint
    entries: list[Entry]
    pending: list[Message] = []


class Retention(msgspec.Struct, frozen=True, gc=False):
    """How much history is kept; what is older is removed in the background.

    Attributes:
        count: entries kept for each workflow, or None for all.
        days: how old an entry may get, in days, or None for ever.

    Raises:
        ValueError: a number that can't be, or what is none.
    """

    count: int | None = 1000
    days: float | None = 90.0

    def __post_init__(self) -> None:
        if self.count is not None and not (type(self.count) is int and self.count >= 0):
            raise ValueError(
                f"Retention keeps count={self.count!r} entries; give 0 or more (the last one "
                "stays), or None for all."
            )
        if self.days is not None and not (isinstance(self.days, int | float) and self.days >= 0):
            raise ValueError(
                f"Retention keeps entries for days={self.days!r}; give 0 or more, or None for ever."
            )


class Problem(msgspec.Struct, frozen=True, gc=False):
    """One thing that `verify` found wrong.

    Attributes:
        workflow_id: the workflow it is in, or None when it concerns the store.
        sequence: the entry or checkpoint it is at, or None.
        what: one sentence.
    """

    workflow_id: str | None
    sequence: int | None
    what: str
