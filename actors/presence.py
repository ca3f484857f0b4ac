"""A workflow in memory: where it stands, its instance, how its steps leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..persistence.errors import RepertoryError, WorkflowNotFound
from ..persistence.records import ChartState
from .absent import not_found
from .activations import Activation
from .elsewhere import migration_of
from .passivation import WorkflowActivated
from .performance import Performance
from .pipeline import Reply
from .position import Position
from .rehydration import read_position
from .resident import Resident
from .services import Services
from .stepping import Done
from .to_come import leave
from .versions import load_context
from .workflow import Workflow


class Presence(Resident):
    """What the actor of a workflow is before it takes anything."""

    def __init__(self, services: Services, workflow_id: str, activation: Activation) -> None:
        super().__init__(services, workflow_id, activation)
        self._performance: Performance | None = None
        self._own_handlers: tuple[object, ...] | None = None  # None: ask who keeps them
        self._checkpoint_every = 1

    @property
    def actor_name(self) -> str:
        return f"workflow {self._id}"

    # --- being there ---

    def _embody(
        self, workflow: type[Workflow], context: Any, stands: ChartState | None = None
    ) -> Performance:
        own = self._own_handlers
        if own is None:
            own = self._services.own_handlers.get(self._id, ())
        handlers = self._services.handlers(workflow, own)
        self._checkpoint_every = workflow.checkpoint_every
        self._performance = Performance(workflow, self._id, context, handlers, stands)
        self._performance.agenda.exists = self._services.exists
        return self._performance

    def _ready(self) -> Performance:
        """Return the workflow, rehydrated if need be."""
        if self._performance is not None:
            return self._performance
        try:
            performance = self._rehydrate()
        except WorkflowNotFound:
            self._services.quarantine.forget(self._id)
            raise
        except Exception as error:
            self._services.quarantine.note(self._id, error)
            raise
        self._services.quarantine.forget(self._id)
        return performance

    def _rehydrate(self) -> Performance:
        position = self._position
        if position is None:
            self._settle_former()
            stored = self._services.store.load(self._id)
            if stored is None:
                raise not_found(self._id)
            position = read_position(stored)
        workflow = self._services.workflow_class(position.record.type)
        if position.record.version != workflow.version:
            position = self._migrate(position, workflow)
        context = load_context(position, workflow)
        performance = self._embody(workflow, context, position.chart)
        if self._position is None:
            self._position = self._activation.durable = position
            self._pipeline.weigh(position)
        if self._arrived() and self._services.runtime.events:
            self._services.runtime.events.publish(WorkflowActivated(self._id))
        return performance

    def _migrate(self, position: Position, workflow: type[Workflow]) -> Position:
        """Bring a workflow to the present version of its class, durably before all else."""
        self._position, done = migration_of(self._services, position, workflow)
        self._write(done, None)
        try:
            self._pipeline.settle()
        except RepertoryError:
            self._position = None
            raise
        return self._position

    # --- steps ---

    def _leave_to_come(self, done: Done, performance: Performance) -> Done:
        agenda, workflow = performance.agenda, performance.workflow
        changes = agenda.sent or agenda.cancelled or agenda.came
        if not changes and not done.finished and not workflow._timeouts:
            return done  # as nearly always
        assert self._position is not None
        record, allocate = self._position.record, self._services.store.allocate_message
        return leave(done, agenda, workflow, record, allocate)

    def _write(
        self,
        done: Done,
        reply: Reply,
        value: Any = None,
        failure: Exception | None = None,
        then: Callable[[], None] | None = None,
    ) -> None:
        assert self._position is not None
        self._position = self._pipeline.write(
            self._position, done, self._checkpoint_every, reply, value, failure, then
        )
