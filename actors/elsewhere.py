"""Steps that put a workflow elsewhere without its going there: rollbacks and migrations."""

from __future__ import annotations

from time import perf_counter_ns

from msgspec.structs import replace

from .messages import RollBack
from .position import Position
from .rehydration import past_position, previous_sequence
from .services import Services
from .stepping import Done
from .to_come import leave_elsewhere
from .uneventful import migrated, rolled_back
from .versions import to_present
from .workflow import Workflow


def migration_of(
    services: Services, position: Position, workflow: type[Workflow]
) -> tuple[Position, Done]:
    """Return the step that brings a workflow to the present version of its class.

    Returns:
        where it stands before it, as the new version sees it, and what is done.

    Raises:
        VersionMismatch: no migration leads there.
    """
    at, started = services.runtime.clock.now_us(), perf_counter_ns()
    after = to_present(position, workflow)
    before = replace(position, record=replace(position.record, version=workflow.version))
    done = migrated(position, after, at, (perf_counter_ns() - started) // 1000)
    return before, leave_elsewhere(done, before, workflow, services.store.allocate_message)


def rollback_of(
    services: Services, position: Position, message: RollBack, workflow: type[Workflow]
) -> Done:
    """Return the step back that was asked for.

    Raises:
        RollbackFailed: there is no such step.
        HistoryTrimmed: retention has removed it.
        VersionMismatch: the class has no place for it any more.
    """
    at, started = services.runtime.clock.now_us(), perf_counter_ns()
    store, record = services.store, position.record
    to = previous_sequence(store, record) if message.to is None else message.to
    past = past_position(store, record, to, workflow)
    done = rolled_back(past, at, (perf_counter_ns() - started) // 1000, message.key)
    return leave_elsewhere(done, position, workflow, store.allocate_message, to)
