"""Looking back, going back, and coming back after the process ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from repertory.actors import ActorSystem, RepertoryError, Retention, State, Workflow
from repertory.actors.errors import (
    DefinitionChangedWarning,
    HistoryTrimmed,
    InvalidTransition,
    RollbackFailed,
    WorkflowExists,
)
from repertory.actors.runtime import ManualClock

from .charts import Order, Review, Tally


def test_the_history_tells_everything_about_a_step(path: Path | None) -> None:
    clock = ManualClock(datetime(2026, 5, 1, tzinfo=UTC))
    with ActorSystem(path, clock=clock) as system:
        order = system.start(Order, id="o", context={"total": 30})
        clock.advance(60)
        order.ask("pay", amount=10, key="k1")
        created, paid = order.history()
    assert (created.kind, created.sequence, created.source) == ("created", 1, ())
    assert created.context == {"total": 30, "received": 0, "notes": []}
    assert created.at == datetime(2026, 5, 1, tzinfo=UTC)
    assert paid.at - created.at == timedelta(minutes=1)
    assert (paid.kind, paid.event, paid.data, paid.key) == ("step", "pay", {"amount": 10}, "k1")
    assert (paid.source, paid.target, paid.result) == (("basket",), ("basket",), 10)
    assert paid.context == {"total": 30, "received": 10, "notes": []}
    assert paid.duration >= 0 and paid.id > created.id
    assert [t.source for t in paid.transitions] == [("basket",)]


def test_the_last_entries_and_a_single_one_can_be_read(system: ActorSystem) -> None:
    tally = system.start(Tally)
    for _ in range(300):
        tally.ask("add", n=1)
    assert [e.sequence for e in tally.history(last=3)] == [299, 300, 301]
    assert tally.history(last=1)[0].context["total"] == 300
    assert tally.history(at=151)[0].context["total"] == 150
    with pytest.raises(RollbackFailed, match="no step 400"):
        tally.history(at=400)


def test_a_rollback_is_a_step_of_its_own_and_several_go_on_backwards(
    system: ActorSystem,
) -> None:
    tally = system.start(Tally, id="t")
    for n in (1, 2, 4):
        tally.ask("add", n=n)
    totals = []
    for _ in range(2):
        tally.rollback()
        totals.append(tally.context.total)
    assert totals == [3, 1]
    tally.ask("add", n=10)
    tally.rollback()
    assert tally.context.total == 1
    system.stop("t")
    tally.rollback()
    assert tally.context.total == 0
    with pytest.raises(RollbackFailed, match="began"):
        tally.rollback()
    tally.rollback(to=4)
    assert tally.context.total == 7
    assert [e.sequence for e in tally.history()] == list(range(1, len(tally.history()) + 1))


def test_a_rollback_skips_steps_that_changed_nothing(system: ActorSystem) -> None:
    order = system.start(Order, context={"total": 30})
    order.ask("pay", amount=10)
    for event in ("spoil", "ship"):
        with pytest.raises(RepertoryError):
            order.ask(event, keep_refused=True)
    order.rollback()
    assert order.context.received == 0


def test_a_rollback_takes_back_the_end_and_the_history_states(system: ActorSystem) -> None:
    review = system.start(Review)
    for event in ("broken", "interrupt", "take_up", "fixed", "agree", "passes"):
        review.ask(event)
    assert review.snapshot().finished
    review.rollback(to=3)
    assert review.state == "asleep" and not review.snapshot().finished
    review.ask("take_up")
    assert review.snapshot().leaves == ("reading", "fixing")


@pytest.mark.parametrize("to", [0, -1, 99])
def test_a_rollback_to_a_step_that_never_was_is_refused(system: ActorSystem, to: int) -> None:
    tally = system.start(Tally)
    tally.ask("add", n=1)
    with pytest.raises(RepertoryError, match=str(to)):
        tally.rollback(to=to)
    assert tally.context.total == 1


def test_a_rollback_with_a_key_happens_once(system: ActorSystem) -> None:
    tally = system.start(Tally)
    for n in (1, 2, 4):
        tally.ask("add", n=n)
    for _ in range(3):
        tally.rollback(key="undo")
    assert tally.context.total == 3


def test_a_fork_starts_where_another_one_stood(system: ActorSystem) -> None:
    tally = system.start(Tally, id="t")
    for n in (1, 2, 4):
        tally.ask("add", n=n)
    fork = tally.fork(at=3, id="u")
    assert (fork.context.total, tally.context.total) == (3, 7)
    assert fork.ask("add", n=100) == 103
    assert fork.history()[0].data == {"workflow": "t", "sequence": 3}
    with pytest.raises(WorkflowExists):
        tally.fork(id="u")
    assert tally.fork().context.total == 7


def test_a_reopened_store_goes_on_where_it_stopped(file: Path) -> None:
    with ActorSystem(file) as system:
        orders = [system.start(Order, id=f"o{n}", context={"total": n}) for n in range(1, 21)]
        for order in orders:
            order.ask("pay", amount=5)
        reviews = system.start(Review, id="r")
        for event in ("broken", "interrupt"):
            reviews.ask(event)
    with ActorSystem(file) as system:
        assert system.verify() == []
        for n in range(1, 21):
            order = system.get(f"o{n}")
            assert order.context.received == 5
            if n <= 5:
                order.ask("ship")
            else:
                with pytest.raises(InvalidTransition):
                    order.ask("ship")
        system.get("r").ask("take_up")
        assert system.get("r").snapshot().leaves == ("reading", "fixing")


def test_all_unfinished_workflows_can_be_brought_back_at_once(file: Path) -> None:
    with ActorSystem(file) as system:
        for n in range(50):
            system.start(Tally, id=f"t{n}").ask("add", n=n)
        done = system.start(Order, id="o", context={"total": 1})
        done.ask("pay", amount=1)
        done.ask("ship")
    with ActorSystem(file) as system:
        assert system.recover() == {f"t{n}": None for n in range(50)}
        assert system.get("t49").ask("add", n=1) == 50


@pytest.mark.filterwarnings("error")
def test_a_class_that_cannot_be_used_holds_up_no_other_one(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Changing(Workflow):
        here = State(initial=True)
        go = here.to.itself()

    with ActorSystem(file) as system:
        system.start(Changing, id="a")
        system.start(Tally, id="t")

    class Changed(Workflow):
        workflow_name = "Changing"
        here = State(initial=True)
        there = State()
        go = here.to(there) | there.to(here)

    with ActorSystem(file) as system:
        monkeypatch.setattr(system, "_classes", {"Changing": Changed})
        outcomes = system.recover()
        assert isinstance(outcomes.pop("a"), DefinitionChangedWarning)
        assert outcomes == {"t": None}


def test_history_past_its_retention_is_trimmed_in_the_background(path: Path | None) -> None:
    clock = ManualClock()
    with ActorSystem(path, clock=clock, retention=Retention(count=10), trim_every=60) as system:
        tally = system.start(Tally, id="t")
        for _ in range(150):
            tally.ask("add", n=1, key=None)
        clock.advance(61)
        system.settle()
        assert [e.sequence for e in tally.history()] == list(range(142, 152))
        assert tally.history(last=1)[0].context["total"] == 150
        assert system.verify() == []
        with pytest.raises(HistoryTrimmed, match="142") as info:
            tally.rollback(to=100)
        assert (info.value.sequence, info.value.first_kept) == (100, 142)
        tally.rollback(to=145)
        assert tally.context.total == 144
        system.stop("t")
        assert tally.ask("add", n=1) == 145


def test_old_history_is_trimmed_and_the_workflow_lives_on(path: Path | None) -> None:
    clock = ManualClock()
    with ActorSystem(path, clock=clock, retention=Retention(days=1), trim_every=60) as system:
        tally = system.start(Tally, id="t")
        tally.ask("add", n=1)
        clock.advance(2 * 86400)
        system.settle()
        assert [e.sequence for e in tally.history()] == [2], "the last one stays"
        system.stop("t")
        assert tally.ask("add", n=1) == 2
        assert system.verify() == []


def test_an_exported_workflow_is_imported_equal_to_the_byte(tmp_path: Path) -> None:
    with ActorSystem(tmp_path / "a.db") as one, ActorSystem(tmp_path / "b.db") as other:
        tally = one.start(Tally, id="t")
        for n in range(250):
            tally.ask("add", n=n, key=f"k{n}")
        tally.rollback()
        document = one.export("t")
        there = other.import_(document)
        assert other.export("t") == document
        assert other.verify() == []
        assert there.ask("add", n=3, key="k3") == 6
        assert there.ask("add", n=1) == tally.ask("add", n=1)
        with pytest.raises(WorkflowExists):
            other.import_(document)
