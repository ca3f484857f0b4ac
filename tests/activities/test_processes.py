"""Activities that compute run in processes of their own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from repertory.actors import ActivityFailed, ActorSystem
from repertory.actors.activities import processes
from repertory.actors.results import ActivityStatus

from . import computing
from .outside import Job, results


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the processes import the module of the functions, as they import an app's."""
    root = str(Path(__file__).parents[2])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]))
    monkeypatch.syspath_prepend(root)
    assert computing.square.__module__ == "tests.activities.computing"


def test_they_run_elsewhere_and_know_what_they_are() -> None:
    with ActorSystem() as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="compute-square", what=[3, 4])
        got = results(system)
        assert sorted(one["square"] for one in got) == [9, 16]
        assert os.getpid() not in {one["pid"] for one in got}
        assert sorted(one["key"] for one in got) == sorted(job.context.keys)


def test_an_error_comes_back_whatever_it_is_and_a_process_that_dies_is_replaced() -> None:
    failed: list[ActivityFailed] = []
    with ActorSystem() as system:
        system.events.subscribe(failed.append, ActivityFailed)
        job = system.start(Job, id="job")
        job.ask("begin", function="compute-fails", what=[7])
        told = job.wait_for(lambda s: s.context.failures, timeout=120).context.failures
        assert [(one["type"], one["message"]) for one in told] == [("Unpicklable", "7 and 2")]
        job.ask("begin", function="compute-dies", what=["alive"])
        job.wait_for(lambda s: s.context.results, timeout=120)
        assert results(system) == ["alive"]
        assert failed[-1].error["type"] == "BrokenProcessPool"


def test_they_can_be_told_to_stop_and_tell_how_far_they_are(tmp_path: Path) -> None:
    told = tmp_path / "told"
    with ActorSystem() as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="compute-waits", what=[str(told)], options={"name": "it"})

        def running() -> ActivityStatus:
            (one,) = job.activities()
            return one

        while running().progress is None or not told.exists():
            os.sched_yield()  # the heartbeat comes from another process
        assert running().progress["pid"] != os.getpid()
        job.ask("cancel", name="it")
        while told.read_text() != "stopped True":
            os.sched_yield()
        assert results(system) == [] == job.activities()


def test_one_that_dies_takes_no_other_one_along(tmp_path: Path) -> None:
    go = tmp_path / "go"
    with ActorSystem() as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="compute-holds", what=[str(go)])
        while not go.with_suffix(".begun").exists():
            os.sched_yield()
        job.ask("begin", function="compute-dies", what=["alive"])
        job.wait_for(lambda s: s.context.results, timeout=120)
        go.touch()
        assert len(results(system)) == 2 and job.context.failures == []


def test_what_does_not_hear_that_its_time_is_up_is_ended_and_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE", 0.2)
    pids = [tmp_path / str(number) for number in range(2 * processes_at_once() + 1)]
    with ActorSystem() as system:
        job = system.start(Job, id="job")
        job.ask("begin", function="compute-hangs", what=[str(pid) for pid in pids])
        job.ask("begin", function="compute-square", what=[3])
        job.wait_for(lambda s: len(s.context.failures) == len(pids), timeout=120)
        assert [one["square"] for one in results(system)] == [9]
        assert {one["message"] for one in job.context.failures} == {"timeout of 0.05 s is over"}
        for pid in pids:
            while pid.exists() and is_alive(int(pid.read_text() or 0)):
                os.sched_yield()


def processes_at_once() -> int:
    return os.cpu_count() or 1


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
