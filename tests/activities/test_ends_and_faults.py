"""The end of a system, the next one, crashes at each point, disks that fail, code that is gone."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, RepertoryError, activity, current_activity
from repertory.actors.activities import declared
from repertory.actors.events import EventFailed
from repertory.actors.runtime import ManualClock
from repertory.persistence.errors import StoreError
from repertory.persistence.memory import MemoryStore
from repertory.persistence.records import Step

from .outside import Job, Outside, results


class Brittle(MemoryStore):
    """A store whose disk fails when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.fails: Callable[[str, Any], bool] = lambda what, given: False

    def _check(self, what: str, given: Any) -> None:
        if self.fails(what, given):
            raise StoreError("The disk is full.")

    def commit(self, steps: Sequence[Step]) -> Sequence[RepertoryError | None]:
        self._check("commit", steps)
        return super().commit(steps)

    def postpone_all(
        self, rows: Sequence[tuple[int, int, int, bytes | None]], *, flush: bool = True
    ) -> None:
        self._check("postpone" if flush else "begin", rows)
        super().postpone_all(rows, flush=flush)

    def bury(self, message: int, why: str) -> None:
        self._check("bury", message)
        super().bury(message, why)


def once(what: str, *more: str) -> Callable[[str, Any], bool]:
    """Fail the next one of these, and then no more."""
    left = [what, *more]

    def fails(called: str, given: Any) -> bool:
        if left and called == left[0]:
            left.pop(0)
            return True
        return False

    return fails


@pytest.mark.parametrize("function", ["hold", "hold_async"])
def test_what_runs_when_the_system_closes_runs_again_in_the_next(
    file: Path, outside: Outside, function: str
) -> None:
    with ActorSystem(file, activity_grace=0.1) as system:
        system.start(Job, id="job").ask("begin", function=function, what=["a"])
        outside.until(lambda o: o.running == 1)
    outside.until(lambda o: o.ended == ["a"])  # it was told, or broken off
    outside.let("a")
    with ActorSystem(file) as system:
        assert results(system) == [{"held": "a"}]
        (first, again), (key,) = outside.calls, system.get("job").context.keys
        assert (first[1], again[1]) == (1, 1), "what the end of a system cuts off is no attempt"
        assert first[2] == again[2] == key
        assert system.verify() == []


def test_a_closing_system_waits_for_what_ends_in_time(file: Path, outside: Outside) -> None:
    @activity(name="ends-when-told")
    def ends(what: Any) -> Any:
        outside.enter(what)
        current_activity()._cancelled.wait()  # it ends, but has not asked whether to stop
        outside.leave(what)
        return what

    with ActorSystem(file) as system:
        system.start(Job, id="job").ask("begin", function="ends-when-told", what=["a"])
        outside.until(lambda o: o.running == 1)
    with ActorSystem(file) as system:
        assert results(system) == ["a"]
        assert outside.attempts == [("a", 1)]


def test_a_thread_that_hangs_does_not_keep_the_system_open(
    file: Path, outside: Outside, caplog: pytest.LogCaptureFixture
) -> None:
    release = threading.Event()

    @activity(name="hangs")
    def hangs(what: Any) -> None:
        outside.enter(what)
        release.wait()
        outside.leave(what)

    with caplog.at_level(logging.WARNING), ActorSystem(file, activity_grace=0.05) as system:
        system.start(Job, id="job").ask("begin", function="hangs", what=["a"])
        outside.until(lambda o: o.running == 1)
    assert "1 threads of activities go on" in caplog.text
    release.set()
    outside.until(lambda o: o.running == 0)


def test_a_system_that_runs_none_leaves_them_to_the_next(file: Path, outside: Outside) -> None:
    with ActorSystem(file, max_activities=0) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="work", what=["a"])
        system.settle()
        assert [one.status for one in job.activities()] == ["waiting"]
    with ActorSystem(file) as system:
        assert results(system) == [{"did": "a"}]


def test_retries_and_dead_ones_outlive_the_system(file: Path, outside: Outside) -> None:
    clock = ManualClock()
    outside.fail["a"], outside.fail["b"] = 1, 2
    with ActorSystem(file, clock=clock) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="work", what=["b"], options={"failed": None, "name": "dies"})
        system.settle()
        clock.advance(10)
        system.settle()
        job.ask("begin", function="work", what=["a"])
        system.settle()
    with ActorSystem(file, clock=clock) as system:
        assert results(system) == []
        assert [one.status for one in system.get("job").activities()] == ["dead", "retrying"]
        clock.advance(10)
        assert results(system) == [{"did": "a"}]
        system.get("job").retry_activity("dies")
        assert results(system) == [{"did": "a"}, {"did": "b"}]
    assert outside.attempts == [("b", 1), ("b", 2), ("a", 1), ("a", 2), ("b", 1)]


