"""Map-reduce, fan-out and pipelines, with activities and with children."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, RetryPolicy, State, Workflow, WorkflowRef, activity
from repertory.actors.patterns import FanOut, MapReduce, Pipeline


@activity(name="pattern-double", retry=RetryPolicy(attempts=1))
def double(item: int) -> int:
    if item < 0:
        raise ValueError(f"{item} is too little")
    return 2 * item


class Held(Workflow):
    """Waits to be told its result."""

    workflow_name = "pattern-held"
    waiting = State(initial=True)
    done, failed = State(final=True), State(final=True)
    finish = waiting.to(done)
    fail = waiting.to(failed)

    class Context:
        item: Any = None
        result: Any = None
        error: str | None = None

    def on_finish(self) -> None:
        self.context.result = 10 * self.context.item

    def on_fail(self) -> None:
        self.context.error = "no"


class Doubles(MapReduce):
    workflow_name = "pattern-doubles"
    work, parallel = double, 3

    def reduce(self, results: list[int]) -> int:
        if len(results) == 1:
            raise LookupError("alone")
        if len(results) == 2:
            return object()  # type: ignore[return-value]  # what can't be kept
        return sum(results)


class Lenient(Doubles):
    workflow_name = "pattern-lenient"
    may_fail = 1


class Narrow(MapReduce):
    workflow_name = "pattern-narrow"
    work, parallel = Held, 2


class Wide(FanOut):
    workflow_name = "pattern-wide"
    branches = {"a": Held, "b": Held, "c": Held}
    need = 2


class Race(FanOut):
    workflow_name = "pattern-race"
    branches = {"quick": double, "slow": Held}
    need = "any"


class Line(Pipeline):
    workflow_name = "pattern-line"
    stages = [double, Held, double]


class Picky(Workflow):
    """Takes no item."""

    workflow_name = "pattern-picky"
    only = State(initial=True, final=True)

    class Context:
        other: int = 0


class Nested(Pipeline):
    workflow_name = "pattern-nested"
    stages = [Doubles, double]


class Misfit(Pipeline):
    workflow_name = "pattern-misfit"
    stages = [double, Picky]


@pytest.fixture
def system(tmp_path: Path) -> Iterator[ActorSystem]:
    with ActorSystem(tmp_path / "store.db", synchronous="OFF") as system:
        yield system
        assert system.verify() == []


def run(system: ActorSystem, workflow: type[Workflow], given: Any) -> WorkflowRef:
    ref = system.start(workflow, id="w", context={"input": given})
    system.settle()
    return ref


def tell(system: ActorSystem, child: str, event: str) -> None:
    system.get(f"w/{child}").ask(event)
    system.settle()


@pytest.mark.parametrize(
    "workflow, given, state, result, error",
    [
        (Doubles, [1, 2, 3, 4, 5, 6, 7], "completed", 56, None),
        (Doubles, [], "completed", 0, None),
        (Doubles, [1, -2, 3], "failed", None, "1 of 3 failed: 1: ValueError: -2 is too little"),
        (Doubles, [4], "failed", None, "LookupError: alone"),
        (Doubles, [4, 5], "failed", None, "CodecError"),
        (Lenient, [1, -2, 3, 4], "completed", 16, None),
        (Lenient, [-1, -2, 3], "failed", None, "2 of 3 failed"),
    ],
)
def test_a_map_reduce_ends_with_one_result_or_says_why_not(
    system: ActorSystem, workflow: type[Workflow], given: Any, state: str, result: Any, error: Any
) -> None:
    ref = run(system, workflow, given)
    assert (ref.state, ref.context.result) == (state, result)
    assert ref.context.error is None if error is None else error in ref.context.error


def test_no_more_than_the_limit_are_there_at_once_and_results_are_in_the_items_order(
    system: ActorSystem,
) -> None:
    ref = run(system, Narrow, [1, 2, 3, 4])
    assert [child.name for child in ref.children()] == ["0", "1"]
    tell(system, "1", "finish")
    assert [child.name for child in ref.children()] == ["0", "2"]
    for child in ("2", "3", "0"):
        tell(system, child, "finish")
    assert (ref.state, ref.context.result) == ("completed", [10, 20, 30, 40])


def test_when_an_item_fails_what_is_under_way_is_cancelled_and_nothing_more_begins(
    system: ActorSystem,
) -> None:
    ref = run(system, Narrow, [1, 2, 3, 4])
    tell(system, "0", "fail")
    assert ref.state == "failed"
    assert ref.context.error == "1 of 4 failed: 0: Failed: no (failed)"
    assert system.get("w/1").snapshot().finished
    assert [record.id for record in system.list(Held)] == ["w/0", "w/1"]


def test_a_fan_out_is_joined_when_enough_have_succeeded_and_the_rest_is_cancelled(
    system: ActorSystem,
) -> None:
    ref = run(system, Wide, 5)
    assert len(ref.children()) == 3
    tell(system, "b", "fail")
    tell(system, "c", "finish")
    assert ref.state == "gathering"
    tell(system, "a", "finish")
    assert (ref.state, ref.context.result) == ("completed", {"a": 50, "c": 50})


def test_a_fan_out_fails_as_soon_as_enough_can_not_succeed(system: ActorSystem) -> None:
    ref = run(system, Wide, 5)
    tell(system, "a", "fail")
    tell(system, "b", "fail")
    assert ref.state == "failed"
    assert system.get("w/c").snapshot().finished


def test_the_first_of_a_race_wins(system: ActorSystem) -> None:
    ref = run(system, Race, 4)
    assert (ref.state, ref.context.result) == ("completed", {"quick": 8})
    assert all(record.finished for record in system.list(Held))


def test_cancelling_takes_the_pieces_along(system: ActorSystem) -> None:
    ref = run(system, Wide, 5)
    ref.ask("cancel")
    system.settle()
    assert ref.state == "cancelled"
    assert all(record.finished for record in system.list(Held))


def test_a_pipeline_hands_on_what_each_stage_brings(system: ActorSystem) -> None:
    ref = run(system, Line, 3)
    (child,) = ref.children()
    assert child.name == "2 pattern-held"
    tell(system, child.name, "finish")
    assert (ref.state, ref.context.result) == ("completed", 120)


def test_a_pipeline_ends_at_the_stage_that_fails(system: ActorSystem) -> None:
    ref = run(system, Line, -3)
    assert ref.state == "failed"
    assert ref.context.error == "stage 1 pattern-double: ValueError: -3 is too little"
    assert system.list(Held) == []


def test_patterns_nest(system: ActorSystem) -> None:
    assert run(system, Nested, [1, 2, 3]).context.result == 24
    broken = system.start(Nested, context={"input": [1, -2]})
    system.settle()
    assert broken.state == "failed"
    assert "stage 1 pattern-doubles: Failed: 1 of 2 failed" in broken.context.error


def test_what_does_not_fit_a_child_is_a_failure_like_any_other(system: ActorSystem) -> None:
    ref = run(system, Misfit, 3)
    assert ref.state == "failed"
    assert ref.context.error.startswith("stage 2 pattern-picky: CodecError: item:")


def test_what_is_under_way_goes_on_after_a_restart(tmp_path: Path) -> None:
    with ActorSystem(tmp_path / "other.db", synchronous="OFF") as system:
        run(system, Narrow, [1, 2, 3])
    with ActorSystem(tmp_path / "other.db", synchronous="OFF") as system:
        for child in ("0", "1", "2"):
            tell(system, child, "finish")
        assert system.get("w").context.result == [10, 20, 30]


def test_what_a_fan_out_is_made_of_is_part_of_its_definition() -> None:
    def of(**branches: Any) -> str:
        name = "pattern-made-of-" + "-".join(branches)
        made = type("MadeOf", (FanOut,), {"workflow_name": name, "branches": branches})
        return made.definition_facts["the branches"]

    assert of(north=double, south=double) == "north, south"
    assert of(north=double) == "north"
