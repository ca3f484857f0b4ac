"""Workflows that can't be brought into memory, or kept there: left as they are, and listed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from .position import utc
from .runtime import Runtime


class Quarantined(msgspec.Struct, frozen=True):
    """A workflow that could not be brought into memory, and is left as it is in the store.

    Or one that had a defect there, again and again, and has left memory for that.

    Attributes:
        workflow_id: its id.
        error: the class name of what went wrong.
        message: what went wrong, and what to do.
        since: when it was first tried in vain, UTC.
        tried: when it was tried last, UTC.
        attempts: how often it was tried.
    """

    workflow_id: str
    error: str
    message: str
    since: datetime
    tried: datetime
    attempts: int


class WorkflowQuarantined(msgspec.Struct, frozen=True):
    """Published on the event stream: a workflow could not be brought into memory, or kept there.

    It is told once, until the workflow has been in memory again.

    Attributes:
        workflow_id: the workflow.
        error: why.
    """

    workflow_id: str
    error: Exception


class Quarantine:
    """Keeps what is known of them while the system is open."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._known: dict[str, Quarantined] = {}

    def note(self, workflow_id: str, error: Exception) -> None:
        """Note that a workflow could not be brought into memory."""
        now, before = utc(self._runtime.clock.now_us()), self._known.get(workflow_id)
        name = type(error).__name__
        if before is None:
            self._known[workflow_id] = Quarantined(workflow_id, name, str(error), now, now, 1)
            if self._runtime.events:
                self._runtime.events.publish(WorkflowQuarantined(workflow_id, error))
        else:
            self._known[workflow_id] = replace(
                before, error=name, message=str(error), tried=now, attempts=before.attempts + 1
            )

    def forget(self, workflow_id: str) -> None:
        """Note that a workflow is in memory, or is no more."""
        if self._known:
            self._known.pop(workflow_id, None)

    def all(self) -> Sequence[Quarantined]:
        """Return those that are known, the first one first."""
        return list(self._known.values())
