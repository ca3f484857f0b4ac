"""Workflows leave memory by themselves, and nobody can tell but by looking at the memory."""

from __future__ import annotations

import asyncio
import gc
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, State, Workflow
from repertory.actors.errors import InvalidTransition, StoreError
from repertory.actors.events import WorkflowActivated, WorkflowPassivated
from repertory.actors.runtime import ManualClock

from .charts import Order, Tally
from .faulty import FaultyStore
from .leaving import Courier, evict, in_memory, resting

LONG = 20.0


class Sleeper(Workflow):
    """Its action waits until the test lets it go on."""

    here = State(initial=True)
    doze = here.to.itself(internal=True)
    work = here.to.itself(internal=True)

    began = threading.Event()
    woken: asyncio.Event
    loop: asyncio.AbstractEventLoop

    async def on_doze(self) -> str:
        cls = type(self)
        cls.loop, cls.woken = asyncio.get_running_loop(), asyncio.Event()
        cls.began.set()
        await cls.woken.wait()
        return "awake"

    @classmethod
    def wake(cls) -> None:
        cls.loop.call_soon_threadsafe(cls.woken.set)


class Worker(Workflow):
    """The same in a thread."""

    here = State(initial=True)
    work = here.to.itself(internal=True)

    began = threading.Event()
    go_on = threading.Event()

    def on_work(self) -> str:
        self.began.set()
        assert self.go_on.wait(LONG)
        return "done"


@contextmanager
def turning(**options: Any) -> Iterator[tuple[ActorSystem, ManualClock, list[Any]]]:
    """A system whose clock the test turns, and what it says of workflows that come and go."""
    clock = ManualClock()
    with ActorSystem(clock=clock, **options) as system:
        told: list[Any] = []
        system.events.subscribe(told.append, WorkflowActivated, WorkflowPassivated)
        yield system, clock, told


# --- idle ---


def test_an_idle_workflow_leaves_and_its_next_event_brings_it_back() -> None:
    with turning(passivate_after=100) as (system, clock, told):
        order = system.start(Order, id="o", context={"total": 30})
        order.ask("pay", amount=10)
        resting(system, "o")
        clock.advance(90)
        assert in_memory(system) == ["o"]
        clock.advance(40)
        assert in_memory(system) == []
        assert (order.state, order.context.received) == ("basket", 10)
        assert in_memory(system) == [], "looking at it needs no actor"
        assert order.ask("pay", amount=20) == 30
        assert in_memory(system) == ["o"]
        assert told == [WorkflowPassivated("o", "idle"), WorkflowActivated("o")]
        counted = system.statistics
        assert (counted.active, counted.activated, counted.passivated) == (1, 2, 1)


def test_one_that_is_used_now_and_then_stays() -> None:
    with turning(passivate_after=100) as (system, clock, told):
        tallies = [system.start(Tally, id=id) for id in ("used", "idle")]
        for _ in range(10):
            clock.advance(60)
            tallies[0].ask("add", n=1)
            resting(system, "used")
        assert in_memory(system) == ["used"]
        assert told == [WorkflowPassivated("idle", "idle")]


def test_nobody_leaves_where_no_limit_is_set() -> None:
    with turning(passivate_after=None) as (system, clock, _):
        order = system.start(Order, id="o", context={"total": 1})
        order.ask("pay", amount=1)
        order.ask("ship")
        clock.advance(1_000_000)
        system.settle()
        assert in_memory(system) == ["o"]


def test_many_idle_ones_leave_together_though_the_clocks_thread_is_shared() -> None:
    with turning(passivate_after=100) as (system, clock, _):
        for future in [system.start(Tally, id=f"t{n}", block=False) for n in range(2500)]:
            future.get()
        for id in in_memory(system):
            resting(system, id)
        clock.advance(130)
        assert in_memory(system) == []


# --- finished ---


