"""Steps that hold all together, or are all compensated, the last one first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from ...persistence.errors import BadDefinition
from ..activities import RetryPolicy
from ..activities.declared import activity_of
from ..charts import State
from ..workflow import Workflow
from .arguments import bind, lacking

_OWN = frozenset(("result", "step_key", "workflow_id"))


class SagaStep(msgspec.Struct, frozen=True):
    """One step of a `Saga`.

    Attributes:
        do: the activity that does it.
        undo: the activity that compensates it; None: it needs none.
        name: what the saga calls it; by default the name of `do`.
        undo_failed: whether it is compensated also when it has failed itself: an activity may
            have done its work, and failed after that.

    Raises:
        UnknownActivity: one of them is no activity.
    """

    do: Callable[..., Any]
    undo: Callable[..., Any] | None = None
    name: str = ""
    undo_failed: bool = True

    def __post_init__(self) -> None:
        name = activity_of(self.do).name
        if self.undo is not None:
            activity_of(self.undo)
        if not self.name:
            msgspec.structs.force_setattr(self, "name", name)


class Saga(Workflow):
    """Does its steps one after the other; when one fails for good, undoes what was done.

    It begins at once. An activity gets its arguments by name: out of `input`, the results of the
    steps before it by their names, and `workflow_id`; one that undoes gets also `result`, what its
    step has brought (None if that failed), and `step_key`, the idempotency key of that.

    The event `cancel` ends it too, by undoing: after the step that is under way has come to its
    end, since nobody can tell how far that is. It ends in `completed` or `compensated`.

    Attributes:
        steps: its steps, in their order.
        undo_retry: how an `undo` that fails is tried again: by default without end. One that is
            out of attempts is set aside, and the saga waits for somebody to retry it by hand.

    Example:
        >>> class Trip(Saga):                                          # doctest: +SKIP
        ...     steps = [SagaStep(book_flight, cancel_flight), SagaStep(book_room, cancel_room)]
        >>> system.start(Trip, context={"input": {"to": "Oslo"}})      # doctest: +SKIP
    """

    running = State(initial=True)
    compensating = State()
    completed = State(final=True)
    compensated = State(final=True)

    running.to(compensating, cond="gives_up")
    running.to(completed, cond="all_hold")
    compensating.to(compensated, cond="all_undone")
    step_done = running.to(running, internal=True)
    step_failed = running.to(running, internal=True)
    step_undone = compensating.to(compensating, internal=True)
    cancel = running.to(running, internal=True) | compensating.to(compensating, internal=True)

    steps: ClassVar[Sequence[SagaStep]] = ()
    undo_retry: ClassVar[RetryPolicy] = RetryPolicy(longest=3600, attempts=None)
    failures: ClassVar[Collection[str]] = ("compensated",)

    class Context:
        input: dict[str, Any] = {}
        result: dict[str, Any] = {}  # what each step has brought
        keys: dict[str, str] = {}  # of each step that was begun
        under_way: str | None = None
        held: list[str] = []
        to_undo: list[str] = []
        undone: list[str] = []
        error: str | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        where = f"{cls.__module__}.{cls.__qualname__}"
        for step in cls.steps:
            if not isinstance(step, SagaStep):
                raise BadDefinition(
                    f"{where}: {step!r} is no step; write it as SagaStep(do, undo)."
                )
        if not cls.steps:
            raise BadDefinition(f"{where} has no steps; say which, as `steps = [SagaStep(…)]`.")
        names = [step.name for step in cls.steps]
        if twice := {name for name in names if names.count(name) > 1} | _OWN.intersection(names):
            raise BadDefinition(
                f"{where}: a step can't be called {min(twice)!r}, "
                f"which is taken; give it a name of its own."
            )
        spelt = (f"{s.name} ({activity_of(s.undo).name})" if s.undo else s.name for s in cls.steps)
        cls.definition_facts = {**cls.definition_facts, "the steps of the saga": ", ".join(spelt)}

    # --- forth ---

    def on_enter_running(self) -> None:
        known = {*self.context.input, "workflow_id"}
        for step in self.steps:
            missing = [*lacking(step.do, known)]
            if step.undo is not None:
                missing += lacking(step.undo, known | _OWN)
            if missing:
                raise TypeError(
                    f"Step {step.name!r} needs {missing[0]!r}, which is neither in the input nor "
                    f"the name of a step before it."
                )
            known.add(step.name)
        self._do_next()

    def on_step_done(self, activity: str, result: Any) -> None:
        self.context.result[activity] = result
        self.context.held.append(activity)
        self.context.under_way = None
        if self.context.error is None:
            self._do_next()

    def on_step_failed(self, activity: str, error: Mapping[str, str]) -> None:
        self.context.error = f"{activity}: {error['type']}: {error['message']}"
        self.context.under_way = None
        if self._step(activity).undo_failed:
            self.context.held.append(activity)

    def on_cancel(self) -> None:
        if self.context.error is None:
            self.context.error = "cancelled"

    def _do_next(self) -> None:
        step = next((one for one in self.steps if one.name not in self.context.held), None)
        if step is None:
            return
        bound = bind(step.do, self._values())
        self.context.under_way = step.name
        self.context.keys[step.name] = self.start_activity(
            step.do,
            *bound.args,
            name=step.name,
            done="step_done",
            failed="step_failed",
            **bound.kwargs,
        )

    # --- and back ---

    def on_enter_compensating(self) -> None:
        held = reversed(self.context.held)
        self.context.to_undo = [name for name in held if self._step(name).undo is not None]
        self._undo_next()

    def on_step_undone(self) -> None:
        self.context.undone.append(self.context.to_undo.pop(0))
        self._undo_next()

    def _undo_next(self) -> None:
        if not self.context.to_undo:
            return
        name = self.context.to_undo[0]
        undo = self._step(name).undo
        assert undo is not None
        own = {"result": self.context.result.get(name), "step_key": self.context.keys[name]}
        bound = bind(undo, {**self._values(), **own})
        self.start_activity(
            undo,
            *bound.args,
            name=f"undo {name}",
            done="step_undone",
            retry=self.undo_retry,
            **bound.kwargs,
        )

    # --- where it stands ---

    def gives_up(self) -> bool:
        return self.context.error is not None and self.context.under_way is None

    def all_hold(self) -> bool:
        return self.context.error is None and self.context.under_way is None

    def all_undone(self) -> bool:
        return not self.context.to_undo

    def _values(self) -> dict[str, Any]:
        own = {"workflow_id": self.workflow_id}
        return {**self.context.input, **self.context.result, **own}

    def _step(self, name: str) -> SagaStep:
        return next(step for step in self.steps if step.name == name)
