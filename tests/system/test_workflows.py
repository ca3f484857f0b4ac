"""What charts mean, run through a system: the same as in python-statemachine, and durable."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from repertory.actors import (
    ActorSystem,
    Event,
    Lifecycle,
    State,
    Workflow,
    WorkflowEvent,
    WorkflowState,
)
from repertory.actors.errors import (
    BadDefinition,
    HandlerFailed,
    InvalidTransition,
    Timeout,
    UnknownWorkflow,
    VersionMismatch,
)

from .charts import Counter, Order, Review, Tally, Traced


def test_regions_run_side_by_side_and_join_when_all_are_done(system: ActorSystem) -> None:
    review = system.start(Review)
    assert review.snapshot().leaves == ("reading", "testing")
    assert review.state == "reading+testing"
    review.ask("agree")
    review.ask("broken")
    with pytest.raises(InvalidTransition):
        review.ask("passes")
    review.ask("fixed")
    review.ask("passes")
    last = review.history(last=1)[0]
    assert review.state == "accepted" and review.snapshot().finished
    assert [t.event for t in last.transitions] == ["passes", "done.state.work"]
    assert last.transitions[0].entered == ("passed",)


@pytest.mark.parametrize("stop", [False, True])
def test_a_history_state_remembers_also_after_rehydration(system: ActorSystem, stop: bool) -> None:
    review = system.start(Review, id="r")
    review.ask("agree")
    review.ask("broken")
    review.ask("interrupt")
    assert review.state == "asleep"
    if stop:
        system.stop("r")
    review.ask("take_up")
    assert review.snapshot().leaves == ("agreed", "fixing")


def test_eventless_transitions_run_to_the_end_of_the_macrostep(system: ActorSystem) -> None:
    counter = system.start(Counter)
    counter.ask("go", upto=5)
    assert (counter.state, counter.context["n"]) == ("done", 5)
    step = counter.history(last=1)[0]
    assert step.sequence == 2 and len(step.transitions) == 10
    assert [t.event for t in step.transitions] == ["go"] + [None] * 9


def test_actions_run_in_the_order_of_scxml(system: ActorSystem) -> None:
    traced = system.start(Traced)
    traced.ask("move")
    traced.ask("leave")
    assert traced.context["log"] == [
        "+outer", "+one", "-one", "+two",
        "before leave", "-two", "-outer", "on leave", "+end", "after leave",
    ]  # fmt: skip


class Nested(Workflow):
    class outer(State.Compound, initial=True):
        inner = State(initial=True)
        other = State(final=True)
        stay = inner.to.itself(internal=True)
        again = inner.to.itself()
        move = inner.to(other)

    def on_enter_outer(self) -> None:
        self.context["outer"] = self.context.get("outer", 0) + 1

    def on_enter_inner(self) -> None:
        self.context["inner"] = self.context.get("inner", 0) + 1

    def on_stay(self) -> str:
        return "stayed"


def test_an_internal_transition_enters_nothing(system: ActorSystem) -> None:
    nested = system.start(Nested)
    assert nested.ask("stay") == "stayed"
    assert nested.context == {"outer": 1, "inner": 1}
    assert nested.history(last=1)[0].transitions[0].entered == ()
    nested.ask("again")
    assert nested.context == {"outer": 1, "inner": 2}


def test_rehydration_runs_no_action(system: ActorSystem) -> None:
    traced = system.start(Traced, id="t")
    traced.ask("move")
    system.stop("t")
    with pytest.raises(InvalidTransition):
        traced.ask("move")
    assert traced.context["log"] == ["+outer", "+one", "-one", "+two"]


def test_a_workflow_runs_as_a_plain_chart_without_a_system() -> None:
    order = Order({"total": 10})
    assert order.pay(amount=10) is not None
    assert order.paid.is_active and order.context.received == 10


class Struct(msgspec.Struct):
    amount: int = 0


class WithStruct(Workflow):
    Context = Struct
    a = State(initial=True)
    add = a.to.itself(internal=True)

    def on_add(self, n: int) -> None:
        self.context.amount += n


def test_a_context_may_be_a_struct(system: ActorSystem) -> None:
    ref = system.start(WithStruct, id="s", context={"amount": 2})
    ref.ask("add", n=1)
    system.stop("s")
    ref.ask("add", n=1)
    assert ref.context == Struct(amount=4)


def test_a_context_may_be_a_pydantic_model(system: ActorSystem) -> None:
    pydantic = pytest.importorskip("pydantic")

    class Model(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        amount: int = 0

    class WithModel(Workflow):
        Context = Model
        a = State(initial=True)
        add = a.to.itself(internal=True)

        def on_add(self, n: int) -> None:
            self.context.amount += n

    ref = system.start(WithModel, id="m", context={"amount": 2})
    ref.ask("add", n=1)
    system.stop("m")
    ref.ask("add", n=1)
    assert ref.context == Model(amount=4)
    with pytest.raises(HandlerFailed, match="TypeError"):
        ref.ask("add", n="x")


class Hear:
    """A handler that writes down what it is told."""

    def __init__(self, fail_on: str = "") -> None:
        self.heard: list[tuple[str, ...]] = []
        self.fail_on = fail_on

    def tell(self, *what: str) -> None:
        self.heard.append(what)
        if what[-1] == self.fail_on:
            raise RuntimeError("I object")

    def on_event(self, state: str, event: str) -> None:
        self.tell("event", state, event)

    def on_exit(self, state: str) -> None:
        self.tell("exit", state)

    def on_transition(self, source: str, target: str, event: str) -> None:
        self.tell("transition", source, target, event)

    def on_enter(self, state: str) -> None:
        self.tell("enter", state)


class HearAsync:
    def __init__(self) -> None:
        self.heard: list[tuple[str, ...]] = []

    async def on_enter(self, state: str) -> None:
        self.heard.append(("enter", state))

    async def on_event(self, state: str, event: str) -> None:
        self.heard.append(("event", state, event))


def test_handlers_are_told_in_order_and_their_calls_are_in_the_history(path: Path | None) -> None:
    everywhere, own, waiting = Hear(), Hear(), HearAsync()
    with ActorSystem(path, handlers=[everywhere]) as system:
        job = system.start(Lifecycle, id="j", handlers=[own, waiting])
        job.ask("start")
        system.start(Tally, id="t")
        calls = job.history(last=1)[0].handlers
    assert own.heard == [
        ("enter", "idle"),
        ("event", "idle", "start"),
        ("exit", "idle"),
        ("transition", "idle", "running", "start"),
        ("enter", "running"),
    ]
    assert everywhere.heard == [*own.heard, ("enter", "open")]
    assert waiting.heard == [("enter", "idle"), ("event", "idle", "start"), ("enter", "running")]
    assert [(c.handler, c.hook) for c in calls if c.handler == "HearAsync"] == [
        ("HearAsync", "on_enter")
    ]
    assert [c.hook for c in calls if c.handler == "Hear"] == [
        "on_exit", "on_exit", "on_transition", "on_transition", "on_enter", "on_enter",
    ]  # fmt: skip


def test_a_failing_handler_undoes_the_step(system: ActorSystem) -> None:
    job = system.start(Lifecycle, handlers=[Hear(fail_on="running")])
    with pytest.raises(HandlerFailed, match="I object"):
        job.ask("start")
    assert (job.state, job.context) == ("idle", {})


def test_handlers_stay_with_a_workflow_that_comes_back(system: ActorSystem) -> None:
    hear = Hear()
    job = system.start(Lifecycle, id="j", handlers=[hear])
    system.stop("j")
    hear.heard.clear()
    job.ask("start")
    assert ("enter", "running") in hear.heard


def test_the_lifecycle_from_idle_to_its_ends(system: ActorSystem) -> None:
    job = system.start(Lifecycle, id="job")
    assert job.state == WorkflowState.IDLE
    with pytest.raises(InvalidTransition):
        job.ask(WorkflowEvent.COMPLETE)
    job.ask(WorkflowEvent.START)
    job.ask(Lifecycle.pause)
    assert job.snapshot().is_in(WorkflowState.PAUSED)
    job.ask("resume")
    job.ask("fail", error="no disk")
    assert (job.state, job.context["error"]) == ("failed", "no disk")
    job.ask("retry")
    assert job.context == {"attempts": 2}
    job.ask("timeout")
    assert job.context["error"] == "timed out"
    job.ask("retry")
    job.ask("custom", name="progress", data={"percent": 30})
    noted = job.history(last=1)[0]
    assert (job.state, noted.event) == ("running", "custom")
    assert noted.data == {"name": "progress", "data": {"percent": 30}}
    job.ask(WorkflowEvent.COMPLETE)
    assert job.state == WorkflowState.COMPLETED and job.snapshot().finished
    for event in WorkflowEvent:
        if event is not WorkflowEvent.ROLLBACK:
            with pytest.raises(InvalidTransition):
                job.ask(event, name="x")


@pytest.mark.parametrize("before", ["running", "paused"])
def test_a_lifecycle_can_be_cancelled(system: ActorSystem, before: str) -> None:
    job = system.start(Lifecycle)
    job.ask("start")
    if before == "paused":
        job.ask("pause")
    job.ask("cancel")
    assert job.state == "cancelled" and job.snapshot().finished


def test_waiting_for_a_state_a_condition_and_for_nothing(system: ActorSystem) -> None:
    tally = system.start(Tally)
    assert tally.wait_for(Tally.open, timeout=1).state == "open"
    for n in range(10):
        tally.tell("add", n=n)
    assert tally.wait_for(lambda s: s.context.total >= 45, timeout=30).context.total == 45
    with pytest.raises(ZeroDivisionError):
        tally.wait_for(lambda s: 1 / 0, timeout=30)  # type: ignore[arg-type, return-value]
    with pytest.raises(Timeout):
        tally.wait_for(lambda s: False, timeout=0.01)


# --- definitions ---


def define(name: str, **body: Any) -> type[Workflow]:
    return type(Workflow)(name, (Workflow,), {"__module__": __name__, **body})  # type: ignore[return-value]


def two_states() -> dict[str, Any]:
    a, b = State(initial=True), State(final=True)
    return {"a": a, "b": b, "go": a.to(b)}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda b: b.update(stop=b["a"].to(b["b"], cond="nobody")), "nobody"),
        (lambda b: b.update(context=b["a"].to(b["b"])), "'context' would hide"),
        (lambda b: b.update(send=b["a"].to(b["b"])), "'send'"),
        (lambda b: b.update(rollback=b["a"].to(b["b"])), "'rollback'"),
        (lambda b: b.update(c=State()), "'c'"),
        (lambda b: b.update(c=State(), on=b["a"].to(b["b"])), "'c'"),
        (lambda b: b.update(go=b["a"].to(b["b"]) | b["a"].to(b["a"])), "never taken"),
        (lambda b: b.update(d=State(initial=True)), "initial"),
        (lambda b: b.update(version=0), "version"),
        (lambda b: b.update(__init__=lambda self: None), "__init__"),
        (lambda b: b.update(later=Event(b["a"].to(b["b"]), delay=-50)), "delay"),
        (lambda b: b.update(on_invoke_a=lambda self: None), "invokes"),
    ],
)
def test_a_bad_definition_is_an_error_when_it_is_made(change: Any, says: str) -> None:
    body = two_states()
    change(body)
    with pytest.raises(BadDefinition, match=says) as info:
        define("Bad", **body)
    assert "Bad" in str(info.value)


def test_a_stored_workflow_whose_class_is_not_imported_is_named(file: Path) -> None:
    elsewhere = (
        "import sys\n"
        "from repertory.actors import ActorSystem, State, Workflow\n"
        "class Passing(Workflow):\n"
        "    a, b = State(initial=True), State(final=True)\n"
        "    go = a.to(b)\n"
        "with ActorSystem(sys.argv[1]) as system:\n"
        "    system.start(Passing, id='p')\n"
    )
    subprocess.run([sys.executable, "-c", elsewhere, str(file)], check=True)
    with ActorSystem(file) as system:
        with pytest.raises(UnknownWorkflow, match="'Passing'"):
            system.get("p").ask("go")
        assert isinstance(system.recover()["p"], UnknownWorkflow)
        assert system.metadata("p").configuration == ("a",)
        assert [entry.target for entry in system.get("p").history()] == [("a",)]
        define("Passing", **two_states())
        system.get("p").ask("go")
        assert system.metadata("p").finished


def test_two_classes_of_one_name_are_an_error_where_it_matters(system: ActorSystem) -> None:
    one = define("Twin", **two_states())
    other = define("Twin", **two_states(), __qualname__="elsewhere.<locals>.Twin")
    system.start(one, id="t")
    with pytest.raises(UnknownWorkflow, match="both stored as 'Twin'"):
        system.start(other, id="u")


def test_a_workflow_of_another_version_is_left_as_it_is(file: Path) -> None:
    old = define("Dated", **two_states())
    with ActorSystem(file) as system:
        system.start(old, id="d")
    new = define("Dated", **two_states(), version=2)
    with ActorSystem(file) as system:
        with pytest.raises(VersionMismatch, match="version 1 of Dated, and version 2") as info:
            system.get("d").ask("go")
        assert (info.value.stored, info.value.current) == (1, new.version)
        assert system.metadata("d").version == 1
        assert isinstance(system.recover()["d"], VersionMismatch)