def test_a_finished_workflow_leaves_at_once() -> None:
    with turning() as (system, _, told):
        gone = threading.Event()
        system.events.subscribe(lambda _: gone.set(), WorkflowPassivated)
        order = system.start(Order, id="o", context={"total": 1})
        order.ask("pay", amount=1)
        order.ask("ship", key="once")
        assert gone.wait(LONG)
        assert in_memory(system) == []
        assert told == [WorkflowPassivated("o", "finished")]
        order.ask("ship", key="once")
        with pytest.raises(InvalidTransition, match="has finished"):
            order.ask("ship")
        order.rollback()
        assert order.state == "paid"


# --- too many ---


def test_of_too_many_the_least_recently_used_leave() -> None:
    with turning(passivate_after=None, max_active=3) as (system, _, told):
        tallies = {}
        for id in ("a", "b", "c"):
            tallies[id] = system.start(Tally, id=id)
            resting(system, id)
        tallies["a"].ask("add", n=1)
        resting(system, "a")
        for id in ("d", "e"):
            system.start(Tally, id=id)
            resting(system, id)
        assert sorted(in_memory(system)) == ["a", "d", "e"]
        assert told == [WorkflowPassivated("b", "limit"), WorkflowPassivated("c", "limit")]


def test_a_thousand_fit_into_a_memory_of_ten() -> None:
    with turning(passivate_after=None, max_active=10) as (system, clock, _):
        for number in range(1000):
            system.start(Tally, id=f"t{number}")
        futures = [
            system.get(f"t{number}").ask("add", n=k, block=False)
            for k in range(3)
            for number in range(1000)
        ]
        for future in futures:
            future.get(timeout=LONG)
        for id in in_memory(system):
            resting(system, id)
        clock.advance(1)
        assert len(in_memory(system)) == 10
        for number in range(1000):
            assert system.get(f"t{number}").context.seen == [0, 1, 2]


class Hoarder(Workflow):
    """Keeps what it gets."""

    here = State(initial=True)
    keep = here.to.itself(internal=True)

    def on_keep(self, what: Any) -> None:
        self.context["kept"] = what


def test_a_limit_to_the_memory_is_kept_by_contexts_that_grow() -> None:
    with turning(passivate_after=None, max_memory=500_000) as (system, clock, _):
        hoarders = [system.start(Hoarder, id=f"h{n}") for n in range(20)]
        assert len(in_memory(system)) == 20
        for hoarder in hoarders:
            hoarder.ask("keep", what=["x" * 1000] * 50)
            resting(system, hoarder.id)
        clock.advance(1)
        assert system._services.activations.weight <= 500_000
        assert 2 <= len(in_memory(system)) < 10


