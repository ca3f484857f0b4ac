"""Stages of work, each given what the one before it has brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ..charts import State
from ..workflow import Workflow
from .work import Work, begin, described, name_of


class Pipeline(Workflow):
    """Has its stages done one after the other, the first with its `input`.

    A stage is an activity, called with what came before, or a class of workflows, whose context
    gets that as `input`, or has its fields, or gets it as `item`.

    It ends in `completed`, with the last stage's `result` in its context; in `failed`, with
    `error`, when a stage has failed for good; or in `cancelled`.

    Attributes:
        stages: what is done, in this order.

    Example:
        >>> class Import(Pipeline):                                    # doctest: +SKIP
        ...     stages = [download, convert, Review, publish]
    """

    working = State(initial=True)
    completed = State(final=True)
    failed = State(final=True)
    cancelled = State(final=True)

    working.to(completed, cond="is_through")
    stage_done = working.to(working, internal=True)
    stage_failed = working.to(failed)
    cancel = working.to(cancelled)

    stages: ClassVar[Sequence[Work]] = ()

    class Context:
        input: Any = None
        stage: int = 0  # how many are done
        result: Any = None
        error: str | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        stages = ", ".join(name_of(stage) for stage in cls.stages)
        cls.definition_facts = {**cls.definition_facts, "the stages of the pipeline": stages}

    def on_enter_working(self) -> None:
        self.context.result = self.context.input
        self._go_on()

    def on_stage_done(self, result: Any = None) -> None:
        self.context.result = result
        self.context.stage += 1
        self._go_on()

    def on_stage_failed(self, error: Mapping[str, str]) -> None:
        self.context.error = f"stage {self._name()}: {described(error)}"

    def is_through(self) -> bool:
        return bool(self.context.stage >= len(self.stages))

    def _go_on(self) -> None:
        if not self.is_through():
            stage = self.stages[self.context.stage]
            result = self.context.result
            begin(self, stage, self._name(), result, done="stage_done", failed="stage_failed")

    def _name(self) -> str:
        return f"{self.context.stage + 1} {name_of(self.stages[self.context.stage])}"
