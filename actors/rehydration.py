"""From what the store has back to a workflow that goes on."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ..persistence.chain import checksum
from ..persistence.codec import CodecError, decode_json
from ..persistence.errors import RollbackFailed, StoreDamaged, VersionMismatch
from ..persistence.records import ChartState, Kind, Stored, WorkflowRecord
from ..persistence.recovery import fold
from ..persistence.recovery import position as stored_position
from ..persistence.store import Store
from .charts import is_final, leaves, restore
from .position import Position, Snapshot, utc
from .workflow import Workflow


def read_position(stored: Stored) -> Position:
    """Return where a stored workflow stands: its last checkpoint, and the history after it.

    Raises:
        StoreDamaged: what is stored is not what was written.
    """
    _check_chain(stored)
    folded = fold(stored.checkpoint, stored.entries)
    return Position(
        record=stored.record,
        chart=folded.chart,
        context=decode_json(folded.context),
        checksum=folded.checksum,
    )


def _check_chain(stored: Stored) -> None:
    previous, record = stored.checkpoint.checksum, stored.record
    for entry in stored.entries:
        if entry.checksum != checksum(previous, record.id, entry):
            raise StoreDamaged(
                f"Entry {entry.sequence} of workflow {record.id!r} is not what was written; the "
                f"workflow is left as it is: restore the store from a backup, or remove it.",
                workflow_id=record.id,
                number=record.number,
                sequence=entry.sequence,
            )
        previous = entry.checksum


def past_position(
    store: Store, record: WorkflowRecord, sequence: int, workflow: type[Workflow]
) -> Position:
    """Return where a workflow stood after one of its steps.

    Raises:
        RollbackFailed: there never was such a step.
        HistoryTrimmed: retention has removed it.
    """
    if not 1 <= sequence <= record.sequence:
        raise RollbackFailed(
            f"Workflow {record.id!r} has no step {sequence}; its last one is {record.sequence}.",
            workflow_id=record.id,
        )
    past = stored_position(store, record, sequence)
    return Position(
        record=replace(
            record,
            sequence=sequence,
            configuration=past.chart.configuration,
            finished=is_final(workflow, past.chart.configuration),
        ),
        chart=past.chart,
        context=decode_json(past.context),
        checksum=past.checksum,
    )


def stored_context(position: Position, workflow: type[Workflow]) -> Any:
    """Return a stored context as its class has it.

    Raises:
        VersionMismatch: it does not fit the class any more.
    """
    try:
        return workflow.codec.load(position.context)
    except CodecError as error:
        record = position.record
        raise VersionMismatch(
            f"The stored context of workflow {record.id!r} does not fit {workflow.workflow_name} "
            f"any more: {error}; give the class a new version.",
            workflow_id=record.id,
            stored=record.version,
            current=workflow.version,
        ) from error


def check_version(record: WorkflowRecord, workflow: type[Workflow]) -> None:
    """Refuse a workflow that another version of its class has written.

    Raises:
        VersionMismatch: it was.
    """
    if record.version != workflow.version:
        raise VersionMismatch(
            f"Workflow {record.id!r} was stored by version {record.version} of {record.type}, and "
            f"version {workflow.version} is imported; it is left as it is.",
            workflow_id=record.id,
            stored=record.version,
            current=workflow.version,
        )


def rehydrate(chart: Workflow, stands: ChartState, workflow_id: str) -> None:
    """Put a dormant chart where a stored one stands. Runs no action.

    Raises:
        VersionMismatch: the class has no such state any more.
    """
    try:
        restore(chart, stands)
    except LookupError as error:
        raise VersionMismatch(
            f"Workflow {workflow_id!r} stands in state {error.args[0]!r}, which "
            f"{type(chart).workflow_name} no longer has; give it that state back.",
            workflow_id=workflow_id,
            stored=type(chart).version,
            current=type(chart).version,
        ) from error


def previous_sequence(store: Store, record: WorkflowRecord) -> int:
    """Return the sequence at which the workflow stood before the last step that counts.

    Steps that were refused or failed changed nothing, and a rollback stands where it went: so one
    rollback after another goes on backwards.

    Raises:
        RollbackFailed: the workflow stands where it began.
        HistoryTrimmed: that step is no longer kept.
    """
    cursor = record.sequence
    while True:
        found = store.entries(record.number, after=cursor - 1, upto=cursor)
        if not found:
            return cursor  # trimmed: the store says so when it is asked for it
        entry = found[0]
        if entry.kind is Kind.CREATED:
            raise RollbackFailed(
                f"Workflow {record.id!r} stands where it began; there is nothing to roll back.",
                workflow_id=record.id,
            )
        if entry.kind is Kind.ROLLBACK:
            assert entry.data is not None
            cursor = int(decode_json(entry.data)["to"])
        elif entry.kind is Kind.STEP:
            return cursor - 1
        else:
            cursor -= 1


def snapshot(position: Position, workflow: type[Workflow]) -> Snapshot:
    """Return the view of a position that others get.

    Raises:
        VersionMismatch: the stored context does not fit the class any more.
    """
    record = position.record
    return Snapshot(
        id=record.id,
        type=record.type,
        version=record.version,
        sequence=record.sequence,
        configuration=record.configuration,
        leaves=leaves(workflow, record.configuration),
        context=stored_context(position, workflow),
        finished=record.finished,
        created_at=utc(record.created_at),
        updated_at=utc(record.updated_at),
    )
