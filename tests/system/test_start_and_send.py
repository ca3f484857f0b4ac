"""Starting workflows, sending them events, finding them, stopping and removing them."""

from __future__ import annotations

import asyncio
from enum import Enum, StrEnum
from pathlib import Path

import pytest
from repertory.actors import (
    ActorSystem,
    Lifecycle,
    RepertoryError,
    State,
    Workflow,
    load_definitions,
)
from repertory.actors.errors import (
    ContextInvalid,
    InvalidTransition,
    SystemStopped,
    Timeout,
    UnknownEvent,
    WorkflowExists,
    WorkflowNotFound,
)
from repertory.actors.events import EventFailed

from .charts import Fetch, Gate, Order, Review, Tally


def test_an_event_is_answered_with_what_its_action_returned(system: ActorSystem) -> None:
    order = system.start(Order, id="order-7", context={"total": 30})
    assert order.ask(Order.pay, amount=10) == 10
    assert order.state == "basket"
    assert order.ask("pay", amount=20) == 30
    assert order.state == "paid"
    assert order.context == Order.Context(total=30, received=30)


def test_events_and_states_may_be_enum_members(system: ActorSystem) -> None:
    class Events(StrEnum):
        PAY = "pay"

    class OtherEvents(Enum):
        ship = 1

    order = system.start(Order, context={"total": 1})
    order.ask(Events.PAY, amount=1)
    assert order.snapshot().is_in(Order.paid)
    order.ask(OtherEvents.ship)
    assert [record.id for record in system.list(Order, state=Order.shipped)] == [order.id]


def test_an_event_that_the_state_does_not_allow_changes_nothing(system: ActorSystem) -> None:
    order = system.start(Order, id="o", context={"total": 30})
    with pytest.raises(InvalidTransition, match="'o' can't take event 'ship' in 'basket'") as info:
        order.ask(Order.ship)
    assert (info.value.workflow_id, info.value.event) == ("o", "ship")
    assert info.value.configuration == ("basket",)
    assert [entry.kind for entry in order.history()] == ["created"]


class Checkout(Workflow):
    basket, paid = State(initial=True), State(final=True)
    checkout = basket.to(paid, cond="not_empty")
    leave = basket.to(paid, cond=["not_empty", "paid_for"]) | basket.to(paid, unless="watched")
    wait = basket.to.itself(internal=True)

    def not_empty(self) -> bool:
        return False

    def paid_for(self) -> bool:
        return True

    def watched(self) -> bool:
        return True


def test_a_refusal_names_the_guards_that_were_in_the_way(system: ActorSystem) -> None:
    checkout = system.start(Checkout, id="c")
    for event, said, guards in (
        (
            "checkout",
            "in 'basket': its guard 'not_empty' says no; it takes leave, wait there.",
            ("not_empty",),
        ),
        (
            "leave",
            "its guards say no; the event needs 'not_empty' and 'paid_for', or '!watched'; it "
            "takes checkout, wait there.",
            ("not_empty", "paid_for", "!watched"),
        ),
    ):
        with pytest.raises(InvalidTransition) as info:
            checkout.ask(event)
        assert str(info.value).endswith(said)
        assert info.value.guards == guards


def test_a_refusal_of_a_document_shows_the_expression(system: ActorSystem) -> None:
    workflow = load_definitions(
        """workflow = "RefusedByExpression"
        [context]
        n = 1
        [states.a]
        on.go = { to = "b", if = "context.n > 1" }
        [states.b]
        final = true
        """
    )["RefusedByExpression"]
    with pytest.raises(InvalidTransition, match=r"its guard 'context.n > 1' says no"):
        system.start(workflow).ask("go")


def test_a_refusal_can_be_kept_in_the_history(system: ActorSystem) -> None:
    order = system.start(Order, id="o", context={"total": 30})
    for event in ("ship", "nonsense"):
        with pytest.raises(RepertoryError):
            order.ask(event, {"by": "Ada"}, keep_refused=True)
    kept = order.history(last=2)
    assert [(e.kind, e.event, e.data) for e in kept] == [
        ("refused", "ship", {"by": "Ada"}),
        ("refused", "nonsense", {"by": "Ada"}),
    ]
    assert all(e.source == e.target == ("basket",) for e in kept)
    assert kept[0].error is not None and kept[0].error["type"] == "InvalidTransition"


def test_an_unknown_event_is_an_error_that_names_the_known_ones(system: ActorSystem) -> None:
    order = system.start(Order, id="o", context={"total": 30})
    with pytest.raises(UnknownEvent, match="no event 'fly'; order takes pay, ship, spoil"):
        order.ask("fly")


