"""Activities: run outside the step, tried again, reported exactly once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActivityFailed, ActorSystem, State, Workflow, activity
from repertory.actors.errors import HandlerFailed, UnknownActivity
from repertory.actors.runtime import ManualClock

from .outside import Job, Outside, hold, results, work


def test_a_result_comes_back_as_an_event(path: Path | None, outside: Outside) -> None:
    with ActorSystem(path) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="work", what=["a", "b"])
        assert sorted(r["did"] for r in results(system)) == ["a", "b"]
        assert sorted(outside.attempts) == [("a", 1), ("b", 1)]
        assert job.activities() == [] == system.messages()
        done = [step for step in job.history() if step.event == "done"]
        assert [step.data["activity"] for step in done] == ["work", "work"]
        assert [step.activity for step in done] == ["work", "work"]
        assert job.history(at=2)[0].activities_started == ("work", "work")
        assert system.verify() == []


def test_it_runs_after_the_commit_and_not_if_the_step_is_undone(
    path: Path | None, outside: Outside
) -> None:
    with ActorSystem(path) as system:
        job = system.start(Job, id="job")
        with pytest.raises(HandlerFailed):
            job.ask("undone", what="a")
        assert results(system) == [] == outside.calls


def test_each_start_has_a_key_of_its_own_and_each_attempt_the_same(
    path: Path | None, outside: Outside, clock: ManualClock
) -> None:
    outside.fail["a"] = outside.fail["b"] = 1
    with ActorSystem(path, clock=clock) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="work", what=["a", "b", "a"])
        system.settle()
        clock.advance(10)
        assert len(results(system)) == 3
        keys = job.context.keys
        assert len(set(keys)) == 3
        assert sorted({key for _, _, key in outside.calls}) == sorted(keys)
        assert {key for what, _, key in outside.calls if what == "b"} == {keys[1]}


def test_it_is_tried_again_when_it_is_due_and_not_before(
    path: Path | None, outside: Outside, clock: ManualClock
) -> None:
    outside.fail["a"] = 1
    failures: list[ActivityFailed] = []
    with ActorSystem(path, clock=clock) as system:
        system.events.subscribe(failures.append, ActivityFailed)
        job = system.start(Job, id="job")
        job.ask("begin", function="work", what=["a"])
        assert results(system) == []
        (waiting,) = job.activities()
        assert (waiting.status, waiting.attempt, waiting.due) == (
            "retrying",
            1,
            clock.now() + (waiting.due - waiting.started),  # type: ignore[operator]  # it is there
        )
        assert waiting.error == {"type": "ConnectionError", "message": "no a"}
        clock.advance(9.9)
        assert results(system) == []
        clock.advance(0.1)
        assert results(system) == [{"did": "a"}]
        assert outside.attempts == [("a", 1), ("a", 2)]
        assert [(f.workflow_id, f.attempt, f.dead) for f in failures] == [("job", 1, None)]


def test_a_final_failure_comes_as_an_event(
    path: Path | None, outside: Outside, clock: ManualClock
) -> None:
    outside.fail["a"] = 2
    with ActorSystem(path, clock=clock) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="work", what=["a"])
        system.settle()
        clock.advance(10)
        assert results(system) == []
        assert job.context.failures == [
            {"activity": "work", "attempts": 2, "type": "ConnectionError", "message": "no a"}
        ]
        assert job.activities() == []


def test_a_final_failure_that_nobody_hears_of_is_set_aside_and_can_be_taken_up(
    path: Path | None, outside: Outside, clock: ManualClock
) -> None:
    outside.fail["a"] = 3
    with ActorSystem(path, clock=clock) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="work", what=["a"], options={"failed": None, "name": "it"})
        system.settle()
        clock.advance(10)
        assert results(system) == []
        (dead,) = job.activities()
        assert (dead.status, dead.attempt, dead.name) == ("dead", 2, "it")
        assert dead.why == "ConnectionError: no a (that was attempt 2 of 2)"
        assert [*system.activities(dead=True)] == [dead] and system.activities() == []
        clock.advance(1000)
        assert results(system) == []
        with pytest.raises(UnknownActivity, match="it has 'it'"):
            job.retry_activity("other")
        job.retry_activity("it")
        assert results(system) == []
        clock.advance(10)
        assert results(system) == [{"did": "a"}]
        assert outside.attempts == [("a", 1), ("a", 2)] * 2
        assert len({key for _, _, key in outside.calls}) == 1
        assert job.activities() == []


def test_what_waits_for_its_next_attempt_can_be_taken_up_at_once(
    path: Path | None, outside: Outside, clock: ManualClock
) -> None:
    outside.fail["a"] = 1
    with ActorSystem(path, clock=clock) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="work", what=["a"])
        system.settle()
        job.retry_activity(job.activities()[0].id)
        assert results(system) == [{"did": "a"}]
        clock.advance(100)
        assert results(system) == [{"did": "a"}]


def test_without_an_event_the_result_is_kept_in_the_history(
    path: Path | None, outside: Outside
) -> None:
    with ActorSystem(path) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="work", what=["a"], options={"done": None})
        job.ask("finish")  # it may end: nobody waits for it
        system.settle()
        (kept,) = [step for step in job.history() if step.event == "__activity__"]
        assert kept.data == {"activity": "work", "result": {"did": "a"}}
        assert kept.source == kept.target and job.activities() == []
        assert system.verify() == []


def test_a_result_that_the_state_does_not_take_is_in_the_history(
    path: Path | None, outside: Outside
) -> None:
    with ActorSystem(path) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="hold", what=["a"], options={"done": "resume"})
        outside.let("a")
        system.settle()
        last = job.history(last=1)[0]
        assert (last.kind, last.event) == ("refused", "resume")
        assert last.data["result"] == {"held": "a"}
        assert job.activities() == []


def test_at_its_end_a_workflow_waits_for_no_result(path: Path | None, outside: Outside) -> None:
    with ActorSystem(path) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="hold", what=["a"])
        job.ask("begin", function="hold", what=["b"], options={"done": None})
        outside.until(lambda o: o.running == 2)
        job.ask("finish")
        outside.until(lambda o: o.ended == ["a"])  # nobody could take its result any more
        outside.let("b")
        system.settle()
        assert job.history(last=1)[0].data == {"activity": "hold", "result": {"held": "b"}}
        assert job.activities() == []


@activity(name="returns-what-is-no-json")
def no_json() -> object:
    return object()


class NoJson(Workflow):
    workflow_name = "no-json"
    here = State(initial=True)
    go = here.to.itself(internal=True)
    done = here.to.itself(internal=True)

    def on_go(self) -> None:
        self.start_activity(no_json, done="done")


def test_a_result_that_is_no_json_is_not_tried_again(path: Path | None) -> None:
    with ActorSystem(path) as system:
        job = system.start(NoJson)
        job.ask("go")
        system.settle()
        (dead,) = job.activities()
        assert dead.status == "dead" and dead.why is not None
        assert "can't be kept as JSON" in dead.why and "SerializationFailed" in dead.why


@pytest.mark.parametrize("function", ["hold", "hold_async"])
def test_cancelled_it_stops_and_reports_nothing(
    path: Path | None, outside: Outside, function: str
) -> None:
    with ActorSystem(path) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function=function, what=["a"], options={"name": "it"})
        outside.until(lambda o: o.running == 1)
        job.ask("cancel", name="it")
        outside.until(lambda o: o.ended == ["a"])
        job.ask("cancel", name="it")
        assert job.context.found == [True, False]
        assert results(system) == [] == job.context.failures == job.activities()
        assert job.history(at=3)[0].activities_cancelled == ("it",)
        assert outside.attempts == [("a", 1)]


def test_what_is_cancelled_before_its_turn_never_runs(
    path: Path | None, outside: Outside, clock: ManualClock
) -> None:
    outside.fail["b"] = 1
    with ActorSystem(path, clock=clock, max_activities=1) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="work", what=["b"], options={"name": "later"})
        system.settle()
        job.ask("begin", function="hold", what=["a"])
        outside.until(lambda o: o.running == 1)
        job.ask("begin", function="work", what=["c"], options={"name": "later"})
        assert [one.status for one in job.activities()] == ["retrying", "running", "waiting"]
        job.ask("cancel", name="later")
        clock.advance(100)
        outside.let("a")
        assert results(system) == [{"held": "a"}]
        assert outside.attempts == [("b", 1), ("a", 1)]


def test_a_result_on_its_way_when_it_is_cancelled_is_dropped(outside: Outside) -> None:
    class Slow(Workflow):
        workflow_name = "cancels-too-late"
        here = State(initial=True)
        begin = here.to.itself(internal=True)
        stop = here.to.itself(internal=True)
        done = here.to.itself(internal=True)

        def on_begin(self) -> None:
            self.start_activity(work, "a", done="done")

        def on_stop(self) -> None:
            outside.until(lambda o: o.ended == ["a"])  # it is done, and this is not
            self.cancel_activity("work")

        def on_done(self) -> None:
            self.context["took"] = True

    with ActorSystem() as system:
        slow = system.start(Slow, id="slow")
        slow.ask("begin", block=False)
        slow.ask("stop")
        system.settle()
        assert slow.context == {} and slow.activities() == []
        assert [step.event for step in slow.history()] == ["__created__", "begin", "stop"]


def test_a_workflow_that_waits_for_an_activity_may_leave_memory(
    path: Path | None, outside: Outside
) -> None:
    with ActorSystem(path) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="hold", what=["a"])
        outside.until(lambda o: o.running == 1)
        system.stop("job")
        outside.let("a")
        assert results(system) == [{"held": "a"}]


def test_removing_a_workflow_cancels_its_activities(path: Path | None, outside: Outside) -> None:
    with ActorSystem(path) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="hold", what=["a"])
        outside.until(lambda o: o.running == 1)
        system.remove("job")
        outside.until(lambda o: o.ended == ["a"])
        system.settle()
        assert system.activities() == [] == system.messages()


def test_going_back_in_time_starts_nothing_again(path: Path | None, outside: Outside) -> None:
    with ActorSystem(path) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="work", what=["a"])
        system.settle()
        job.rollback()
        job.rollback()
        job.fork(at=2)
        system.settle()
        assert outside.attempts == [("a", 1)]


def test_a_rollback_cancels_what_was_started_since_and_nothing_else(
    path: Path | None, outside: Outside
) -> None:
    with ActorSystem(path) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="hold", what=["before"])
        job.ask("begin", function="hold", what=["since"], options={"done": None})
        job.ask("begin", function="work", what=[])
        outside.until(lambda o: o.running == 2)
        job.rollback(to=2)
        outside.until(lambda o: o.ended == ["since"])
        assert [one.name for one in job.activities()] == ["hold"]
        job.ask("begin", function="hold", what=["again"])
        outside.let("before", "again")
        assert sorted(r["held"] for r in results(system)) == ["again", "before"]
        assert system.verify() == []


def test_a_function_of_two_attempts_is_looked_for_by_its_name_alone(
    path: Path | None, outside: Outside
) -> None:
    with ActorSystem(path) as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="hold", what=["a"])
        (running,) = job.activities()
        assert running.activity == "hold" and hold.__module__ not in repr(system.messages())
        outside.let("a")
        assert results(system) == [{"held": "a"}]


def test_more_than_one_system_can_run_the_same_functions(outside: Outside) -> None:
    with ActorSystem() as one, ActorSystem() as other:
        for system, what in ((one, "a"), (other, "b")):
            system.start(Job, id="job").ask("begin", function="work", what=[what])
        assert results(one) == [{"did": "a"}] and results(other) == [{"did": "b"}]


def test_an_activity_may_use_the_system_itself(path: Path | None) -> None:
    with ActorSystem(path) as system:

        @activity(name="asks-the-system")
        def ask_it() -> str:
            return system.start(Job, id="second").state

        job = system.start(Asker, id="asker")
        job.ask("go")
        system.settle()
        assert job.context == {"got": "here"} and system.get("second").state == "here"


class Asker(Workflow):
    workflow_name = "asker-by-name"
    here = State(initial=True)
    go = here.to.itself(internal=True)
    got = here.to.itself(internal=True)

    def on_go(self) -> None:
        self.start_activity("asks-the-system", done="got")

    def on_got(self, result: Any) -> None:
        self.context["got"] = result