def test_an_export_takes_them_along(file: Path, outside: Outside) -> None:
    with ActorSystem(file, max_activities=0) as system:
        system.start(Job, id="job").ask("begin", function="work", what=["a"])
        document = system.export("job")
    with ActorSystem() as other:
        other.import_(document)
        assert results(other) == [{"did": "a"}]
        assert [key for _, _, key in outside.calls] == other.get("job").context.keys


def test_a_step_that_is_not_written_starts_nothing(outside: Outside) -> None:
    store = Brittle()
    with ActorSystem(store=store) as system:
        job = system.start(Job, id="job")
        store.fails = once("commit")
        with pytest.raises(StoreError):
            job.ask("begin", function="work", what=["a"])
        assert results(system) == [] == outside.calls


@pytest.mark.parametrize("times", [1, 3])
def test_a_report_that_is_not_written_comes_again_and_runs_nothing_twice(
    outside: Outside, times: int
) -> None:
    store, clock = Brittle(), ManualClock()
    with ActorSystem(store=store, clock=clock) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="hold", what=["a"])
        outside.until(lambda o: o.running == 1)
        heard: list[Any] = []
        came = threading.Event()
        system.events.subscribe(lambda event: (heard.append(event), came.set()), EventFailed)
        store.fails = once("commit", *["commit"] * (times - 1))
        outside.let("a")
        assert came.wait(60)
        for _ in range(8):
            clock.advance(1)
            system.settle()
        assert results(system) == [{"held": "a"}]
        assert outside.attempts == [("a", 1)]
        assert system.verify() == []


@pytest.mark.parametrize("what", ["postpone", "bury"])
def test_what_becomes_of_a_failure_is_written_again_when_the_disk_fails(
    outside: Outside, what: str
) -> None:
    store, clock = Brittle(), ManualClock()
    outside.fail["a"] = 1 if what == "postpone" else 9
    with ActorSystem(store=store, clock=clock) as system:
        job = system.start(Job, id="job")
        store.fails = once(what, what)
        job.ask("begin", function="work", what=["a"], options={"failed": None})
        for _ in range(20):
            system.settle()
            clock.advance(1)
        system.settle()
        if what == "postpone":
            assert results(system) == [{"did": "a"}]
        else:
            assert [one.status for one in job.activities()] == ["dead"]


def test_a_system_that_runs_none_misses_no_function(file: Path, outside: Outside) -> None:
    missed: list[EventFailed] = []
    with ActorSystem(file, max_activities=0) as system:
        system.start(Job, id="job").ask("begin", function="work", what=["a"])
    with pytest.MonkeyPatch.context() as gone:
        gone.delitem(declared._known, "work")
        with ActorSystem(file, max_activities=0) as system:
            system.events.subscribe(missed.append, EventFailed)
            system.settle()
    assert missed == []


def test_one_whose_function_is_not_imported_waits_until_it_is(outside: Outside) -> None:
    store, clock = MemoryStore(), ManualClock()
    with ActorSystem(store=store, max_activities=0) as system:
        system.start(Job, id="job").ask("begin", function="work", what=["a"])
    gone = pytest.MonkeyPatch()
    gone.delitem(declared._known, "work")
    with ActorSystem(store=store, clock=clock) as system:
        for _ in range(4):
            assert results(system) == []
            clock.advance(1)
        gone.undo()
        for _ in range(3):
            clock.advance(31)
            system.settle()
        assert results(system) == [{"did": "a"}]
        assert outside.attempts == [("a", 1)]


def test_a_system_can_not_be_closed_from_an_activity(outside: Outside) -> None:
    said: list[str] = []
    with ActorSystem() as system:

        @activity(name="closes-its-own-system")
        def close_it(what: Any) -> None:
            try:
                system.close()
            except RepertoryError as error:
                said.append(str(error))

        system.start(Job, id="job").ask("begin", function="closes-its-own-system", what=["a"])
        system.settle()
        assert len(said) == 1 and "can't be closed from" in said[0]


def test_nothing_is_left_of_a_closed_system(file: Path, outside: Outside) -> None:
    before = {*threading.enumerate()}
    with ActorSystem(file) as system:
        job = system.start(Job, id="job")
        for function in ("work", "hold", "hold_async"):
            outside.let("a")
            job.ask("begin", function=function, what=["a", "a"])
        assert len(results(system)) == 6
    assert {*threading.enumerate()} - before == set()


def test_an_attempt_whose_beginning_is_not_written_begins_later(outside: Outside) -> None:
    store, clock = Brittle(), ManualClock()
    with ActorSystem(store=store, clock=clock) as system:
        job = system.start(Job, id="job")
        store.fails = once("begin", "begin")
        job.ask("begin", function="work", what=["a"])
        system.settle()
        assert outside.calls == []
        clock.advance(0.1)
        assert results(system) == [] == outside.calls
        clock.advance(0.2)
        assert results(system) == [{"did": "a"}]
        assert outside.attempts == [("a", 1)]
