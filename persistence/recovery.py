"""Where a workflow stood at a step: a checkpoint, and the history after it folded in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from .chain import START
from .changes import Json, apply
from .errors import HistoryTrimmed, RollbackFailed, StoreDamaged
from .records import ChartState, Checkpoint, Entry, Stored, WorkflowRecord

if TYPE_CHECKING:
    from .store import Store

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_decode_history = msgspec.json.Decoder(dict[str, tuple[str, ...]]).decode

BLANK = Checkpoint(0, 0, ChartState(), b"{}", START)
"""What a workflow is before its creation; folding its whole history starts from here."""


def take_checkpoint(entry: Entry, chart: ChartState, context: Json) -> Checkpoint:
    """Return the checkpoint of a workflow right after a step.

    Arguments:
        entry: the step's entry, with its checksum.
        chart: where the chart stands after it.
        context: the whole context after it, as plain JSON.
    """
    return Checkpoint(entry.sequence, entry.at, chart, _encode(context), entry.checksum)


def fold(checkpoint: Checkpoint, entries: Iterable[Entry]) -> Checkpoint:
    """Return the checkpoint that the entries, which follow it without a gap, lead to.

    Raises:
        StoreDamaged: an entry does not follow the one before, or its change can't be made.
    """
    last: Entry | None = None
    sequence = checkpoint.sequence
    configuration, history = checkpoint.chart.configuration, checkpoint.chart.history
    try:
        context = _decode(checkpoint.context)
    except msgspec.MsgspecError as error:
        raise StoreDamaged(
            f"The context of the checkpoint at {sequence} is damaged: {error}.", sequence=sequence
        ) from error
    for entry in entries:
        if entry.sequence != sequence + 1:
            raise StoreDamaged(
                f"Entry {entry.sequence} does not follow entry {sequence}.",
                sequence=entry.sequence,
            )
        try:
            if entry.context is not None:
                context = apply(context, _decode(entry.context))
            if entry.history is not None:
                history = _decode_history(entry.history)
        except (msgspec.MsgspecError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise StoreDamaged(
                f"The change in entry {entry.sequence} can't be made: {error!r}.",
                sequence=entry.sequence,
            ) from error
        last, sequence, configuration = entry, entry.sequence, entry.target
    if last is None:
        return checkpoint
    return take_checkpoint(last, ChartState(configuration, history), context)


def recover(stored: Stored) -> Checkpoint:
    """Return where a workflow stands: its last checkpoint and what came after.

    Raises:
        StoreDamaged: what is stored does not fit together.
    """
    return _fold(stored.record, stored.checkpoint, stored.entries)


def position(store: Store, record: WorkflowRecord, sequence: int) -> Checkpoint:
    """Return a workflow as it was after a step.

    Arguments:
        store: where it is kept.
        record: its row.
        sequence: the step.

    Raises:
        HistoryTrimmed: retention has removed it.
        RollbackFailed: there never was such a step.
        StoreDamaged: what is stored does not fit together.
    """
    with store.reading():
        record = store.find(record.id) or record
        if not 1 <= sequence <= record.sequence:
            raise RollbackFailed(
                f"Workflow {record.id!r} has no step {sequence}; its last is {record.sequence}.",
                workflow_id=record.id,
            )
        checkpoint = store.checkpoint(record.number, sequence)
        if checkpoint is None:
            raise HistoryTrimmed(
                f"Step {sequence} of workflow {record.id!r} is past retention; the first one "
                f"kept is {record.first_sequence}.",
                workflow_id=record.id,
                sequence=sequence,
                first_kept=record.first_sequence,
            )
        entries = store.entries(record.number, after=checkpoint.sequence, upto=sequence)
    reached = _fold(record, checkpoint, entries)
    if reached.sequence != sequence:
        raise StoreDamaged(
            f"Workflow {record.id!r} lacks entry {reached.sequence + 1}.",
            workflow_id=record.id,
            number=record.number,
            sequence=reached.sequence + 1,
        )
    return reached


def _fold(record: WorkflowRecord, checkpoint: Checkpoint, entries: Iterable[Entry]) -> Checkpoint:
    try:
        return fold(checkpoint, entries)
    except StoreDamaged as error:
        raise StoreDamaged(
            f"Workflow {record.id!r}: {error}",
            workflow_id=record.id,
            number=record.number,
            sequence=error.sequence,
        ) from error
