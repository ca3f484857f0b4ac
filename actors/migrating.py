"""Migrating everything at once, or only trying to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from ..persistence.errors import RepertoryError
from ..persistence.records import WorkflowRecord
from .absent import not_found
from .answer import Answer, ask, brought_by
from .messages import Wake
from .rehydration import read_position, rehydrate
from .runtime import Envelope, PooledFuture, PooledRef
from .services import Services
from .supervisor import Stop
from .versions import load_context, to_present
from .waiting import error_of

AT_ONCE = 256
"""Workflows that are brought into memory to be migrated at the same time."""


class WorkflowMigration(msgspec.Struct, frozen=True):
    """What became, or would become, of one workflow.

    Attributes:
        workflow_id: its id.
        type: the name of its class.
        stored: the version that stored it.
        current: the version of the class that is imported; None when there is none to use.
        error: why it was left as it is, or None.
    """

    workflow_id: str
    type: str
    stored: int
    current: int | None
    error: Exception | None = None


class MigrationReport(msgspec.Struct, frozen=True):
    """What `ActorSystem.migrate` did.

    Attributes:
        workflows: all that were of another version than their class, in order of creation.
        dry_run: whether it was only tried.
    """

    workflows: tuple[WorkflowMigration, ...]
    dry_run: bool

    @property
    def migrated(self) -> tuple[WorkflowMigration, ...]:
        """Those that are, or would be, of the present version now."""
        return tuple(one for one in self.workflows if one.error is None)

    @property
    def failed(self) -> tuple[WorkflowMigration, ...]:
        """Those that were left as they are."""
        return tuple(one for one in self.workflows if one.error is not None)


def would_migrate(services: Services, type: str | None) -> MigrationReport:
    """Try every migration that is due, and write nothing."""
    tried = []
    for record, current, error in _outdated(services, type):
        if error is None:
            error = error_of_trying(services, record)
        tried.append(WorkflowMigration(record.id, record.type, record.version, current, error))
    return MigrationReport(tuple(tried), dry_run=True)


def migrate(services: Services, type: str | None) -> MigrationReport:
    """Migrate all that are due, by bringing each into memory, and out of it again."""
    done: list[WorkflowMigration] = []
    outdated = _outdated(services, type)
    while batch := list(islice(outdated, AT_ONCE)):
        ids = [record.id for record, _, error in batch if error is None]
        # One that is in memory is there as its class was; the next activation sees the present.
        active = {id for id in ids if services.activations.find(id) is not None}
        _errors(_leaving(services, active))
        errors = _errors({id: _woken(services, id) for id in ids})
        _errors(_leaving(services, {id for id in ids if errors[id] is None} - active))
        done += (
            WorkflowMigration(
                record.id, record.type, record.version, current, error or errors[record.id]
            )
            for record, current, error in batch
        )
    return MigrationReport(tuple(done), dry_run=False)


def _outdated(
    services: Services, type: str | None
) -> Iterator[tuple[WorkflowRecord, int | None, Exception | None]]:
    """Yield the workflows of another version than their class, and that version."""
    after = 0
    while page := services.store.list(type=type, after=after, limit=1000):
        for record in page:
            try:
                current = services.workflow_class(record.type).version
            except RepertoryError as error:
                yield record, None, error
            else:
                if record.version != current:
                    yield record, current, None
        after = page[-1].number


def error_of_trying(services: Services, record: WorkflowRecord) -> Exception | None:
    """Return why a workflow could not be brought into memory, or None; write nothing."""
    try:
        stored = services.store.load(record.id)
        if stored is None:
            raise not_found(record.id)
        workflow = services.workflow_class(record.type)
        position = to_present(read_position(stored), workflow)
        chart = workflow.dormant(load_context(position, workflow), record.id, [])
        rehydrate(chart, position.chart, record.id)
    except Exception as error:
        return error
    return None


def _woken(services: Services, workflow_id: str) -> PooledFuture[Any]:
    future: Answer[Any] = Answer()

    def put(ref: PooledRef[Any]) -> None:
        brought_by(ref, future)
        ref.actor_inbox.put(Envelope(Wake(), reply_to=future))

    services.activations.deliver(workflow_id, put)
    return future


def _leaving(services: Services, ids: set[str]) -> dict[str, PooledFuture[Any]]:
    return {id: ask(services.supervisor, Stop(id)) for id in ids}


def _errors(futures: dict[str, PooledFuture[Any]]) -> dict[str, Exception | None]:
    """Wait for all, and return what went wrong with each."""
    return {id: error_of(future) for id, future in futures.items()}
