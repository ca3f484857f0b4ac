"""A workflow that is a state of another one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, Event, State, Workflow, activity, after
from repertory.actors.errors import BadDefinition, InvalidTransition
from repertory.actors.fingerprint import differences, fingerprint
from repertory.actors.testing import ManualClock


@activity(name="nested-check-card")
def check_card(card: str) -> str:
    return card[-4:]


class Payment(Workflow):
    """Is asked for, checked outside, and paid; or it takes too long."""

    workflow_name = "nested-payment"

    asked = State(initial=True, timeout=after(60, "remind"))
    checking = State(invoke=check_card)
    paid, refused = State(final=True), State(final=True)
    give_card = asked.to(checking)
    remind = asked.to.itself(internal=True)
    done_invoke_checking = checking.to(paid, cond="covers")
    give_up = asked.to(refused)
    later = Event(asked.to.itself(internal=True), delay=5_000)
    deadline = after(timedelta(days=1), "give_up")

    limit = 100

    class Context:
        amount: int
        card: str = ""
        digits: str = ""
        reminders: int = 0
        told: list[str] = []

    def covers(self) -> bool:
        return self.context.amount <= self.limit

    def on_give_card(self, card: str) -> None:
        self.context.card = card

    def on_remind(self) -> None:
        self.context.reminders += 1

    def on_enter_paid(self) -> None:
        self._tell("paid")

    @asked.exit
    def no_more_asking(self) -> None:
        self._tell("left")

    def on_done_invoke_checking(self, data: str) -> None:
        self.context.digits = data

    def on_later(self) -> None:
        self._tell("later")

    def _tell(self, what: str) -> None:
        self.context.told.append(what)


class Order(Workflow):
    workflow_name = "nested-order"

    basket, shipped, lost = State(initial=True), State(final=True), State(final=True)
    payment = Payment.as_state(timeout=after(timedelta(hours=1), "hurry"))
    check_out = basket.to(payment)
    hurry = payment.to.itself(internal=True)
    back = payment.to(basket)
    done_state_payment = payment.to(shipped, cond="is_paid") | payment.to(lost)

    class Context(Payment.Context):
        hurried: int = 0

    def is_paid(self) -> bool:
        return bool(self.context.digits)

    def on_hurry(self) -> None:
        self.context.hurried += 1


class Bare(Workflow):
    """Adds nothing of its own to what it nests."""

    workflow_name = "nested-bare"

    payment = Payment.as_state("To be paid", initial=True)
    over = State(final=True)
    done_state_payment = payment.to(over)


@pytest.fixture
def system(workflow_file_system: ActorSystem) -> ActorSystem:
    return workflow_file_system


def test_its_states_events_guards_actions_and_activities_are_the_others(
    system: ActorSystem,
) -> None:
    order = system.start(Order, id="o", context={"amount": 30})
    order.ask("check_out")
    assert order.snapshot().configuration == ("payment", "asked")
    order.ask(Payment.give_card, card="1234 5678")
    system.settle()
    assert (order.state, order.context.digits) == ("shipped", "5678")
    assert order.context.told == ["left", "paid"]


def test_its_timeouts_deadline_and_delays_run_while_the_state_is_active(
    system: ActorSystem, clock: ManualClock
) -> None:
    order = system.start(Order, id="o", context={"amount": 30})
    assert order.timers() == []
    order.ask("check_out")
    assert [(timer.name, timer.event) for timer in order.timers()] == [
        ("asked", "remind"),
        ("payment", "hurry"),
        ("payment", "give_up"),
    ]
    order.ask("later")
    clock.advance(60)
    assert (order.context.reminders, order.context.told) == (1, ["later"])
    order.ask("back")
    assert order.timers() == []
    order.ask("check_out")
    clock.advance(timedelta(days=1))
    assert (order.state, order.context.hurried) == ("lost", 1)


def test_its_guards_refuse_as_they_do_by_itself(system: ActorSystem) -> None:
    order = system.start(Order, id="o", context={"amount": 101})
    order.ask("check_out")
    order.ask("give_card", card="1234")
    system.settle()
    assert order.snapshot().configuration == ("payment", "checking")
    with pytest.raises(InvalidTransition):
        order.ask("give_card", card="1234")


def test_it_goes_on_after_a_restart(file: Path, clock: ManualClock) -> None:
    with ActorSystem(file, clock=clock) as system:
        system.start(Order, id="o", context={"amount": 30}).ask("check_out")
    with ActorSystem(file, clock=clock) as system:
        order = system.get("o")
        assert order.snapshot().configuration == ("payment", "asked")
        order.ask("give_card", card="9999")
        system.settle()
        assert order.state == "shipped"
        assert system.verify() == []


def test_without_a_context_of_its_own_the_other_has_that_of_what_it_nests(
    system: ActorSystem,
) -> None:
    bare = system.start(Bare, id="b", context={"amount": 1})
    assert bare.snapshot().configuration == ("payment", "asked")
    bare.ask("give_up")
    assert bare.state == "over"
    assert isinstance(bare.context, Payment.Context)


def test_what_is_nested_goes_on_by_itself_as_before(system: ActorSystem) -> None:
    payment = system.start(Payment, id="p", context={"amount": 1})
    payment.ask("give_card", card="4321")
    system.settle()
    assert (payment.state, payment.context.told) == ("paid", ["left", "paid"])


def test_a_subclass_inherits_what_is_nested(system: ActorSystem) -> None:
    class Careful(Order):
        workflow_name = "nested-careful"
        limit = 10

    careful = system.start(Careful, id="c", context={"amount": 11})
    careful.ask("check_out")
    careful.ask("give_card", card="1")
    system.settle()
    assert careful.snapshot().configuration == ("payment", "checking")


def test_what_is_nested_may_nest_and_be_led_out_of() -> None:
    class Outer(Workflow):
        workflow_name = "nested-outer"
        order = Order.as_state(initial=True)
        away = State(final=True)
        flee = order.basket.to(away)
        done_state_order = order.to(away)

    chart = Outer({"amount": 3})
    chart.send("check_out")
    assert set(chart.configuration_values) == {"order", "payment", "asked"}
    chart.send("give_up")
    assert set(chart.configuration_values) == {"away"}
    other = Outer({"amount": 3})
    other.send("flee")
    assert set(other.configuration_values) == {"away"}


def test_a_change_of_what_is_nested_is_a_change_of_the_other() -> None:
    def order(*more: str) -> Any:
        class Inner(Workflow):
            a, b = State(initial=True), State(final=True)
            go = a.to(b)
            if more:
                stay = a.to.itself()

        class Changing(Workflow):
            inner = Inner.as_state(initial=True)
            over = State(final=True)
            done_state_inner = inner.to(over)

        return Changing

    assert differences(fingerprint(order()), fingerprint(order("more"))) == [
        "transition a: stay -> a is new"
    ]


def two_states(first: str = "a", last: str = "b", **more: Any) -> dict[str, Any]:
    here, there = State(initial=True), State(final=True)
    return {first: here, last: there, f"to_{last}": here.to(there), **more}


def made(name: str, **body: Any) -> Any:
    place = {"__module__": __name__, "__qualname__": f"made.<locals>.{name}"}
    return type(Workflow)(name, (Workflow,), {**place, **body})


def around(*nested: Any, **more: Any) -> Any:
    """Return a class that has these for states, one after the other."""
    states = {f"s{n}": one.as_state(initial=n == 0) for n, one in enumerate(nested)}
    over = State(final=True)
    following = [*states.values(), over][1:]
    ways = {
        f"way{n}": state.to(then)
        for n, (state, then) in enumerate(zip(states.values(), following, strict=True))
    }
    return made("Around", **states, over=over, **ways, **more)


class Numbered:
    n: int = 0


class AlsoNumbered:
    n: int = 0


class NumberedAgain(Numbered):
    n: int = 0


class Named:
    name: str = ""


class Listens:
    def on_event(self, state: str, event: str) -> None:
        """Hear of it."""


class Supers(Workflow):
    workflow_name = "nested-supers"
    a, b = State(initial=True), State(final=True)
    go = a.to(b)

    def on_go(self) -> None:
        super().check_step("go", None)


def nothing(self: Any) -> None:
    """Do it."""


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Workflow.as_state(), "no states"),
        (lambda: made("A", **two_states(handlers=[Listens()])).as_state(), "handlers of its own"),
        (lambda: made("A", **two_states(on_enter_state=nothing)).as_state(), "called for all"),
        (lambda: Supers.as_state(), r"on_go\(\) calls super\(\)"),
        (lambda: around(*[made("A", **two_states())] * 2), "have the id 'a'"),
        (
            lambda: around(made("A", **two_states(Context=Numbered)), Context=Named),
            "no field 'n', which A needs",
        ),
        (
            lambda: around(
                made("A", **two_states(Context=Numbered)),
                made("B", **two_states("c", "d", Context=AlsoNumbered)),
                Context=Numbered,
            ),
            "A and B both have a context field 'n'",
        ),
        (
            lambda: around(made("A", **two_states(Context=Numbered)), Context=NumberedAgain),
            "has a field 'n', and so has that of A",
        ),
        (
            lambda: around(
                made("A", **two_states(Context=Numbered)),
                made("B", **two_states("c", "d", Context=Named)),
            ),
            r"class Context\(A.Context, B.Context\)",
        ),
        (
            lambda: around(made("A", **two_states()), Context=Numbered),
            "both have a type or none has",
        ),
        (
            lambda: around(made("A", **two_states(on_to_b=nothing)), on_to_b=lambda self: None),
            "on_to_b",
        ),
    ],
)
def test_what_cannot_be_is_refused_when_the_class_is_made(make: Any, says: str) -> None:
    with pytest.raises(BadDefinition, match=says):
        make()


def test_two_that_are_nested_share_a_context_that_derives_from_both(system: ActorSystem) -> None:
    class Both(Numbered, Named):
        more: int = 0

    first = made("A", **two_states(Context=Numbered))
    second = made("B", **two_states("c", "d", Context=Named))
    ref = system.start(around(first, second, Context=Both), context={"n": 1, "name": "x"})
    ref.ask("way0")
    ref.ask("to_d")
    assert ref.snapshot().configuration == ("s1", "d")
