"""Every error that Repertory raises on purpose, under one base.

Each says what is wrong, where, and what to do, in one sentence; what it is about is on it as
attributes, so that a program need not read the sentence. Whose fault it is, the class says:

- the caller's: `UnknownEvent`, `UnknownState`, `InvalidTransition`, `WorkflowNotFound`,
  `WorkflowExists`, `UnknownWorkflow`, `UnknownActivity`, `ContextInvalid`, `RollbackFailed`,
  `HistoryTrimmed`;
- the workflow author's: `BadDefinition`, `HandlerFailed`, `SerializationFailed`,
  `VersionMismatch`, `MigrationFailed`, `DefinitionChanged`;
- the store's, or its disk's: `StoreError` and the classes under it;
- nobody's: `Timeout`, `SystemStopped`, `MailboxFull`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class RepertoryError(Exception):
    """Base of every error that Repertory raises on purpose."""


class WorkflowError(RepertoryError):
    """An error about one workflow, whose id it carries.

    Attributes:
        workflow_id: the workflow that it is about.
    """

    def __init__(self, message: str, *, workflow_id: str) -> None:
        super().__init__(message)
        self.workflow_id = workflow_id


class UnknownEvent(WorkflowError):
    """The workflow's class declares no event of this name. The caller's fault."""

    def __init__(self, message: str, *, workflow_id: str, event: str) -> None:
        super().__init__(message, workflow_id=workflow_id)
        self.event = event


class UnknownState(WorkflowError):
    """The workflow's class has no state of this name. The caller's fault."""

    def __init__(self, message: str, *, workflow_id: str, state: str) -> None:
        super().__init__(message, workflow_id=workflow_id)
        self.state = state


class TimerSkipped(WorkflowError):
    """A timer was so late that it did not fire, as it was set to; it's in the history.

    Attributes:
        name: the timer's name.
    """

    def __init__(self, message: str, *, workflow_id: str, name: str) -> None:
        super().__init__(message, workflow_id=workflow_id)
        self.name = name


class InvalidTransition(WorkflowError):
    """The workflow's present state does not allow this event. The caller's fault.

    Nothing has changed. A finished workflow allows no event at all.

    Attributes:
        event: the event that was refused.
        configuration: the ids of the states that were active.
        finished: whether the workflow had already reached its end.
        guards: the names of the guards that were asked there; empty when no way is for the event.
    """

    def __init__(
        self,
        message: str,
        *,
        workflow_id: str,
        event: str,
        configuration: Sequence[str],
        finished: bool = False,
        guards: Sequence[str] = (),
    ) -> None:
        super().__init__(message, workflow_id=workflow_id)
        self.event = event
        self.configuration = tuple(configuration)
        self.finished = finished
        self.guards = tuple(guards)


class HandlerFailed(WorkflowError):
    """An action, guard or handler raised. The workflow author's fault.

    The step is undone: chart and context are what they were before the event. The exception that
    was raised is the `__cause__`, unless the error was read back from history.

    Attributes:
        event: the event whose step failed.
        error_type: the class name of what was raised.
    """

    def __init__(self, message: str, *, workflow_id: str, event: str, error_type: str) -> None:
        super().__init__(message, workflow_id=workflow_id)
        self.event = event
        self.error_type = error_type


class SerializationFailed(WorkflowError):
    """Context, event data or a result can't be written as JSON. The author's fault."""


class ContextInvalid(WorkflowError):
    """Context given for a workflow does not fit its type. The caller's fault."""


class WorkflowNotFound(WorkflowError):
    """No workflow has this id. The caller's fault."""


class WorkflowExists(WorkflowError):
    """A workflow with this id exists already. The caller's fault."""


class UnknownWorkflow(RepertoryError):
    """No imported class has this name. The caller's fault: import its module first.

    Attributes:
        name: the name under which the class was looked for.
    """

    def __init__(self, message: str, *, name: str) -> None:
        super().__init__(message)
        self.name = name


class UnknownActivity(RepertoryError):
    """No imported activity has this name, or the function is not declared as one.

    The caller's fault.

    Attributes:
        name: the name that was looked for.
    """

    def __init__(self, message: str, *, name: str) -> None:
        super().__init__(message)
        self.name = name


