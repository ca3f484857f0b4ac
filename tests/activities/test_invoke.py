"""What a state invokes: started with it, cancelled with it, reported to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, RetryPolicy, State, Workflow, activity
from repertory.actors.errors import HandlerFailed
from repertory.actors.runtime import ManualClock

from .outside import Outside


@activity(name="invoked-charge", retry=RetryPolicy(attempts=2, first=10, jitter=0))
def charge(amount: int, card: str, workflow_id: str, note: str = "none") -> dict[str, Any]:
    from .outside import world

    world.enter(card)
    try:
        world.hold(card)
        if world.fail[card]:
            world.fail[card] -= 1
            raise ConnectionError("the bank is closed")
        return {"amount": amount, "by": workflow_id, "note": note}
    finally:
        world.leave(card)


async def undeclared(amount: int) -> int:
    return amount + 1


class Purchase(Workflow):
    workflow_name = "invoking-purchase"
    basket = State(initial=True)
    paying = State(invoke=charge)
    wrapping = State(invoke=undeclared)
    sent = State(final=True)
    broken = State()
    pay = basket.to(paying)
    back = paying.to(basket)
    again = paying.to.itself()
    stay = paying.to.itself(internal=True)
    done_invoke_paying = paying.to(wrapping)
    error_invoke_paying = paying.to(broken)
    done_invoke_wrapping = wrapping.to(sent)
    repair = broken.to(basket)

    class Context:
        amount: int = 30
        receipt: dict[str, Any] = {}
        wrapped: int = 0
        error: dict[str, Any] = {}

    def on_done_invoke_paying(self, data: dict[str, Any]) -> None:
        self.context.receipt = data

    def on_error_invoke_paying(self, error: dict[str, str], attempts: int) -> None:
        self.context.error = {**error, "attempts": attempts}

    def on_done_invoke_wrapping(self, data: int) -> None:
        self.context.wrapped = data


def test_it_gets_its_arguments_by_name_and_its_result_moves_the_workflow_on(
    path: Path | None, outside: Outside
) -> None:
    outside.let("c1")
    with ActorSystem(path) as system:
        order = system.start(Purchase, id="p")
        order.ask("pay", card="c1")
        system.settle()
        assert order.state == "sent"
        assert order.context.receipt == {"amount": 30, "by": "p", "note": "none"}
        assert order.context.wrapped == 31
        assert system.verify() == []


def test_leaving_the_state_cancels_it_and_entering_again_starts_anew(
    path: Path | None, outside: Outside
) -> None:
    with ActorSystem(path) as system:
        order = system.start(Purchase)
        order.ask("pay", card="c1")
        outside.until(lambda o: o.running == 1)
        order.ask("stay")
        order.ask("again", card="c2")
        outside.until(lambda o: o.ended == ["c1"] and o.running == 1)
        order.ask("back")
        outside.until(lambda o: o.ended == ["c1", "c2"])
        system.settle()
        assert order.state == "basket" and order.activities() == []
        assert outside.attempts == [("c1", 1), ("c2", 1)]


def test_a_failure_for_good_is_an_event(
    path: Path | None, outside: Outside, clock: ManualClock
) -> None:
    outside.fail["c1"] = 2
    outside.let("c1")
    with ActorSystem(path, clock=clock) as system:
        order = system.start(Purchase)
        order.ask("pay", card="c1")
        system.settle()
        assert order.state == "paying"
        clock.advance(10)
        system.settle()
        assert order.state == "broken"
        assert order.context.error == {
            "type": "ConnectionError",
            "message": "the bank is closed",
            "attempts": 2,
        }


def test_rolling_back_out_of_the_state_cancels_it(path: Path | None, outside: Outside) -> None:
    with ActorSystem(path) as system:
        order = system.start(Purchase)
        order.ask("pay", card="c1")
        outside.until(lambda o: o.running == 1)
        order.rollback()
        outside.until(lambda o: o.ended == ["c1"])
        system.settle()
        assert order.state == "basket" and order.activities() == []


def test_what_it_needs_and_nobody_has_fails_the_step(path: Path | None, outside: Outside) -> None:
    with ActorSystem(path) as system:
        order = system.start(Purchase)
        with pytest.raises(HandlerFailed, match=r"invokes charge\(\), which needs 'card'"):
            order.ask("pay")
        assert order.state == "basket" and outside.calls == []


def plus(n: int) -> int:
    return n + 1


def times(n: int, **data: Any) -> int:
    return n * 10


def crash() -> None:
    raise KeyError("no")


class Parts(Workflow):
    """Regions, an initial state that invokes, several in one state, spelt as in SCXML."""

    workflow_name = "invoking-parts"

    class both(State.Parallel):
        class left(State.Compound):
            counting = State(initial=True, invoke=[plus, times])
            counted = State(final=True)
            conclude = counting.to(counted, event="done.invoke.counting", cond="other", on="note")
            keep = counting.to.itself(internal=True, event="done.invoke.counting", on="note")

        class right(State.Compound):
            trying = State(initial=True, invoke=crash)
            given_up = State(final=True)
            fail = trying.to(given_up, event="error.execution")

    end = State(final=True)
    done_state_both = both.to(end)

    class Context:
        n: int = 4
        parts: dict[str, int] = {}

    def other(self, activity: str) -> bool:
        return bool({*self.context.parts} - {activity})

    def note(self, activity: str, data: int) -> None:
        self.context.parts[activity] = data


def test_regions_and_several_in_one_state(path: Path | None) -> None:
    class Quick(Parts):
        workflow_name = "invoking-parts-quick"

    with ActorSystem(path, clock=ManualClock()) as system:
        parts = system.start(Parts)
        system.settle()
        assert parts.context.parts == {"counting.plus": 5, "counting.times": 40}
        trying = parts.activities()
        assert [(one.name, one.status) for one in trying] == [("trying.crash", "retrying")]
        parts.retry_activity("trying.crash")
        clock = system._services.runtime.clock
        assert isinstance(clock, ManualClock)
        for _ in range(12):
            clock.advance(61)
            system.settle()
        assert parts.state == "end"
        assert system.start(Quick).state == "counting+trying"


def test_a_chart_without_a_system_invokes_nothing(outside: Outside) -> None:
    order = Purchase()
    order.pay(card="c1")
    assert order.paying.is_active and outside.calls == []
