"""Work that is begun anew as a whole when it has failed, after longer and longer pauses."""

from __future__ import annotations

from collections.abc import Mapping
from random import random
from typing import Any, ClassVar

from ..activities import RetryPolicy
from ..activities.retry import Failure
from ..charts import State
from ..workflow import Workflow
from .work import Work, begin, described, work_of


class Retry(Workflow):
    """Has some work done with its `input`, and all of it again when it has failed.

    The work is an activity, called with the input, or a class of workflows, of which each attempt
    is a new child; its context gets the input as such, or has its fields, or gets it as `item`.

    It ends in `completed`, with `result` in its context, in `failed`, with the last `error`, or in
    `cancelled`. The event `again` ends a pause.

    Attributes:
        work: what is done.
        policy: how often, and after which pauses.

    Example:
        >>> class Delivery(Retry):                                     # doctest: +SKIP
        ...     work, policy = Parcel, RetryPolicy(first=3600, longest=86400, attempts=5)
    """

    trying = State(initial=True)
    waiting = State()
    completed = State(final=True)
    failed = State(final=True)
    cancelled = State(final=True)

    attempt_done = trying.to(completed)
    attempt_failed = trying.to(failed, cond="is_enough") | trying.to(waiting)
    again = waiting.to(trying)
    cancel = trying.to(cancelled) | waiting.to(cancelled)

    work: ClassVar[Work]
    policy: ClassVar[RetryPolicy] = RetryPolicy()

    class Context:
        input: Any = None
        attempt: int = 0
        began: int = 0  # UTC, in microseconds since 1970
        result: Any = None
        error: str | None = None

    def on_enter_trying(self) -> None:
        self.timers.cancel("again")
        self.context.began = self.context.began or self._agenda.now
        self.context.attempt += 1
        begin(
            self,
            work_of(type(self), "work"),
            f"attempt {self.context.attempt}",
            self.context.input,
            done="attempt_done",
            failed="attempt_failed",
        )

    def on_attempt_done(self, result: Any = None) -> None:
        self.context.result, self.context.error = result, None

    def on_attempt_failed(self, error: Mapping[str, str]) -> None:
        self.context.error = described(error)

    def on_enter_waiting(self) -> None:
        pause = self.policy.pause(self.context.attempt, random())
        self.timers.start("again", event="again", after=pause)

    def is_enough(self, error: Mapping[str, str]) -> bool:
        policy, waited = self.policy, (self._agenda.now - self.context.began) / 1e6
        if policy.attempts is not None and self.context.attempt >= policy.attempts:
            return True
        if not policy.forgives(Failure(error["type"], error["message"])):
            return True
        least = waited + policy.pause(self.context.attempt, 0.0)
        return policy.within is not None and least > policy.within
