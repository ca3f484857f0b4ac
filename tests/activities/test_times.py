"""Limits, rates, timeouts and heartbeats, all by the clock that the test turns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, RetryPolicy, State, Workflow, activity, current_activity
from repertory.actors.runtime import ManualClock

from .outside import Job, Outside, results


@activity(name="two-at-once", limit=2, kind="narrow")
def two_at_once(what: Any) -> Any:
    return _hold(what)


@activity(name="two-at-once-too", limit=2, kind="narrow")
def two_at_once_too(what: Any) -> Any:
    return _hold(what)


@activity(name="three-in-ten-seconds", rate="3/10s")
def rated(what: Any) -> Any:
    return _hold(what)


@activity(
    name="limited-in-time",
    timeout=5,
    heartbeat_timeout=2,
    retry=RetryPolicy(first=1, jitter=0, attempts=3),
)
def limited_in_time(what: Any) -> Any:
    return _hold(what)


def _hold(what: Any) -> Any:
    from .outside import world

    world.enter(what)
    try:
        world.hold(what)
        return what
    finally:
        world.leave(what)


def test_no_more_of_a_kind_run_at_once_than_its_limit(path: Path | None, outside: Outside) -> None:
    with ActorSystem(path) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="two-at-once", what=[*range(5)])
        job.ask("begin", function="two-at-once-too", what=[*range(5, 10)])
        job.ask("begin", function="work", what=["free"])  # of another kind: it need not wait
        outside.until(lambda o: o.running == 2 and "free" in o.ended)
        assert [one.status for one in job.activities()].count("waiting") == 8
        outside.let(*range(10))
        assert sorted(r for r in results(system) if r != {"did": "free"}) == [*range(10)]
        assert outside.most <= 3


def test_no_more_run_at_once_than_the_system_allows(path: Path | None, outside: Outside) -> None:
    with ActorSystem(path, max_activities=3) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="hold", what=[*range(5)])
        job.ask("begin", function="hold_async", what=[*range(5, 10)])
        outside.until(lambda o: o.running == 3)
        outside.let(*range(10))
        assert len(results(system)) == 10
        assert outside.most == 3


def test_a_rate_lets_so_many_start_in_a_time(
    path: Path | None, outside: Outside, clock: ManualClock
) -> None:
    outside.let(*range(8))
    with ActorSystem(path, clock=clock) as system:
        system.start(Job, id="job").ask("begin", function="three-in-ten-seconds", what=[*range(8)])
        for seconds, done in ((0, 3), (9.5, 3), (0.5, 6), (9.5, 6), (0.5, 8)):
            clock.advance(seconds)
            assert sorted(results(system)) == [*range(done)]


def test_an_attempt_that_takes_too_long_is_told_and_tried_again(
    path: Path | None, outside: Outside, clock: ManualClock
) -> None:
    with ActorSystem(path, clock=clock) as system:
        job = system.start(Job, id="job")
        options = {"heartbeat_timeout": 1000}
        job.ask("begin", function="limited-in-time", what=["a"], options=options)
        outside.until(lambda o: o.running == 1)
        clock.advance(5)
        outside.until(lambda o: o.ended == ["a"])
        assert results(system) == []
        (again,) = job.activities()
        assert again.error == {"type": "Timeout", "message": "timeout of 5 s is over"}
        outside.let("a")
        clock.advance(1)
        assert results(system) == ["a"]
        assert outside.attempts == [("a", 1), ("a", 2)]


def test_one_that_does_not_hear_it_holds_nobody_up_and_what_it_returns_counts_for_nothing(
    path: Path | None, outside: Outside, clock: ManualClock
) -> None:
    @activity(name="deaf", timeout=5, limit=1, retry=RetryPolicy(first=1, attempts=2, jitter=0))
    def deaf(what: Any) -> Any:
        attempt = current_activity().attempt
        outside.enter((what, attempt))
        outside.until(lambda o: o.allows((what, attempt)))
        outside.leave(what)
        return [what, attempt]

    with ActorSystem(path, clock=clock) as system:
        system.start(Job, id="job").ask("begin", function="deaf", what=["a"])
        outside.until(lambda o: o.running == 1)
        clock.advance(5)
        system.settle()
        clock.advance(1)
        outside.until(lambda o: o.running == 2)  # the first one has lost its place
        outside.let(("a", 1))
        outside.until(lambda o: o.running == 1)
        outside.let(("a", 2))
        assert results(system) == [["a", 2]]


def test_one_that_does_not_hear_that_it_is_cancelled_holds_nobody_up_either(
    path: Path | None, outside: Outside
) -> None:
    @activity(name="deaf-to-cancel", limit=1)
    def deaf(what: Any) -> Any:
        outside.enter(what)
        outside.until(lambda o: o.allows(what))
        outside.leave(what)
        return what

    with ActorSystem(path) as system:
        job = system.start(Job, id="job")
        for what in ("a", "b"):
            job.ask("begin", function="deaf-to-cancel", what=[what], options={"name": what})
        outside.until(lambda o: o.running == 1)
        job.ask("cancel", name="a")
        outside.until(lambda o: o.running == 2)  # the first one has lost its place
        outside.let("b")
        assert results(system) == ["b"], "and nobody waits for it"
        outside.let("a")
        outside.until(lambda o: o.running == 0)
        assert results(system) == ["b"]


def test_missing_heartbeats_fail_the_attempt_and_the_next_one_knows_how_far_it_was(
    path: Path | None, outside: Outside, clock: ManualClock
) -> None:
    @activity(name="pages", heartbeat_timeout=2, retry=RetryPolicy(first=1, jitter=0))
    def pages(what: Any) -> Any:
        current = current_activity()
        begun_at = current.progress
        outside.enter(begun_at)
        for page in range(begun_at or 0, 3):
            outside.hold(page)
            if current.cancelled:
                outside.leave("stopped")
                return None
            current.heartbeat(page + 1)
            outside.enter(f"page {page}")
        outside.leave("all")
        return begun_at

    with ActorSystem(path, clock=clock) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="pages", what=["x"])
        outside.until(lambda o: o.running == 1)
        clock.advance(1.5)
        outside.let(0)
        outside.until(lambda o: len(o.calls) == 2)
        clock.advance(1.5)  # 3 s after the start, but it has been heard of
        (running,) = job.activities()
        assert (running.status, running.progress, running.attempt) == ("running", 1, 1)
        clock.advance(0.5)
        outside.until(lambda o: o.ended == ["stopped"])
        assert results(system) == []
        (again,) = job.activities()
        assert again.progress == 1 and again.error is not None
        assert again.error["message"] == "heartbeat_timeout of 2 s is over"
        outside.let(1, 2)
        clock.advance(1)
        assert results(system) == [1]


def test_progress_is_in_the_store_for_others_to_see(outside: Outside, file: Path) -> None:
    @activity(name="says-how-far")
    def says_how_far(what: Any) -> Any:
        current_activity().heartbeat({"done": what})
        outside.enter(what)
        outside.until(lambda o: o.allows(what))
        outside.leave(what)

    clock = ManualClock()
    with ActorSystem(file, clock=clock) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="says-how-far", what=["half"])
        outside.until(lambda o: o.running == 1)
        with ActorSystem(file, read_only=True) as looking:
            while not (seen := looking.get("job").activities()[0]).progress:
                pass  # The first heartbeat is written down at once, though by others.
            assert (seen.status, seen.progress, seen.attempt) == ("running", {"done": "half"}, 1)
            assert seen.began is not None
        outside.let("half")


def test_the_total_time_ends_it_whatever_it_is_at(
    path: Path | None, outside: Outside, clock: ManualClock
) -> None:
    outside.fail["retried"] = 9
    with ActorSystem(path, clock=clock, max_activities=2) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="work", what=["retried"], options={"total_timeout": 8})
        system.settle()  # its next attempt would be due after 10 s: it fails at once
        assert [f["type"] for f in job.context.failures] == ["ConnectionError"]
        job.ask("begin", function="hold", what=["runs"], options={"total_timeout": 8})
        job.ask("begin", function="hold", what=["fills"])
        outside.until(lambda o: o.running == 2)
        job.ask("begin", function="hold", what=["waits"], options={"total_timeout": 8})
        clock.advance(8)
        outside.until(lambda o: "runs" in o.ended)
        outside.let("fills")
        system.settle()
        failures = [(f["type"], f["message"], f["attempts"]) for f in job.context.failures[1:]]
        over = "total_timeout of 8 s is over"
        assert sorted(failures) == [("Timeout", over, 0), ("Timeout", over, 1)]
        assert ("waits", 1) not in outside.attempts


def test_a_policy_given_at_the_start_is_the_one_that_counts(
    path: Path | None, outside: Outside, clock: ManualClock
) -> None:
    class Patient(Workflow):
        workflow_name = "patient-activities"
        here = State(initial=True)
        go = here.to.itself(internal=True)
        done = here.to.itself(internal=True)

        def on_go(self) -> None:
            policy = RetryPolicy(first=100, longest=100, jitter=0, unless=(ValueError,))
            self.start_activity("work", "a", retry=policy, done="done")

    outside.fail["a"] = 1
    with ActorSystem(path, clock=clock) as system:
        patient = system.start(Patient)
        patient.ask("go")
        system.settle()
        clock.advance(99)
        system.settle()
        assert outside.attempts == [("a", 1)]
        clock.advance(1)
        system.settle()
        assert outside.attempts == [("a", 1), ("a", 2)]


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_setting_the_clock_does_no_harm(
    path: Path | None, outside: Outside, clock: ManualClock, jump: float
) -> None:
    outside.fail["a"] = 1
    with ActorSystem(path, clock=clock) as system:
        system.start(Job, id="job").ask("begin", function="work", what=["a"])
        system.settle()
        clock.set_by(jump)
        clock.advance(3700)
        assert results(system) == [{"did": "a"}]
        assert outside.attempts == [("a", 1), ("a", 2)]