def test_events_that_a_chart_gives_itself_cannot_be_sent(system: ActorSystem) -> None:
    review = system.start(Review)
    for event in ("done_state_work", "done.state.work"):
        with pytest.raises(UnknownEvent):
            review.ask(event)


def test_a_finished_workflow_takes_no_more_events(system: ActorSystem) -> None:
    order = system.start(Order, id="o", context={"total": 1})
    order.ask("pay", amount=1)
    order.ask("ship")
    with pytest.raises(InvalidTransition, match="has finished in 'shipped'") as info:
        order.ask("ship")
    assert info.value.finished
    assert system.metadata("o").finished


def test_an_id_can_be_taken_only_once(system: ActorSystem) -> None:
    system.start(Order, id="o", context={"total": 1})
    with pytest.raises(WorkflowExists, match="'o' already"):
        system.start(Tally, id="o")
    system.stop("o")
    with pytest.raises(WorkflowExists):
        system.start(Tally, id="o")
    assert system.metadata("o").type == "order"


def test_a_workflow_that_is_not_there_is_an_error_wherever_it_is_asked_for(
    system: ActorSystem,
) -> None:
    system.start(Tally, id="t")
    for attempt in (
        lambda: system.get("x"),
        lambda: system.metadata("x"),
        lambda: system.stop("x"),
        lambda: system.remove("x"),
        lambda: system.export("x"),
    ):
        with pytest.raises(WorkflowNotFound, match="'x'"):
            attempt()
    gone = system.get("t")
    system.remove("t")
    for attempt in (
        lambda: gone.ask("add", n=1),
        lambda: gone.state,
        lambda: gone.history(),
        lambda: gone.rollback(),
        lambda: gone.wait_for("open", timeout=1),
    ):
        with pytest.raises(WorkflowNotFound, match="'t'"):
            attempt()


@pytest.mark.parametrize(
    ("context", "says"),
    [
        ({"total": "much"}, "total"),
        ({}, "total"),
        ({"total": 1, "totall": 2}, "totall"),
        ({"total": float("nan")}, "total"),
    ],
)
def test_context_that_does_not_fit_is_refused_and_nothing_is_started(
    system: ActorSystem, context: dict[str, object], says: str
) -> None:
    with pytest.raises(ContextInvalid, match=says):
        system.start(Order, id="o", context=context)
    assert system.list() == []


def test_workflows_are_listed_by_class_state_and_end_a_page_at_a_time(
    system: ActorSystem,
) -> None:
    orders = [system.start(Order, id=f"o{n}", context={"total": 1}) for n in range(5)]
    system.start(Review, id="r")
    for order in orders[:3]:
        order.ask("pay", amount=1)
    orders[0].ask("ship")

    def ids(*args: object, **how: object) -> list[str]:
        return [record.id for record in system.list(*args, **how)]  # type: ignore[arg-type]

    assert ids() == ["o0", "o1", "o2", "o3", "o4", "r"]
    assert ids("Review") == ids(Review) == ["r"]
    assert ids(state="paid") == ["o1", "o2"]
    assert ids(state=Review.work) == ids(state="tech") == ["r"]
    assert ids(finished=True) == ["o0"]
    assert ids(Order, finished=False, state="basket") == ["o3", "o4"]
    page = system.list(limit=2)
    assert [r.id for r in page] == ["o0", "o1"]
    assert ids(limit=2, after=page[-1].number) == ["o2", "o3"]


def test_a_stopped_workflow_comes_back_with_its_next_event(system: ActorSystem) -> None:
    tally = system.start(Tally, id="t")
    tally.ask("add", n=2)
    system.stop("t")
    assert tally.state == "open" and tally.context.total == 2
    assert tally.ask("add", n=3) == 5
    system.stop("t")
    system.stop("t")


def test_a_removed_id_is_free_again(system: ActorSystem) -> None:
    system.start(Tally, id="t").ask("add", n=2, key="k")
    system.remove("t")
    again = system.start(Tally, id="t")
    assert again.ask("add", n=5, key="k") == 5
    assert len(again.history()) == 2


def test_tell_does_not_wait_and_its_failures_are_published(system: ActorSystem) -> None:
    heard: list[EventFailed] = []
    order = system.start(Order, id="o", context={"total": 30})
    subscription = system.events.subscribe(heard.append, EventFailed)
    order.tell("ship")
    order.tell("spoil")
    order.tell("pay", amount=30)
    assert order.wait_for("paid", timeout=30).context.received == 30
    order.ask("ship")
    system.settle()
    subscription.cancel()
    assert [(f.workflow_id, type(f.error).__name__) for f in heard] == [
        ("o", "InvalidTransition"),
        ("o", "HandlerFailed"),
    ]


