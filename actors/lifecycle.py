"""The ready-made workflow: the life that most agents and jobs lead."""

from __future__ import annotations

from enum import StrEnum
from random import random
from typing import Any, ClassVar

from .activities import RetryPolicy
from .charts import Span, State
from .workflow import Workflow

RETRY = "retry"
"""The name of the timer that retries a failed one."""


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

    Attributes:
        timeout_after: seconds, or a `timedelta`, that an attempt may take, pauses included; after
            that it gets the event `timeout`. `timeout_after` in the context goes first.
        retry_policy: how often, and when, a failed one is retried by itself. `retries` in the
            context counts that; once it is out of them it is dead (`ActorSystem.dead`), until
            somebody retries it by hand, which begins the count anew.

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

    start = idle.to(running, on="_begin_attempt")
    pause = running.to(paused)
    resume = paused.to(running)
    complete = running.to(completed)
    fail = running.to(failed, on="_end_attempt") | paused.to(failed, on="_end_attempt")
    timeout = running.to(failed, on="_end_attempt") | paused.to(failed, on="_end_attempt")
    retry = failed.to(running, on="_begin_attempt")
    cancel = running.to(cancelled) | paused.to(cancelled)
    custom = (
        idle.to(idle, internal=True)
        | running.to(running, internal=True)
        | paused.to(paused, internal=True)
        | failed.to(failed, internal=True)
    )

    timeout_after: ClassVar[Span | None] = None
    retry_policy: ClassVar[RetryPolicy | None] = None

    def _begin_attempt(self, automatic: bool = False) -> None:
        self.timers.cancel(RETRY)
        if not automatic:
            self.context.pop("retries", None)
        after = self.context.get("timeout_after", self.timeout_after)
        if after is not None:
            self.timers.start("timeout", event="timeout", after=after)

    def _end_attempt(self) -> None:
        self.timers.cancel("timeout")
        policy, retries = self.retry_policy, self.context.get("retries", 0)
        if policy is None or (policy.attempts is not None and retries + 1 >= policy.attempts):
            return
        self.context["retries"] = retries + 1
        pause = policy.pause(retries + 1, random())
        self.timers.start(RETRY, event="retry", after=pause, data={"automatic": True})

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
