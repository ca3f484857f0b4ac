"""The view of a workflow that others get."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from ..persistence.errors import MigrationFailed, VersionMismatch
from .charts import leaves
from .position import Position, utc
from .versions import load_context, to_present
from .workflow import Workflow


class Snapshot(msgspec.Struct, frozen=True):
    """A workflow as it durably was at one moment; it does not change any more.

    One that an older version of its class has stored is shown as its migrations make it, and is
    left as it is. One that no migration leads from is shown as it is stored; `version` tells.

    Attributes:
        id: the workflow's id.
        type: the name of its class.
        version: the version of its class.
        sequence: number of its last step.
        configuration: ids of all active states, outer before inner.
        leaves: ids of those that have no state within them.
        context: its context, of the class's `Context` type; a copy that is the caller's.
        finished: whether it has reached its end.
        created_at: when it was created, UTC.
        updated_at: when it took its last step, UTC.
    """

    id: str
    type: str
    version: int
    sequence: int
    configuration: tuple[str, ...]
    leaves: tuple[str, ...]
    context: Any
    finished: bool
    created_at: datetime
    updated_at: datetime

    @property
    def state(self) -> str:
        """The id of the active state; of several regions, theirs joined by "+"."""
        return "+".join(self.leaves)

    def is_in(self, state: Any) -> bool:
        """Tell whether a state is active, at any depth; given by name, enum or attribute."""
        name = getattr(state, "id", state)
        return str(getattr(name, "value", name)) in self.configuration


def snapshot(position: Position, workflow: type[Workflow]) -> Snapshot:
    """Return the view of a position that others get.

    Raises:
        VersionMismatch: its context does not fit the class, or its migration failed.
    """
    try:
        position = to_present(position, workflow)
    except MigrationFailed:
        raise
    except VersionMismatch:
        pass  # nothing leads here; it can be looked at all the same
    record = position.record
    return Snapshot(
        id=record.id,
        type=record.type,
        version=record.version,
        sequence=record.sequence,
        configuration=record.configuration,
        leaves=leaves(workflow, record.configuration) or record.configuration,
        context=load_context(position, workflow),
        finished=record.finished,
        created_at=utc(record.created_at),
        updated_at=utc(record.updated_at),
    )