def test_a_broadcast_reaches_all_that_have_not_finished(system: ActorSystem) -> None:
    tallies = [system.start(Tally, id=f"t{n}") for n in range(20)]
    system.start(Order, id="o", context={"total": 1})
    assert system.broadcast("add", workflow=Tally, n=7) == 20
    for tally in tallies:
        assert tally.wait_for(lambda seen: seen.context.total == 7, timeout=30)


def test_a_future_is_given_at_once_and_answers_later(system: ActorSystem) -> None:
    tally = system.start(Tally)
    futures = [tally.ask("add", n=n, block=False) for n in range(1, 101)]
    assert [future.get(timeout=30) for future in futures] == [
        n * (n + 1) // 2 for n in range(1, 101)
    ]


def test_a_wait_ends_in_time_and_the_event_still_takes_effect(system: ActorSystem) -> None:
    gate = Gate.make("late")
    gate.clear()
    visitor = system.start(Gate)
    with pytest.raises(Timeout):
        visitor.ask("enter", gate="late", timeout=0.01)
    with pytest.raises(Timeout, match="to be as asked"):
        visitor.wait_for("through", timeout=0.01)
    gate.set()
    assert visitor.wait_for("through", timeout=30).finished


def test_workflows_that_block_do_not_hold_up_the_others(system: ActorSystem) -> None:
    blocked = []
    for n in range(32):
        Gate.make(f"block-{n}").clear()
        visitor = system.start(Gate)
        blocked.append((n, visitor.ask("enter", gate=f"block-{n}", block=False)))
    for n, _ in blocked:
        assert Gate.entered[f"block-{n}"].wait(30)
    tally = system.start(Tally)
    assert tally.ask("add", n=1, timeout=30) == 1
    for n, future in blocked:
        Gate.gates[f"block-{n}"].set()
        future.get(timeout=30)


def test_everything_can_be_done_from_asyncio(path: Path | None) -> None:
    async def main() -> None:
        async with ActorSystem(path, synchronous="OFF") as system:
            tallies = await asyncio.gather(*(system.start_async(Tally) for _ in range(10)))
            answers = await asyncio.gather(
                *(tally.ask_async("add", n=n) for n, tally in enumerate(tallies))
            )
            assert answers == list(range(10))
            waiting = asyncio.create_task(
                tallies[0].wait_for_async(lambda seen: seen.context.total == 5, timeout=30)
            )
            assert await tallies[0].ask("add", n=5, block=False) == 5
            assert (await waiting).context.total == 5
            with pytest.raises(InvalidTransition):
                order = await system.start_async(Order, context={"total": 1})
                await order.ask_async("ship")
            with pytest.raises(Timeout):
                await tallies[0].wait_for_async(lambda seen: False, timeout=0.01)

    asyncio.run(main())


def test_async_actions_are_awaited_and_answered(system: ActorSystem) -> None:
    fetch = system.start(Fetch)
    assert fetch.ask("fetch", url="a") == "A"
    fetch.ask("again")
    system.stop(fetch.id)
    assert fetch.ask("fetch", url="b") == "B"
    assert fetch.context == {"url": "b"}
    fetch.ask("again")
    with pytest.raises(RepertoryError, match="OSError: no network"):
        fetch.ask("fail")
    assert (fetch.state, fetch.context) == ("idle", {"url": "b"})


def test_a_closed_system_says_so(path: Path | None) -> None:
    system = ActorSystem(path)
    with pytest.raises(SystemStopped, match="not open"):
        system.start(Lifecycle)
    with system:
        job = system.start(Lifecycle)
    for attempt in (lambda: job.ask("start"), lambda: job.tell("start"), lambda: job.state):
        with pytest.raises(SystemStopped):
            attempt()
    system.close()


def test_closing_lets_workflows_finish_what_they_were_sent(file: Path) -> None:
    with ActorSystem(file) as system:
        tally = system.start(Tally, id="t")
        for n in range(200):
            tally.tell("add", n=n)
    with ActorSystem(file) as system:
        assert system.get("t").context.seen == list(range(200))


def test_systems_in_one_process_do_not_see_each_other(tmp_path: Path) -> None:
    with ActorSystem(tmp_path / "a.db") as one, ActorSystem(tmp_path / "b.db") as other:
        one.start(Tally, id="t").ask("add", n=1)
        assert other.list() == []
        other.start(Tally, id="t").ask("add", n=2)
        other.close()
        assert one.get("t").ask("add", n=1) == 2