SHAPES: dict[str, Any] = {
    "numbers": list(range(1000, 3000)),
    "texts": [f"a text of no great length {n}" for n in range(500)],
    "one long text": "x" * 20_000,
    "rows": [{"id": n, "name": f"name {n}", "right": True} for n in range(300)],
    "nothing": None,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_estimate_of_the_memory_is_near_to_what_is_taken(shape: str, file: Path) -> None:
    count = 50
    with ActorSystem(file, synchronous="OFF", max_memory=1 << 40) as system:
        for number in range(count):
            hoarder = system.start(Hoarder, id=f"h{number}")
            hoarder.ask("keep", what=SHAPES[shape])
            system.stop(hoarder.id)
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        outcomes = system.recover()
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        assert set(outcomes.values()) == {None}
        assert 0.6 < system._services.activations.weight / taken < 1.5


# --- never one that has something to do ---


def busy_sleeper(system: ActorSystem) -> tuple[Any, Callable[[], None]]:
    Sleeper.began.clear()
    future = system.start(Sleeper, id="busy").ask("doze", block=False)
    assert Sleeper.began.wait(LONG)
    return future, Sleeper.wake


def busy_worker(system: ActorSystem) -> tuple[Any, Callable[[], None]]:
    Worker.began.clear()
    Worker.go_on.clear()
    future = system.start(Worker, id="busy").ask("work", block=False)
    assert Worker.began.wait(LONG)
    return future, Worker.go_on.set


def unwritten(system: ActorSystem) -> tuple[Any, Callable[[], None]]:
    tally = system.start(Tally, id="busy")
    store: Any = system._services.store
    store.hold()
    future = tally.ask("add", n=1, block=False)
    resting(system, "busy")
    return future, store.release


@pytest.mark.parametrize("begin", [busy_sleeper, busy_worker, unwritten])
@pytest.mark.parametrize("why", ["idle", "limit"])
def test_one_that_has_something_to_do_stays_until_it_is_done(begin: Any, why: str) -> None:
    limit = {"passivate_after": 100} if why == "idle" else {"max_active": 1}
    options = {"passivate_after": None, **limit}
    with turning(store=FaultyStore(), **options) as (system, clock, told):
        future, end = begin(system)
        held = begin is unwritten
        if why == "limit" and not held:
            system.start(Tally, id="other")
        clock.advance(1000)
        assert "busy" in in_memory(system)
        assert not [event for event in told if event.workflow_id == "busy"]
        end()
        assert future.get(timeout=LONG) is not None
        resting(system, "busy")
        if why == "idle":
            clock.advance(1000)
        else:
            system.start(Tally, id="another")
            resting(system, "another")
            clock.advance(1)
        assert "busy" not in in_memory(system)
        assert len(system.get("busy").history()) == 2


# --- coming back as it was ---


class Noting:
    """A handler that notes what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def on_event(self, state: str, event: str) -> None:
        self.heard.append((state, event))


def test_handlers_subscriptions_keys_and_refs_stay_good(path: Any) -> None:
    with ActorSystem(path, synchronous="OFF") as system:
        noting, told = Noting(), []
        tally = system.start(Tally, id="t", handlers=[noting])
        cancel = system.subscribe(lambda step: told.append(step.entry.sequence), id="t")
        assert tally.ask("add", n=1, key="k") == 1
        evict(system, "t")
        assert tally.ask("add", n=9, key="k") == 1
        assert tally.ask("add", n=2) == 3
        evict(system, "t")
        assert tally.wait_for(lambda seen: seen.context.total == 3, timeout=LONG)
        assert tally.ask("add", n=4) == 7
        system.settle()
        cancel()
        assert noting.heard == [("open", "add")] * 3
    assert told == [2, 3, 4]


def test_a_step_that_failed_to_commit_is_not_there_after_leaving() -> None:
    store = FaultyStore()
    with ActorSystem(store=store) as system:
        tally = system.start(Tally, id="t")
        store.broken = True
        with pytest.raises(StoreError):
            tally.ask("add", n=1)
        evict(system, "t")
        store.broken = False
        assert tally.ask("add", n=5) == 5


def test_who_hears_that_one_leaves_may_bring_it_back_at_once() -> None:
    with ActorSystem(passivate_after=None) as system:
        tally = system.start(Tally, id="t")
        answers: list[Any] = []

        def again(event: WorkflowPassivated) -> None:
            if len(answers) < 3:
                answers.append(tally.ask("add", n=1, block=False))

        system.events.subscribe(again, WorkflowPassivated)
        for _ in range(3):
            evict(system, "t")
            answers[-1].get(timeout=LONG)
        assert tally.context.total == 3


def test_messages_between_workflows_bring_their_receivers_back() -> None:
    with turning(passivate_after=None, max_active=2) as (system, _, _told):
        for number in range(6):
            system.start(Courier, id=f"c{number}")
        for round in range(30):
            sender, receiver = f"c{round % 6}", f"c{(round * 7 + 1) % 6}"
            system.get(sender).tell("send_on", to=receiver, n=round)
        system.settle(timeout=LONG)
        seen = sorted(n for k in range(6) for n in system.get(f"c{k}").context.seen)
        assert seen == list(range(30))
        assert system.messages() == []


def test_limits_that_make_no_sense_are_refused() -> None:
    for options in (
        {"passivate_after": 0},
        {"max_active": 0},
        {"max_memory": -1},
        {"max_activating": 0},
        {"mailbox_limit": 0},
        {"unwritten_limit": 0},
        {"when_full": "drop"},
    ):
        with pytest.raises(ValueError, match=next(iter(options))):
            ActorSystem(**options)