class VersionMismatch(WorkflowError):
    """The workflow was stored by another version of its class; it is left as it is.

    Attributes:
        stored: the version that the store has.
        current: the version of the class that is imported.
    """

    def __init__(self, message: str, *, workflow_id: str, stored: int, current: int) -> None:
        super().__init__(message, workflow_id=workflow_id)
        self.stored = stored
        self.current = current


class MigrationFailed(VersionMismatch):
    """A migration raised, or what it made does not fit the class. The author's fault.

    The workflow is left as it is. What the migration raised, if it did, is the `__cause__`.
    """


class MailboxFull(WorkflowError):
    """There was no room for what was sent, in time or by policy; it was not accepted.

    Attributes:
        limit: how much there was room for.
    """

    def __init__(self, message: str, *, workflow_id: str, limit: int) -> None:
        super().__init__(message, workflow_id=workflow_id)
        self.limit = limit


class RollbackFailed(WorkflowError):
    """There is no step to go back to. The caller's fault; nothing has changed."""


class HistoryTrimmed(WorkflowError):
    """Retention has removed the step that was asked for.

    Attributes:
        sequence: the step that was asked for.
        first_kept: the oldest step that can still be read.
    """

    def __init__(self, message: str, *, workflow_id: str, sequence: int, first_kept: int) -> None:
        super().__init__(message, workflow_id=workflow_id)
        self.sequence = sequence
        self.first_kept = first_kept


class BadDefinition(RepertoryError):
    """A workflow class that can't be run. The author's fault; raised when it is defined."""


class DefinitionChanged(RepertoryError):
    """A class has changed without a new version, and the system was told not to allow it.

    The author's fault. What is stored is left as it is.

    Attributes:
        name: the name under which the class is stored.
        differences: what differs, a clause each.
    """

    def __init__(self, message: str, *, name: str, differences: Sequence[str]) -> None:
        super().__init__(message)
        self.name = name
        self.differences = tuple(differences)


class Timeout(RepertoryError, TimeoutError):
    """What was waited for did not come in time. It may still happen."""


class SystemStopped(RepertoryError):
    """The system is not running (any more), so the message was not accepted."""


class StoreError(RepertoryError):
    """The store could not do what it was asked to. What was acknowledged is safe.

    Attributes:
        path: the file of the store, or None for one in memory.
    """

    def __init__(self, message: str, *, path: Path | None = None) -> None:
        super().__init__(message)
        self.path = path


class NotAStore(StoreError):
    """The file is no SQLite database, or one that something else wrote."""


class StoreTooNew(StoreError):
    """A newer version of Repertory wrote this store.

    Attributes:
        found: the schema version of the file.
        supported: the newest schema version that this installation knows.
    """

    def __init__(self, message: str, *, path: Path | None, found: int, supported: int) -> None:
        super().__init__(message, path=path)
        self.found = found
        self.supported = supported


class StoreInUse(StoreError):
    """Another running system holds this store.

    Attributes:
        holder: who holds it, as it wrote itself down, such as "process 4242 on mybox".
    """

    def __init__(self, message: str, *, path: Path | None, holder: str) -> None:
        super().__init__(message, path=path)
        self.holder = holder


class StoreFenced(StoreError):
    """Another system has taken this store over; this one may not write any more."""


class StoreDamaged(StoreError):
    """Something in the store is not what was written; `verify` says what else is.

    Attributes:
        workflow_id: the workflow that it is in, or None when that can't be told.
        number: the number of that workflow, or None.
        sequence: the entry or checkpoint that it is at, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        path: Path | None = None,
        workflow_id: str | None = None,
        number: int | None = None,
        sequence: int | None = None,
    ) -> None:
        super().__init__(message, path=path)
        self.workflow_id = workflow_id
        self.number = number
        self.sequence = sequence


class StaleStep(StoreError):
    """A step does not follow the last one that the store has; it was not written."""


class BadDocument(RepertoryError):
    """A document that was to be imported is damaged, or not one of ours."""
