"""A human in the loop: a question that somebody answers, and is reminded of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ..charts import Span, State
from ..workflow import Workflow
from .arguments import bind
from .work import vars_of


class HumanTask(Workflow):
    """Waits for somebody's answer, and reminds them of it.

    It ends in `answered`, with the answer as `result` and `by` in its context; in `expired`; or in
    `cancelled`. Started as a child, it is how another workflow asks a human.

    Attributes:
        notify: an activity that tells of the question, at first and as a reminder. It gets those of
            `input`, `workflow_id` and `reminder` (its number, 0 at first) that it has parameters
            for.
        remind_every: seconds, or a `timedelta`, between reminders; None: there are none.
        within: seconds, or a `timedelta`, until it expires; None: it does not.

    Example:
        >>> class Label(HumanTask):                                    # doctest: +SKIP
        ...     notify, remind_every = send_mail, timedelta(days=1)
        ...     def check(self, value): return value in ("cat", "dog")
        >>> label.ask(Label.answer, value="cat", by="ann")             # doctest: +SKIP
    """

    waiting = State(initial=True)
    answered = State(final=True)
    expired = State(final=True)
    cancelled = State(final=True)

    answer = waiting.to(answered, cond="is_answer")
    remind = waiting.to(waiting, internal=True)
    expire = waiting.to(expired)
    cancel = waiting.to(cancelled)

    notify: ClassVar[Callable[..., Any] | None] = None
    remind_every: ClassVar[Span | None] = None
    within: ClassVar[Span | None] = None
    failures = ("expired", "cancelled")

    class Context:
        input: Any = None
        reminders: int = 0
        result: Any = None
        by: str | None = None

    def check(self, value: Any) -> bool:
        """Return whether an answer can be taken; the sender of another one is refused."""
        return True

    def on_enter_waiting(self) -> None:
        if self.remind_every is not None:
            self.timers.start("remind", event="remind", every=self.remind_every)
        if self.within is not None:
            self.timers.start("expire", event="expire", after=self.within)
        self._tell()

    def on_remind(self) -> None:
        self.context.reminders += 1
        self._tell()

    def is_answer(self, value: Any) -> bool:
        return self.check(value)

    def on_answer(self, value: Any, by: str | None = None) -> None:
        self.context.result, self.context.by = value, by

    def _tell(self) -> None:
        notify = vars_of(type(self))["notify"]
        if notify is not None:
            number = self.context.reminders
            given = {"input": self.context.input, "reminder": number}
            bound = bind(notify, {**given, "workflow_id": self.workflow_id})
            self.start_activity(notify, *bound.args, name=f"notify {number}", **bound.kwargs)
