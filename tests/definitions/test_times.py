"""Time-outs of states and deadlines of workflows: durable, and checked when they are loaded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, load_definitions
from repertory.actors.charts.diagram import diagram
from repertory.actors.runtime import ManualClock

from .samples import ENVIRONMENT, SWARM, Anything, at, load, needs_swarm, only_fault

REMINDED = """\
workflow = "reminded"
deadline = { seconds = 1000, to = "late" }

[states.waiting]
after = { seconds = 100, send = "remind" }
on.remind = { to = "waiting", do = "remind" }
on.answer = "answered"

[states.answered]
after = { seconds = 2.5, to = "closed" }
on.reopen = "waiting"

[states.closed]
final = true

[states.late]
final = true
"""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 1, 1, tzinfo=UTC))


def later(system: ActorSystem, clock: ManualClock, seconds: float) -> None:
    clock.advance(timedelta(seconds=seconds))
    system.settle()


def test_a_state_that_has_been_active_for_too_long_is_left_or_gets_an_event(
    clock: ManualClock,
) -> None:
    reminded: list[str] = []
    actions = {"remind": lambda workflow: reminded.append("again")}
    workflow = load_definitions(REMINDED, actions=actions)["reminded"]
    with ActorSystem(clock=clock) as system:
        ref = system.start(workflow)
        later(system, clock, 99)
        assert reminded == []
        later(system, clock, 1)
        assert (ref.state, reminded) == ("waiting", ["again"])
        later(system, clock, 100)
        assert len(reminded) == 2
        ref.ask("answer")
        later(system, clock, 2.5)
        assert ref.state == "closed"
        later(system, clock, 5000)
        assert ref.state == "closed"


def test_a_deadline_ends_a_workflow_wherever_it_is(clock: ManualClock) -> None:
    workflow = load(REMINDED)["reminded"]
    with ActorSystem(clock=clock) as system:
        ref = system.start(workflow)
        for _ in range(9):
            later(system, clock, 100)
        assert ref.state == "waiting"
        later(system, clock, 100)
        assert ref.state == "late"
        assert ref.snapshot().finished


@needs_swarm
def test_a_time_out_of_a_swarm_file_comes_after_a_restart_too(
    tmp_path: Path, clock: ManualClock
) -> None:
    text = (SWARM / "code_review.toml").read_text(encoding="utf-8")
    text = text.replace('name = "code_review"', 'name = "timed_review"')
    text = text.replace("completion_timeout_seconds = 3600\n", "")

    def review() -> Any:
        return load_definitions(text, actions=Anything(), environment=ENVIRONMENT)["timed_review"]

    store = tmp_path / "reviews.db"
    with ActorSystem(store, clock=clock) as system:
        ref = system.start(review(), id="r", context={"analysis_results": {"status": "passed"}})
        ref.ask("analyze")
        ref.ask("analysis_pass")
        later(system, clock, 86_399)
        assert ref.state == "ReadyForReview"
    review()
    with ActorSystem(store, clock=clock) as system:
        later(system, clock, 1)
        assert system.get("r").state == "TimedOut"


@needs_swarm
@pytest.mark.parametrize(
    ("name", "seconds", "target"),
    [
        ("code_review.toml", 3600, "TimedOut"),
        ("simple_approval.toml", 1800, "TimedOut"),
        ("generated_simple_approval.toml", 1800, "timed_out"),
        ("parallel_processing.toml", 1800, "timed_out"),
    ],
)
def test_a_workflow_that_does_not_complete_in_time_ends_in_the_state_for_that(
    clock: ManualClock, name: str, seconds: int, target: str
) -> None:
    definitions = load_definitions(SWARM / name, actions=Anything(), environment=ENVIRONMENT)
    with ActorSystem(clock=clock) as system:
        ref = system.start(next(iter(definitions.values())))
        if name.startswith("parallel"):
            ref.ask("reviews_complete")
        later(system, clock, seconds - 1)
        assert not ref.snapshot().finished
        later(system, clock, 1)
        assert ref.state == target


@pytest.mark.parametrize("format", ["svg", "dot", "mermaid"])
def test_diagrams_show_times(format: Any) -> None:
    text = diagram(load(REMINDED)["reminded"], format)
    assert "after 2.5 s" in text
    assert "after 100 s" in text or "after 1 min 40 s" in text


@pytest.mark.parametrize(
    ("old", "new", "mark", "part"),
    [
        ('send = "remind"', 'send = "remnd"', '"remnd"', "did you mean 'remind'?"),
        ('to = "late"', 'to = "lat"', '"lat"', "did you mean 'late'?"),
        ('to = "late"', 'send = "late"', '"late"', "is not an event of any state"),
        ("seconds = 2.5", "seconds = 0", "0", "a number above 0"),
        ("seconds = 2.5", "seconds = -1", "-1", "a number above 0"),
        ("seconds = 2.5, ", "secs = 2.5, ", "secs", "did you mean 'seconds'?"),
        ('deadline = { seconds = 1000, to = "late" }', "deadline = 3", "3", "must be a table"),
    ],
)
def test_a_time_that_leads_nowhere_is_a_fault(old: str, new: str, mark: str, part: str) -> None:
    from .samples import faults

    assert old in REMINDED
    text = REMINDED.replace(old, new)
    found = [fault for fault in faults(text) if part in fault.what]
    assert found, [str(fault) for fault in faults(text)]
    places = [at(text, mark, n) for n in range(text.count(mark))]
    assert (found[0].line, found[0].column) in places or mark == "3"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("seconds = 2.5", "seconds = 0", "'seconds' of 'after' of state 'answered' must be a"),
        ("seconds = 2.5", "seconds = -1", "must be a number above 0"),
        ("seconds = 2.5", 'seconds = "2"', "must be a number."),
        ("seconds = 1000", "seconds = -1", "'seconds' of 'deadline' of the workflow must be a"),
        ('after = { seconds = 100, send = "remind" }', "after = 3", "must be a table, as in"),
        ('after = { seconds = 100, send = "remind" }', "after = [{ seconds = 1 }]", "be a table"),
        (
            'after = { seconds = 2.5, to = "closed" }\non.reopen = "waiting"',
            'after = [{ seconds = 2.5, to = "closed" }]',
            "must be a table, as in",
        ),
        ("[states", 'retry = { limit = "3" }\n[states', "'limit' of 'retry' must be a whole"),
    ],
)
def test_one_mistake_is_one_fault(old: str, new: str, what: str) -> None:
    from .samples import only_fault

    assert old in REMINDED
    assert what in only_fault(REMINDED.replace(old, new, 1)).what


def test_a_final_state_has_no_time_out() -> None:
    text = REMINDED.replace(
        "[states.closed]\nfinal = true",
        '[states.closed]\nfinal = true\nafter = { seconds = 3, to = "late" }',
    )
    assert "never comes" in only_fault(text).what
