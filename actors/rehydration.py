"""From what the store has back to a workflow that goes on."""

from __future__ import annotations

from msgspec.structs import replace

from ..persistence.chain import checksum
from ..persistence.codec import decode_json
from ..persistence.errors import RollbackFailed, StoreDamaged
from ..persistence.records import ChartState, Kind, Stored, WorkflowRecord
from ..persistence.recovery import fold
from ..persistence.recovery import position as stored_position
from ..persistence.store import Store
from .charts import is_final, misfit, restore
from .pending import Pending
from .position import Position
from .versions import changed, check_fits, to_present, version_at
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
        pending=Pending.of(stored.pending),
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
    """Return where a workflow stood after one of its steps, as the class is now.

    A step from before a migration is migrated anew, from the version it was taken under.

    Raises:
        RollbackFailed: there never was such a step.
        HistoryTrimmed: retention has removed it.
        VersionMismatch: the class has no place for it any more.
    """
    if not 1 <= sequence <= record.sequence:
        raise RollbackFailed(
            f"Workflow {record.id!r} has no step {sequence}; its last one is {record.sequence}.",
            workflow_id=record.id,
        )
    with store.reading():
        past = stored_position(store, record, sequence)
        version = version_at(store, record, sequence)
    position = Position(
        record=replace(
            record,
            version=version,
            sequence=sequence,
            configuration=past.chart.configuration,
            finished=is_final(workflow, past.chart.configuration),
        ),
        chart=past.chart,
        context=decode_json(past.context),
        checksum=past.checksum,
    )
    position = to_present(position, workflow)
    check_fits(position, workflow)
    return position


def rehydrate(chart: Workflow, stands: ChartState, workflow_id: str) -> None:
    """Put a dormant chart where a stored one stands. Runs no action.

    Raises:
        VersionMismatch: the class, changed without a new version, has no such place any more.
    """
    if wrong := misfit(type(chart), stands):
        raise changed(workflow_id, type(chart), wrong)
    restore(chart, stands)


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
