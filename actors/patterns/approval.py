"""Somebody's yes or no, and who is asked next when it does not come in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import msgspec

from ...persistence.errors import BadDefinition
from ..charts import Span, State
from ..workflow import Workflow
from .arguments import bind
from .work import vars_of


class Approver(msgspec.Struct, frozen=True):
    """Somebody who may approve.

    Attributes:
        who: their name, as `by` says it.
        within: seconds, or a `timedelta`, until the next one is asked too; None: no end.
    """

    who: str
    within: Span | None = None


class Approval(Workflow):
    """Asks one approver after the other, until one of those that were asked says yes or no.

    It ends in `approved` or `rejected`, with `by` and `comment` in its context; in `expired` when
    the last one's time is up; or in `cancelled`. `escalate` asks the next one at once. Who was not
    asked is refused.

    Attributes:
        approvers: who is asked, in this order.
        notify: an activity that tells an approver. It gets those of `who`, `workflow_id` and
            `input` that it has parameters for.

    Example:
        >>> class Expense(Approval):                                   # doctest: +SKIP
        ...     approvers = [Approver("ann", timedelta(days=1)), Approver("head of ann")]
        ...     notify = send_mail
        >>> expense.ask(Expense.approve, by="ann")                     # doctest: +SKIP
    """

    waiting = State(initial=True)
    approved = State(final=True)
    rejected = State(final=True)
    expired = State(final=True)
    cancelled = State(final=True)

    approve = waiting.to(approved, cond="was_asked")
    reject = waiting.to(rejected, cond="was_asked")
    escalate = waiting.to(expired, cond="was_last") | waiting.to(waiting, internal=True)
    cancel = waiting.to(cancelled)

    approvers: ClassVar[Sequence[Approver]] = ()
    notify: ClassVar[Callable[..., Any] | None] = None
    failures = ("rejected", "expired", "cancelled")

    class Context:
        input: Any = None
        asked: list[str] = []
        by: str | None = None
        comment: str = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        where = f"{cls.__module__}.{cls.__qualname__}"
        for approver in cls.approvers:
            if not isinstance(approver, Approver):
                raise BadDefinition(
                    f"{where}: {approver!r} is no approver; write it as Approver('ann')."
                )
        if not cls.approvers:
            raise BadDefinition(
                f"{where} has no approvers, and would wait for ever; say which, as "
                f"`approvers = [Approver('ann')]`."
            )

    def on_enter_waiting(self) -> None:
        self._ask_next()

    def on_escalate(self) -> None:
        self._ask_next()

    def on_approve(self, by: str, comment: str = "") -> None:
        self.context.by, self.context.comment = by, comment

    def on_reject(self, by: str, comment: str = "") -> None:
        self.context.by, self.context.comment = by, comment

    def was_asked(self, by: str) -> bool:
        return by in self.context.asked

    def was_last(self) -> bool:
        return len(self.context.asked) >= len(self.approvers)

    def _ask_next(self) -> None:
        self.timers.cancel("escalate")
        if self.was_last():
            return
        approver = self.approvers[len(self.context.asked)]
        self.context.asked.append(approver.who)
        if approver.within is not None:
            self.timers.start("escalate", event="escalate", after=approver.within)
        notify = vars_of(type(self))["notify"]
        if notify is not None:
            given = {"who": approver.who, "input": self.context.input}
            bound = bind(notify, {**given, "workflow_id": self.workflow_id})
            self.start_activity(notify, *bound.args, name=f"notify {approver.who}", **bound.kwargs)
