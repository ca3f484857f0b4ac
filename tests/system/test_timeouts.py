"""How long a state, or a whole workflow, may take."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from repertory.actors import ActorSystem, HistoryState, State, Workflow, after
from repertory.actors.errors import BadDefinition
from repertory.actors.testing import ManualClock
from repertory.persistence.records import MessageKind
from statemachine.contrib.timeout import timeout as stock_timeout


class Approval(Workflow):
    """Waits an hour for an answer, reminds after ten minutes, and gives up."""

    workflow_name = "approval"

    waiting = State(
        initial=True,
        timeout=[after(600, "remind"), after(timedelta(hours=1), target="expired")],
    )
    reviewing = State(timeout=after(120, "give_up"))
    approved = State(final=True)
    expired = State()
    closed = State(final=True)
    remind = waiting.to.itself(internal=True)
    review = waiting.to(reviewing)
    again = reviewing.to.itself()
    give_up = reviewing.to(waiting)
    approve = waiting.to(approved) | reviewing.to(approved)
    close = expired.to(closed)
    deadline = after(timedelta(days=1), "end")
    end = waiting.to(closed) | reviewing.to(closed) | expired.to(closed)

    class Context:
        reminders: int = 0

    def on_remind(self) -> None:
        self.context.reminders += 1


class Regions(Workflow):
    """Two regions and a compound state, each with a time of its own."""

    workflow_name = "timed-regions"

    class both(State.Parallel, initial=True, timeout=after(100, "stop")):
        class left(State.Compound, timeout=after(50, "leave_left")):
            l1 = State(initial=True, timeout=after(10, "go_left"))
            l2 = State()
            l3 = State()
            go_left = l1.to(l2)
            leave_left = l2.to(l3) | l1.to(l3)

        class right(State.Compound):
            r1 = State(initial=True, timeout=after(20, "go_right"))
            r2 = State(timeout=after(20, "back_right"))
            go_right = r1.to(r2)
            back_right = r2.to(r1)

        memory = HistoryState(type="deep")

    paused = State()
    over = State(final=True)
    pause = both.to(paused)
    resume = paused.to(both.memory)
    stop = both.to(over)


def pending(system: ActorSystem) -> list[tuple[str | None, str]]:
    store = system._services.store
    due = store.due(by=2**63 - 1, limit=100)
    return [(m.name, m.event) for m in due if m.kind is MessageKind.TIMEOUT]


def state(system: ActorSystem, id: str = "a") -> str:
    system.settle()
    return system.get(id).state


def test_a_state_that_takes_too_long_gets_its_event_or_is_left_for_the_target(
    system: ActorSystem, clock: ManualClock
) -> None:
    approval = system.start(Approval, id="a")
    assert pending(system) == [
        ("waiting", "remind"),
        ("waiting", "after.state.waiting"),
        ("*", "end"),
    ]
    clock.advance(600)
    assert state(system) == "waiting" and approval.context.reminders == 1
    clock.advance(3000)
    assert state(system) == "expired"
    assert approval.history(last=1)[0].event == "after.state.waiting"
    assert pending(system) == [("*", "end")]


def test_leaving_the_state_in_time_cancels_its_timeouts_in_the_same_step(
    system: ActorSystem, clock: ManualClock
) -> None:
    approval = system.start(Approval, id="a")
    approval.ask("review")
    assert pending(system) == [("reviewing", "give_up"), ("*", "end")]
    approval.ask("approve")
    assert pending(system) == []
    clock.advance(timedelta(days=2))
    system.settle()
    assert len(approval.history()) == 3


def test_entering_a_state_again_begins_its_time_anew(
    system: ActorSystem, clock: ManualClock
) -> None:
    approval = system.start(Approval, id="a")
    clock.advance(599)
    approval.ask("review")
    clock.advance(119)
    approval.ask("again")
    clock.advance(119)
    assert state(system) == "reviewing"
    clock.advance(1)
    assert state(system) == "waiting"
    clock.advance(599)
    assert approval.context.reminders == 0
    clock.advance(1)
    system.settle()
    assert approval.context.reminders == 1


def test_an_event_that_stays_in_the_state_does_not_begin_its_time_anew(
    system: ActorSystem, clock: ManualClock
) -> None:
    approval = system.start(Approval, id="a")
    clock.advance(300)
    approval.ask("remind")
    clock.advance(300)
    system.settle()
    assert approval.context.reminders == 2


def test_the_deadline_of_a_workflow_counts_from_its_start_whatever_it_does(
    system: ActorSystem, clock: ManualClock
) -> None:
    approval = system.start(Approval, id="a")
    for _ in range(23):
        clock.advance(3599)
        approval.ask("review")
        approval.ask("give_up")
    clock.advance(timedelta(days=1) - 23 * timedelta(seconds=3599))
    assert state(system) == "closed"
    assert approval.history(last=1)[0].event == "end"


def test_timeouts_in_regions_and_compound_states_run_side_by_side(
    system: ActorSystem, clock: ManualClock
) -> None:
    system.start(Regions, id="a")
    states = []
    for _ in range(9):
        clock.advance(10)
        states.append(state(system))
    assert states == [
        "l2+r1",
        "l2+r2",
        "l2+r2",
        "l2+r1",
        "l3+r1",
        "l3+r2",
        "l3+r2",
        "l3+r1",
        "l3+r1",
    ]
    clock.advance(10)
    assert state(system) == "over"
    assert pending(system) == []


def test_a_history_state_brings_the_time_of_what_it_enters(
    system: ActorSystem, clock: ManualClock
) -> None:
    regions = system.start(Regions, id="a")
    clock.advance(10)
    assert state(system) == "l2+r1"
    regions.ask("pause")
    assert pending(system) == []
    clock.advance(1000)
    regions.ask("resume")
    assert pending(system) == [("r1", "go_right"), ("left", "leave_left"), ("both", "stop")]


def test_timeouts_outlive_the_process(file: Path) -> None:
    clock = ManualClock()
    with ActorSystem(file, clock=clock) as system:
        system.start(Approval, id="a").ask("review")
    clock.advance(120)
    with ActorSystem(file, clock=clock) as system:
        assert state(system) == "waiting"
        clock.advance(600)
        system.settle()
        assert system.get("a").context.reminders == 1


def test_a_rollback_begins_the_time_of_states_that_are_entered_again(
    system: ActorSystem, clock: ManualClock
) -> None:
    approval = system.start(Approval, id="a")
    clock.advance(500)
    approval.ask("review")
    approval.rollback()
    assert state(system) == "waiting"
    assert pending(system) == [
        ("waiting", "remind"),
        ("waiting", "after.state.waiting"),
        ("*", "end"),
    ]
    clock.advance(599)
    assert approval.context.reminders == 0
    clock.advance(1)
    system.settle()
    assert approval.context.reminders == 1
    approval.rollback(to=1)
    assert state(system) == "waiting" and len(pending(system)) == 3


def test_a_rollback_within_a_state_leaves_its_time_as_it_is(
    system: ActorSystem, clock: ManualClock
) -> None:
    approval = system.start(Approval, id="a")
    clock.advance(300)
    approval.ask("remind")
    approval.rollback(to=1)
    clock.advance(300)
    system.settle()
    assert approval.context.reminders == 1


def test_a_fork_has_timeouts_of_its_own_that_begin_anew(
    system: ActorSystem, clock: ManualClock
) -> None:
    approval = system.start(Approval, id="a")
    clock.advance(500)
    fork = approval.fork(id="f")
    clock.advance(100)
    system.settle()
    assert approval.context.reminders == 1
    clock.advance(499)
    system.settle()
    assert fork.context.reminders == 0
    clock.advance(1)
    system.settle()
    assert fork.context.reminders == 1


def test_python_statemachines_own_timeouts_are_kept_by_durable_timers(
    system: ActorSystem, clock: ManualClock
) -> None:
    class Stock(Workflow):
        workflow_name = "stock-timeouts"
        one = State(initial=True, invoke=stock_timeout(5, on="expired"))
        two = State(invoke=[stock_timeout(7)])
        end = State(final=True)
        expired = one.to(two)
        done_invoke_two = two.to(end)

    system.start(Stock, id="a")
    clock.advance(5)
    assert state(system) == "two"
    clock.advance(6.9)
    assert state(system) == "two"
    clock.advance(0.1)
    assert state(system) == "end"


def test_nobody_sends_the_event_of_a_timeout_from_outside(system: ActorSystem) -> None:
    approval = system.start(Approval, id="a")
    with pytest.raises(Exception, match="has no event 'after"):
        approval.ask("after.state.waiting")
    assert "after.state.waiting" not in Approval.public_events()


def test_subclasses_inherit_timeouts_and_may_add_their_own(
    system: ActorSystem, clock: ManualClock
) -> None:
    class Stricter(Approval):
        workflow_name = "stricter-approval"
        deadline = after(60, "end")

    system.start(Stricter, id="a")
    clock.advance(60)
    assert state(system) == "closed"


@pytest.mark.parametrize(
    ("timeouts", "deadline", "says"),
    [
        (after(5, "nothing"), None, "brings event 'nothing', for which there is no transition"),
        (after(5, target="nowhere"), None, "leads to 'nowhere', which is no state"),
        ([after(5, "go"), after(6, "go")], None, "two timeouts that bring the same event"),
        (None, after(5, "nothing"), "the deadline brings event 'nothing'"),
        (None, 5, r"deadline is 5; give after\(seconds, event\)"),
        (None, after(5, target="two"), "deadline is After"),
    ],
)
def test_a_definition_that_could_never_work_is_an_error(
    timeouts: object, deadline: object, says: str
) -> None:
    with pytest.raises(BadDefinition, match=says):

        class Wrong(Workflow):
            workflow_name = "wrong-timeouts"
            one = State(initial=True, timeout=timeouts)  # type: ignore[arg-type]  # what is wrong
            two = State(final=True)
            go = one.to(two)

        class Wrong2(Workflow):
            workflow_name = "wrong-deadline"
            one = State(initial=True)
            two = State(final=True)
            go = one.to(two)
            locals()["deadline"] = deadline


def test_a_final_state_has_no_time() -> None:
    with pytest.raises(BadDefinition, match="state 'two' is final"):

        class Wrong(Workflow):
            workflow_name = "wrong-final"
            one = State(initial=True)
            two = State(final=True, timeout=after(5, "go"))
            go = one.to(two)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"span": 5}, "one of `event` and `target`"),
        ({"span": 5, "event": "a", "target": "b"}, "one of `event` and `target`"),
        ({"span": -5, "event": "a"}, "is past"),
        ({"span": "5", "event": "a"}, "give seconds, or a timedelta"),
    ],
)
def test_after_takes_a_time_and_what_happens_then(given: dict[str, object], says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=says):
        after(**given)  # type: ignore[arg-type]  # what is wrong
    with pytest.raises(TypeError, match="give after"):
        State(timeout=5)  # type: ignore[arg-type]  # likewise


class Seat(Workflow):
    """Is released after a minute unless it is wanted, which only a guard knows."""

    workflow_name = "timed-seat"

    held, free = State(initial=True, timeout=after(60, "release")), State(final=True)
    release = held.to(free, cond="is_unwanted")
    want = held.to.itself(internal=True)
    hold_anew = held.to.itself()

    class Context:
        wanted: bool = False

    def is_unwanted(self) -> bool:
        return not self.context.wanted

    def on_want(self, wanted: bool) -> None:
        self.context.wanted = wanted


def test_a_timeout_that_a_guard_refuses_has_passed_until_the_state_is_entered_anew(
    system: ActorSystem, clock: ManualClock
) -> None:
    seat = system.start(Seat, id="a")
    seat.ask("want", wanted=True)
    clock.advance(60)
    assert state(system) == "held" and pending(system) == []
    refused = seat.history(last=1)[0]
    assert (refused.event, refused.kind, refused.timer) == ("release", "refused", "held")
    seat.ask("want", wanted=False)
    clock.advance(600)
    assert state(system) == "held"
    seat.ask("hold_anew")
    clock.advance(60)
    assert state(system) == "free"
