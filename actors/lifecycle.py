"""The ready-made workflow: the life that most agents and jobs lead."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from .charts import State
from .workflow import Workflow


class WorkflowState(StrEnum):
    """The states of a `Lifecycle`."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class WorkflowEvent(StrEnum):
    """The events of a `Lifecycle`. `ROLLBACK` is every workflow's."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"
    FAIL = "fail"
    TIMEOUT = "timeout"
    RETRY = "retry"
    CANCEL = "cancel"
    CUSTOM = "custom"
    ROLLBACK = "rollback"


class Lifecycle(Workflow):
    """Idle, running, paused, completed, failed or cancelled.

    A failed one can be retried; completed and cancelled are the end. `custom(name, data)` stays
    where it is and is kept in the history. The context is a dict; `error` in it says why it
    failed, and `attempts` how often it was started or retried.

    Example:
        >>> job = Lifecycle()
        >>> job.start()
        >>> job.fail(error="no disk")
        >>> job.retry()
        >>> job.running.is_active, job.context["attempts"]
        (True, 2)
    """

    idle = State(initial=True)
    running = State()
    paused = State()
    failed = State()
    completed = State(final=True)
    cancelled = State(final=True)

    start = idle.to(running)
    pause = running.to(paused)
    resume = paused.to(running)
    complete = running.to(completed)
    fail = running.to(failed) | paused.to(failed)
    timeout = running.to(failed) | paused.to(failed)
    retry = failed.to(running)
    cancel = running.to(cancelled) | paused.to(cancelled)
    custom = (
        idle.to(idle, internal=True)
        | running.to(running, internal=True)
        | paused.to(paused, internal=True)
        | failed.to(failed, internal=True)
    )

    def on_start(self) -> None:
        self.context["attempts"] = 1

    def on_retry(self) -> None:
        self.context["attempts"] = self.context.get("attempts", 0) + 1
        self.context.pop("error", None)

    def on_fail(self, error: str = "") -> None:
        self.context["error"] = error

    def on_timeout(self) -> None:
        self.context["error"] = "timed out"

    def on_custom(self, name: str, data: Any = None) -> None:
        """Take an event of the user's own; subclasses may do something with it."""
