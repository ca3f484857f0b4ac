"""Looking again and again until something is so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..charts import Span, State
from ..workflow import Workflow
from .work import Work, begin, described, work_of


class PollUntil(Workflow):
    """Looks at something outside, every so often, until it is as wanted.

    A look that fails for good is noted as `error`, and is not the last. It ends in `completed`,
    with what the last look has brought as `result`; in `expired`, after too many looks or by the
    event `expire`; or in `cancelled`. `poll` looks at once.

    Attributes:
        look: an activity, called with the `input`, or a class of workflows.
        every: seconds, or a `timedelta`, from the end of one look to the next one.
        most: how many looks there are at the most; None: no end.
        deadline: for a limit in time, such as `after(timedelta(hours=1), "expire")`.

    Example:
        >>> class Exported(PollUntil):                                 # doctest: +SKIP
        ...     look, every = ask_for_the_export, timedelta(minutes=5)
        ...     def met(self, result): return result["state"] == "ready"
    """

    looking = State(initial=True)
    waiting = State()
    completed = State(final=True)
    expired = State(final=True)
    cancelled = State(final=True)

    looking.to(completed, cond="has_met")
    looking.to(expired, cond="has_looked and is_enough")
    looking.to(waiting, cond="has_looked")
    looked = looking.to(looking, internal=True)
    look_failed = looking.to(looking, internal=True)
    poll = waiting.to(looking)
    expire = looking.to(expired) | waiting.to(expired)
    cancel = looking.to(cancelled) | waiting.to(cancelled)

    look: ClassVar[Work]
    every: ClassVar[Span] = 60
    most: ClassVar[int | None] = None
    failures = ("cancelled", "expired")

    class Context:
        input: Any = None
        looks: int = 0
        under_way: bool = False
        is_met: bool = False
        result: Any = None
        error: str | None = None

    def met(self, result: Any) -> bool:
        """Return whether what a look has brought is as wanted; here: whether it is anything."""
        return bool(result)

    def pause(self, looks: int) -> Span:
        """Return the time until the next look; here it is always `every`.

        Arguments:
            looks: how many there were.
        """
        return self.every

    def on_enter_looking(self) -> None:
        self.timers.cancel("poll")
        self.context.looks += 1
        self.context.under_way = True
        name = f"look {self.context.looks}"
        look = work_of(type(self), "look")
        begin(self, look, name, self.context.input, done="looked", failed="look_failed")

    def on_looked(self, result: Any = None) -> None:
        self.context.under_way = False
        self.context.result, self.context.error = result, None
        try:
            self.context.is_met = self.met(result)
        except Exception as error:  # the report would be gone, and this would wait for ever
            self.context.error = f"{type(error).__name__}: {error}"

    def on_look_failed(self, error: Mapping[str, str]) -> None:
        self.context.under_way = False
        self.context.error = described(error)

    def on_enter_waiting(self) -> None:
        self.timers.start("poll", event="poll", after=self.pause(self.context.looks))

    def has_met(self) -> bool:
        return bool(self.context.is_met)

    def has_looked(self) -> bool:
        return not self.context.under_way

    def is_enough(self) -> bool:
        return self.most is not None and self.context.looks >= self.most
