"""The commands about time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from repertory.actors import ActorSystem, Lifecycle, RetryPolicy, State, Workflow, after
from repertory.actors.testing import ManualClock

from .conftest import Run


class Watch(Workflow):
    """Has a timer of each kind."""

    workflow_name = "cli-watch"

    on = State(initial=True, timeout=after(3600, "ring"))
    ring = on.to.itself(internal=True)
    off = State(final=True)
    stop = on.to(off)
    deadline = after(timedelta(days=2), "ring")

    def on_enter_on(self) -> None:
        self.timers.start("beat", event="ring", every=90, data={})
        self.timers.start("daily", event="ring", cron="0 9 * * *", tz="Europe/Paris")

    def on_ring(self) -> None:
        self.timers.cancel("daily")


class Hopeless(Lifecycle):
    workflow_name = "cli-hopeless"
    retry_policy = RetryPolicy(attempts=1)


@pytest.fixture
def timed(tmp_path: Path) -> Path:
    path, clock = tmp_path / "timed.db", ManualClock(datetime(2026, 5, 1, tzinfo=UTC))
    with ActorSystem(path, clock=clock) as system:
        system.start(Watch, id="w")
        for n in (1, 2):
            job = system.start(Hopeless, id=f"job-{n}")
            job.ask("start")
            job.ask("fail", error="no disk")
    return path


def test_timers_come_with_the_next_one_first(run: Run, timed: Path) -> None:
    lines = [line.split("\t") for line in run("timers", "--store", timed).out.splitlines()]
    assert lines == [
        ["due (UTC)", "workflow", "timer", "event", "again"],
        ["2026-05-01 00:01:30", "w", "beat", "ring", "every 1 min 30 s"],
        ["2026-05-01 01:00:00", "w", "timeout of on", "ring", ""],
        ["2026-05-01 07:00:00", "w", "daily", "ring", "0 9 * * * (Europe/Paris)"],
        ["2026-05-03 00:00:00", "w", "deadline", "ring", ""],
    ]
    found = run("timers", "w", "--store", timed, "--limit", 2, "--json").json["timers"]
    assert [(t["name"], t["every_us"], t["timeout"]) for t in found] == [
        ("beat", 90_000_000, False),
        ("on", None, True),
    ]
    assert "There are more" in run("timers", "--store", timed, "--limit", 3).err
    assert run("timers", "job-1", "--store", timed).err == "No timer is pending.\n"
    run("timers", "nobody", "--store", timed).failed_with("no workflow 'nobody'")


def test_show_and_history_tell_of_timers(run: Run, timed: Path) -> None:
    shown = run("show", "w", "--store", timed).out
    assert "timer    on, ring at 2026-05-01 01:00:00 UTC" in shown
    assert "timer    the whole workflow, ring at 2026-05-03 00:00:00 UTC" in shown
    clock = ManualClock(datetime(2026, 5, 1, 0, 1, 30, tzinfo=UTC))
    with ActorSystem(timed, clock=clock):
        clock.settle()
    created, rung = run("history", "w", "--store", timed, "--json").json["entries"]
    assert [one["name"] for one in created["timers_set"]] == ["beat", "daily", "*", "on"]
    assert (rung["timer"], rung["timers_cancelled"]) == ("beat", ["daily"])
    last = run("history", "w", "--store", timed).out.splitlines()[-1]
    assert last.endswith("fired: beat; set: beat 2026-05-01 00:03:00; cancelled: daily")


def test_the_dead_are_listed_with_what_went_wrong(run: Run, timed: Path) -> None:
    lines = [line.split("\t") for line in run("dead", "--store", timed).out.splitlines()]
    assert [line[1] for line in lines] == ["id", "job-1", "job-2"]
    assert lines[1][-1] == "no disk"
    listing = run("dead", "--store", timed, "--limit", 1, "--json").json
    assert [(w["id"], w["error"]) for w in listing["workflows"]] == [("job-1", "no disk")]
    rest = run("dead", "--store", timed, "--after", listing["next"], "--json").json
    assert [w["id"] for w in rest["workflows"]] == ["job-2"] and rest["next"] is None
