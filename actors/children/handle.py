"""What the handle of a workflow tells of its children, and of its parent."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from ...persistence.records import MessageKind
from ..absent import not_found
from ..position import utc
from .birth import read_birth
from .carrier import parent_of


class Child(msgspec.Struct, frozen=True):
    """A child that its parent waits for, as it was at one moment.

    Attributes:
        name: what its parent calls it.
        id: its id.
        workflow: the name of its class.
        started: when its parent has started it, UTC.
        states: ids of its active states; None: it has not begun yet.
        finished: whether it has ended, and its parent has still to take that.
    """

    name: str
    id: str
    workflow: str
    started: datetime
    states: tuple[str, ...] | None
    finished: bool


class HasChildren:
    """The part of a workflow's handle that is about its children."""

    __slots__ = ()

    if TYPE_CHECKING:
        _system: Any
        id: str

    def children(self) -> list[Child]:
        """Return the children that the workflow waits for, the oldest first."""
        store = self._system._services.store
        found = []
        for row in store.pending(self.id):
            if row.kind is MessageKind.CHILD:
                birth = read_birth(row.data)
                record = store.find(birth.id)
                found.append(
                    Child(
                        name=row.name or "",
                        id=birth.id,
                        workflow=birth.type,
                        started=utc(row.at),
                        states=None if record is None else record.configuration,
                        finished=record is not None and record.finished,
                    )
                )
        return found

    @property
    def parent(self) -> str | None:
        """The id of the workflow that has started this one; None: none has.

        It is in the first entry of the history; when retention has removed that, it is None too.

        Raises:
            WorkflowNotFound: there is no such workflow.
        """
        store = self._system._services.store
        record = store.find(self.id)
        if record is None:
            raise not_found(self.id)
        first = store.entries(record.number, first=1)
        found = parent_of(first[0].data) if first and first[0].sequence == 1 else None
        return None if found is None else found[0]
