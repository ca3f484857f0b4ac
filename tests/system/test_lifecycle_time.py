"""The lifecycle's timeout and retries, by durable timers; and those that are out of retries."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from repertory.actors import ActorSystem, Lifecycle, RetryPolicy, activity
from repertory.actors.testing import ManualClock, assert_transitions


class Job(Lifecycle):
    """Has an hour for an attempt, and three attempts: a minute, then two, between them."""

    workflow_name = "timed-job"
    timeout_after = timedelta(hours=1)
    retry_policy = RetryPolicy(first=60, factor=2, longest=3600, attempts=3, jitter=0)


def names(ref: object) -> list[str]:
    return [timer.name for timer in ref.timers()]  # type: ignore[attr-defined]  # a ref has them


def test_an_attempt_that_takes_too_long_fails_and_is_retried_until_there_are_no_more(
    workflow_system: ActorSystem, workflow_clock: ManualClock
) -> None:
    job = workflow_system.start(Job, id="j")
    job.ask("start")
    workflow_clock.advance(timedelta(hours=1))
    assert job.state == "failed" and job.context["error"] == "timed out"
    assert workflow_system.dead() == [] and names(job) == ["retry"]
    workflow_clock.advance(60)
    assert job.state == "running" and job.context["attempts"] == 2
    job.ask("fail", error="no disk")
    workflow_clock.advance(119)
    assert job.state == "failed"
    workflow_clock.advance(1)
    assert job.state == "running"
    job.ask("fail", error="no disk")
    workflow_clock.advance(timedelta(days=10))
    assert job.state == "failed" and names(job) == []
    assert [record.id for record in workflow_system.dead()] == ["j"]
    assert_transitions(
        job,
        "-> idle",
        "start -> running",
        "timeout -> failed",
        "retry -> running",
        "fail -> failed",
        "retry -> running",
        "fail -> failed",
    )


def test_a_dead_one_is_taken_up_again_by_hand_with_all_its_retries(
    workflow_system: ActorSystem, workflow_clock: ManualClock
) -> None:
    job = workflow_system.start(Job)
    job.ask("start")
    for _ in range(3):
        job.ask("fail")
        workflow_clock.advance(120)
    assert len(workflow_system.dead()) == 1
    job.ask("retry")
    assert workflow_system.dead() == []
    job.ask("fail")
    assert names(job) == ["retry"] and workflow_system.dead() == []
    job.ask("retry")  # nobody waits for the timer
    assert names(job) == ["timeout"]
    job.ask("complete")
    assert names(job) == []
    workflow_clock.advance(timedelta(days=1))
    assert job.state == "completed"


def test_pauses_count_for_the_timeout_and_a_context_may_say_otherwise(
    workflow_system: ActorSystem, workflow_clock: ManualClock
) -> None:
    job = workflow_system.start(Job, context={"timeout_after": 100})
    job.ask("start")
    workflow_clock.advance(50)
    job.ask("pause")
    workflow_clock.advance(49)
    assert job.state == "paused"
    workflow_clock.advance(1)
    assert job.state == "failed"


def test_a_lifecycle_that_says_nothing_of_time_waits_for_somebody(
    workflow_system: ActorSystem, workflow_clock: ManualClock
) -> None:
    job = workflow_system.start(Lifecycle, id="l")
    job.ask("start")
    workflow_clock.advance(timedelta(days=365))
    assert job.state == "running" and names(job) == []
    job.ask("fail", error="x")
    assert [record.id for record in workflow_system.dead()] == ["l"]


def test_only_a_timer_is_a_retry_to_come_whatever_else_is_called_so(
    workflow_system: ActorSystem,
) -> None:
    class Asking(Lifecycle):
        def on_enter_failed(self) -> None:
            self.start_activity(look_why, name="retry")

    @activity(retry=RetryPolicy(first=3600, attempts=2))
    def look_why() -> None:
        raise ConnectionError("nobody knows")

    job = workflow_system.start(Asking, id="a")
    job.ask("start")
    job.ask("fail")
    workflow_system.settle()
    assert [one.name for one in job.activities()] == ["retry"]
    assert [record.id for record in workflow_system.dead()] == ["a"]


def test_the_dead_come_in_pages(workflow_system: ActorSystem) -> None:
    for n in range(5):
        job = workflow_system.start(Lifecycle if n % 2 else Job, id=f"j{n}")
        job.ask("start")
        job.ask("fail")
    page = workflow_system.dead(limit=1)
    assert [record.id for record in page] == ["j1"]
    assert [r.id for r in workflow_system.dead(after=page[0].number, limit=9)] == ["j3"]


def test_retries_outlive_the_process(tmp_path: Path) -> None:
    clock, file = ManualClock(), tmp_path / "s.db"
    with ActorSystem(file, clock=clock) as system:
        job = system.start(Job, id="j")
        job.ask("start")
        job.ask("fail")
    clock.advance(60)
    with ActorSystem(file, clock=clock) as system:
        clock.settle()
        assert system.get("j").state == "running"
