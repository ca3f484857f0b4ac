"""Workflows of older versions of their class, and the present one."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ..persistence.codec import CodecError, decode_json, encode_json
from ..persistence.errors import MigrationFailed, VersionMismatch
from ..persistence.records import ChartState, Kind, WorkflowRecord
from ..persistence.store import Store
from .charts import in_order, is_final, misfit
from .migration import Migration, Stored, path
from .position import Position
from .workflow import Workflow


def to_present(position: Position, workflow: type[Workflow]) -> Position:
    """Return a position as the present version of its class has it. Writes nothing.

    Raises:
        VersionMismatch: no migration leads there, or the class is older than what is stored.
        MigrationFailed: one raised, or what came out does not fit the class.
    """
    record = position.record
    if record.version == workflow.version:
        return position
    stored = Stored(
        configuration=position.chart.configuration,
        history=dict(position.chart.history),
        context=decode_json(encode_json(position.context)),
    )
    for migration in _path(record, workflow):
        stored = _run(migration, stored, record, workflow)
    try:
        chart = ChartState(
            configuration=in_order(workflow, tuple(stored.configuration)),
            history={name: tuple(states) for name, states in sorted(stored.history.items())},
        )
        context = workflow.codec.plain(workflow.codec.new(stored.context))
    except CodecError as error:
        raise _failed(record, workflow, f"gave a context that does not fit: {error}") from error
    except (TypeError, AttributeError) as error:
        raise _failed(record, workflow, f"gave no proper states or context: {error}") from error
    if wrong := misfit(workflow, chart):
        raise _failed(record, workflow, f"gave states that do not fit: {wrong}")
    return replace(
        position,
        record=replace(
            record,
            version=workflow.version,
            configuration=chart.configuration,
            finished=is_final(workflow, chart.configuration),
        ),
        chart=chart,
        context=context,
    )


def _path(record: WorkflowRecord, workflow: type[Workflow]) -> list[Migration]:
    if record.version > workflow.version:
        why = "which is older; import the newer class"
    else:
        found = path(workflow.migrations, record.version, workflow.version)
        if not isinstance(found, int):
            return found
        why = f"to which no migration leads from version {found}; declare one"
    raise VersionMismatch(
        f"Workflow {record.id!r} was stored by version {record.version} of {record.type}, and "
        f"version {workflow.version} is imported, {why}. It is left as it is.",
        workflow_id=record.id,
        stored=record.version,
        current=workflow.version,
    )


def _run(
    migration: Migration, stored: Stored, record: WorkflowRecord, workflow: type[Workflow]
) -> Stored:
    try:
        changed: Any = migration(stored)
    except Exception as error:
        what = f"raised {type(error).__name__} in {migration.name}: {error}"
        raise _failed(record, workflow, what) from error
    if not isinstance(changed, Stored):
        what = f"got a {type(changed).__name__} from {migration.name}, which must return a Stored"
        raise _failed(record, workflow, what)
    return changed


def _failed(record: WorkflowRecord, workflow: type[Workflow], what: str) -> MigrationFailed:
    return MigrationFailed(
        f"Migrating workflow {record.id!r} from version {record.version} of {record.type} to "
        f"version {workflow.version} {what}. It is left as it is.",
        workflow_id=record.id,
        stored=record.version,
        current=workflow.version,
    )


def check_fits(position: Position, workflow: type[Workflow]) -> None:
    """Refuse what the class, changed without a new version, has no place for any more.

    Raises:
        VersionMismatch: a state is gone or stands elsewhere, or the context does not fit.
    """
    record = position.record
    wrong = misfit(workflow, position.chart)
    if wrong is None:
        load_context(position, workflow)
        return
    raise changed(record.id, workflow, wrong)


def load_context(position: Position, workflow: type[Workflow]) -> Any:
    """Return the context of a position, as one of the class's type.

    Of one of another version, which can only be looked at, what the class does not declare is
    left out.

    Raises:
        VersionMismatch: it does not fit the type any more.
    """
    other = position.record.version != workflow.version
    try:
        return workflow.codec.load(position.context, surplus=other)
    except CodecError as error:
        wrong = f"its context does not fit: {error}"
        raise changed(position.record.id, workflow, wrong) from error


def changed(workflow_id: str, workflow: type[Workflow], wrong: str) -> VersionMismatch:
    """Return the error for a class that was changed without a new version."""
    return VersionMismatch(
        f"Workflow {workflow_id!r} can't go on as version {workflow.version} of "
        f"{workflow.workflow_name}, which has changed: {wrong}. Change the class back, or give it "
        f"a new version and a migration.",
        workflow_id=workflow_id,
        stored=workflow.version,
        current=workflow.version,
    )


def version_at(store: Store, record: WorkflowRecord, sequence: int) -> int:
    """Return the version of the class under which a workflow stood after one of its steps."""
    if record.version == 1:
        return 1  # the usual case: there was nothing to migrate from
    for entry in store.entries(record.number, after=sequence, upto=record.sequence):
        if entry.kind is Kind.MIGRATED and entry.data is not None:
            return int(decode_json(entry.data)["from"])
    return record.version
