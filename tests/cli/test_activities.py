"""Activities on the command line: shown, listed, and taken up again."""

from __future__ import annotations

from pathlib import Path

import pytest
from repertory.actors import ActorSystem, RetryPolicy, State, Workflow, activity

from .conftest import Run


@activity(name="cli-fragile", retry=RetryPolicy(attempts=1))
def fragile() -> None:
    raise ConnectionError("nobody there")


class Fragile(Workflow):
    """Waits for something that fails."""

    workflow_name = "cli-fragile"
    waiting = State(initial=True, invoke=fragile)
    told = State(final=True)
    done_invoke_waiting = waiting.to(told)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "fragile.db"
    with ActorSystem(path) as system:
        system.start(Fragile, id="f-1")
        system.settle()
    return path


def test_show_tells_of_activities(run: Run, store: Path) -> None:
    (dead,) = run("show", "f-1", "--store", store, "--json").json["activities"]
    assert (dead["status"], dead["attempt"], dead["activity"]) == ("dead", 1, "cli-fragile")
    line = "activity waiting.fragile (cli-fragile), dead, attempt 1, ConnectionError: nobody there"
    assert line in run("show", "f-1", "--store", store).out


def test_dead_ones_are_listed_and_begin_anew_when_they_are_told_to(run: Run, store: Path) -> None:
    assert "waiting.fragile" in run("activities", "--dead", "--store", store).out
    assert run("activities", "--store", store, "--json").json == {"activities": [], "next": None}
    run("retry", "f-1", "nothing", "--store", store).failed_with("'waiting.fragile'")
    assert "begins anew" in run("retry", "f-1", "waiting.fragile", "--store", store).out
    (waiting,) = run("activities", "--store", store, "--json").json["activities"]
    assert (waiting["status"], waiting["attempt"], waiting["workflow_id"]) == ("waiting", 0, "f-1")
    assert run("activities", "--dead", "--store", store).out == ""


def test_history_tells_of_what_was_started(run: Run, store: Path) -> None:
    (made,) = run("history", "f-1", "--store", store, "--json").json["entries"]
    assert made["activities_started"] == ["waiting.fragile"]
