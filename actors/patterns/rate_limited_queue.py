"""A queue that begins only so many items in a time, also across restarts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from ..charts import Span, State, microseconds
from ..workflow import Workflow
from .work import Work, begin, described, work_of


class RateLimitedQueue(Workflow):
    """Has some work done for each item that it is given, in their order, and not too fast.

    `put(item)` returns the item's number. `close` takes no more items, and ends it in `closed` when
    all are done; `cancel` ends it at once. The items that wait are in its context: keep it to some
    thousands.

    Attributes:
        work: an activity, called with the item, or a class of workflows, whose context gets it as
            `input`, or has its fields, or gets it as `item`.
        limit: how many begin in any stretch of `per`.
        per: that time: seconds, or a `timedelta`.
        parallel: how many are done at once at the most.
        most_waiting: how many wait at the most; whoever puts another one is refused.

    Example:
        >>> class Mails(RateLimitedQueue):                             # doctest: +SKIP
        ...     work, limit, per = send_mail, 100, timedelta(hours=1)
        >>> mails.ask(Mails.put, item="ann@example.org")               # doctest: +SKIP
    """

    open = State(initial=True)
    closing = State()
    closed = State(final=True)
    cancelled = State(final=True)

    closing.to(closed, cond="is_empty")
    put = open.to(open, internal=True, cond="has_room")
    item_done = open.to(open, internal=True) | closing.to(closing, internal=True)
    item_failed = open.to(open, internal=True) | closing.to(closing, internal=True)
    tick = open.to(open, internal=True) | closing.to(closing, internal=True)
    close = open.to(closing)
    cancel = open.to(cancelled) | closing.to(cancelled)

    work: ClassVar[Work]
    limit: ClassVar[int] = 1
    per: ClassVar[Span] = 1
    parallel: ClassVar[int] = 10
    most_waiting: ClassVar[int] = 10_000

    class Context:
        number: int = 0  # of the last item
        waiting: list[Any] = []
        under_way: int = 0
        begun: list[int] = []  # when the last ones did; UTC, in microseconds since 1970
        done: int = 0
        failed: int = 0
        error: str | None = None  # of the last one that failed

    def on_put(self, item: Any) -> int:
        self.context.number += 1
        self.context.waiting.append(item)
        self._go_on()
        return int(self.context.number)

    def on_item_done(self) -> None:
        self.context.done += 1
        self.context.under_way -= 1
        self._go_on()

    def on_item_failed(
        self, error: Mapping[str, str], activity: str | None = None, name: str | None = None
    ) -> None:
        self.context.failed += 1
        self.context.error = f"{activity or name}: {described(error)}"
        self.context.under_way -= 1
        self._go_on()

    def on_tick(self) -> None:
        self._go_on()

    def has_room(self) -> bool:
        return len(self.context.waiting) < self.most_waiting

    def is_empty(self) -> bool:
        return not self.context.waiting and not self.context.under_way

    def _go_on(self) -> None:
        context, now, per = self.context, self._agenda.now, microseconds(self.per, "`per`")
        context.begun = [moment for moment in context.begun if now - moment < per]
        while context.waiting and context.under_way < self.parallel:
            if len(context.begun) >= self.limit:
                left = context.begun[-self.limit] + per - now
                self.timers.start("tick", event="tick", after=timedelta(microseconds=left))
                return
            number = context.number - len(context.waiting) + 1
            item = context.waiting.pop(0)
            context.under_way += 1
            context.begun.append(now)
            work = work_of(type(self), "work")
            begin(self, work, f"item {number}", item, done="item_done", failed="item_failed")
