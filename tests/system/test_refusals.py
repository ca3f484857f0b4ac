"""What can't be meant is refused where it is said, in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from repertory.actors import ActorSystem, RepertoryError, RetryPolicy, State, Workflow, activity
from repertory.actors.errors import BadDefinition, HandlerFailed, StoreError, Timeout, UnknownEvent
from repertory.actors.patterns import Approval, MapReduce, Saga, SagaStep
from repertory.actors.results import Snapshot
from repertory.actors.runtime import Runtime

LONG = 60.0


class Counted(Workflow):
    workflow_name = "refusals-counted"
    here, gone = State(initial=True), State(final=True)
    count = here.to.itself(internal=True)
    begin = here.to.itself(internal=True)
    all_over = here.to.itself(internal=True)
    go = here.to(gone)

    class Context:
        counted: int = 0
        told: list[dict[str, Any]] = []

    def on_count(self) -> None:
        self.context.counted += 1

    def on_begin(self, join: str = "all", named: bool = False) -> Any:
        if named:
            return self.start_child("Counted")  # type: ignore[arg-type]  # as users do
        return self.start_children(Counted, [], joined="all_over", join=join)  # type: ignore[arg-type]  # likewise

    def on_all_over(self, group: str, ended: int) -> None:
        self.context.told.append({"group": group, "ended": ended})


@activity(name="refusals-length")
def length(item: Any) -> int:
    return len(item)


class Lengths(MapReduce):
    workflow_name = "refusals-lengths"
    work = length


def test_an_empty_idempotency_key_is_refused_before_anything_runs() -> None:
    with ActorSystem() as system:
        ref = system.start(Counted)
        sends: list[Callable[[], Any]] = [
            lambda: ref.ask("count", key=""),
            lambda: ref.tell("count", key=""),
            lambda: ref.rollback(key=""),
        ]
        for send in sends:
            with pytest.raises(RepertoryError, match="key can't be empty"):
                send()
        assert ref.context.counted == 0


@pytest.mark.parametrize(
    "setting, said",
    [
        ({"on_changed_definition": "x"}, '"warn", "error" or "ignore"'),
        ({"workers": 0}, "workers is 0"),
        ({"synchronous": "no"}, '"FULL", "NORMAL" or "OFF"'),
        ({"retention": 3}, "it is a Retention"),
        ({"clock": 3}, "no clock"),
        ({"on_store_error": "x"}, '"continue" or "stop"'),
    ],
)
def test_a_setting_that_can_not_be_is_refused_at_once(setting: dict[str, Any], said: str) -> None:
    with pytest.raises((TypeError, ValueError), match=said):
        ActorSystem(**setting)


def test_a_reader_waits_for_the_steps_of_whoever_writes(tmp_path: Path) -> None:
    looked = Event()

    def is_gone(seen: Snapshot) -> bool:
        looked.set()
        return seen.finished

    file = tmp_path / "store.db"
    with ActorSystem(file) as writing, ThreadPoolExecutor() as pool:
        ref = writing.start(Counted, id="c")
        with ActorSystem(file, read_only=True) as reading:
            seen = pool.submit(reading.get("c").wait_for, is_gone, LONG)
            assert looked.wait(LONG)
            ref.ask("go")
            assert seen.result().configuration == ("gone",)


def test_a_reader_that_waits_hears_that_the_workflow_is_gone(tmp_path: Path) -> None:
    looked = Event()

    def never(seen: Snapshot) -> bool:
        looked.set()
        return False

    file = tmp_path / "store.db"
    with ActorSystem(file) as writing, ThreadPoolExecutor() as pool:
        writing.start(Counted, id="c")
        with ActorSystem(file, read_only=True) as reading:
            seen = pool.submit(reading.get("c").wait_for, never, LONG)
            assert looked.wait(LONG)
            writing.remove("c")
            with pytest.raises(RepertoryError, match="no workflow 'c'"):
                seen.result()


def test_a_reader_can_not_subscribe(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    ActorSystem(file).open().close()
    with (
        ActorSystem(file, read_only=True) as reading,
        pytest.raises(StoreError, match=r"read-only.*use wait_for"),
    ):
        reading.subscribe(print)


def test_the_error_of_a_wait_tells_its_time_as_people_do() -> None:
    with ActorSystem() as system:
        ref = system.start(Counted, id="c")
        with pytest.raises(Timeout, match=r"Waited 0\.003 s for workflow 'c'"):
            ref.wait_for("gone", timeout=0.0029999)


def test_an_unknown_event_is_told_with_those_that_there_are() -> None:
    with ActorSystem() as system, pytest.raises(UnknownEvent, match="; refusals-counted takes all"):
        system.start(Counted).ask("nothing")


def test_of_no_children_all_have_ended_at_once() -> None:
    with ActorSystem() as system:
        ref = system.start(Counted)
        ref.ask("begin")
        system.settle(timeout=LONG)
        assert ref.context.told == [{"group": "refusals-counted", "ended": 0}]
        with pytest.raises(HandlerFailed, match="join is 'any' for 0 children"):
            ref.ask("begin", join="any")


def test_a_child_is_started_by_its_class() -> None:
    with ActorSystem() as system, pytest.raises(HandlerFailed, match="'Counted' is no class of"):
        system.start(Counted).ask("begin", named=True)


def test_what_can_not_listen_to_a_topic_is_refused() -> None:
    with Runtime() as runtime:
        with pytest.raises(TypeError, match="pattern is text"):
            runtime.topics.subscribe(None, print)  # type: ignore[arg-type]  # as users do
        with pytest.raises(TypeError, match="can't listen"):
            runtime.topics.subscribe("orders", None)  # type: ignore[arg-type]  # likewise


def test_the_longest_pause_is_by_default_no_shorter_than_the_first() -> None:
    assert RetryPolicy(first=3600).longest == 3600
    assert RetryPolicy(first=1).longest == 60
    with pytest.raises(ValueError, match="longest must be first or more"):
        RetryPolicy(first=3600, longest=60)


@pytest.mark.parametrize("given", [None, "abc", {"a": 1}, 3])
def test_map_reduce_takes_a_list(given: Any) -> None:
    with ActorSystem() as system:
        with pytest.raises(HandlerFailed, match="is a list of items"):
            system.start(Lengths, context={"input": given})
        empty = system.start(Lengths, context={"input": []})
        assert empty.context.result == []


def test_a_saga_has_steps() -> None:
    with pytest.raises(BadDefinition, match="has no steps"):

        class Nothing(Saga):
            pass

    with pytest.raises(BadDefinition, match=r"is no step; write it as SagaStep"):

        class Bare(Saga):
            steps = [length]  # type: ignore[list-item]  # as users do

    assert SagaStep(length).name == "refusals-length"


def test_an_approval_has_approvers() -> None:
    with pytest.raises(BadDefinition, match="has no approvers"):

        class Nobody(Approval):
            pass

    with pytest.raises(BadDefinition, match="'ann' is no approver"):

        class Bare(Approval):
            approvers = ["ann"]  # type: ignore[list-item]  # as users do
