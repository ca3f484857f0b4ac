"""Subscriptions that outlive the process, and miss nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest
from repertory.actors import (
    ActorSystem,
    RepertoryError,
    Retention,
    State,
    Stored,
    Workflow,
    migrates,
)
from repertory.actors import durable_subscription as module
from repertory.actors.errors import StoreError
from repertory.actors.events import Committed, SubscriptionFailed, SubscriptionGap
from repertory.actors.runtime import ManualClock
from repertory.persistence.memory import MemoryStore
from repertory.persistence.sqlite import SqliteStore

from .charts import Order, Tally
from .faulty import FaultyStore

Reopen = Callable[..., ActorSystem]


@pytest.fixture
def reopen(path: Path | None) -> Reopen:
    """Opens systems on one and the same store, of each kind."""
    store = MemoryStore()

    def make(**given: Any) -> ActorSystem:
        if path is None:
            return ActorSystem(store=store, **given)
        return ActorSystem(path, synchronous="OFF", **given)

    return make


class Ear:
    """Takes what it is told, and can be asked for it."""

    def __init__(self) -> None:
        self.told: Queue[Committed] = Queue()

    def __call__(self, committed: Committed) -> None:
        self.told.put(committed)

    def hear(self, count: int) -> list[tuple[str, int]]:
        """Wait for so many, and check that they come in the order of their commits."""
        heard = [self.told.get(timeout=30) for _ in range(count)]
        ids = [committed.entry.id for committed in heard]
        assert ids == sorted(set(ids))
        return [(c.position.record.id, c.entry.sequence) for c in heard]

    def nothing_more(self) -> None:
        with pytest.raises(Empty):
            self.told.get_nowait()


def events(system: ActorSystem, *types: type) -> Queue[Any]:
    published: Queue[Any] = Queue()
    system.events.subscribe(published.put, *types)
    return published


def add(system: ActorSystem, id: str, *numbers: int) -> None:
    for n in numbers:
        system.get(id).ask("add", n=n)


def test_what_was_committed_while_nobody_listened_is_told(reopen: Reopen) -> None:
    ear = Ear()
    with reopen() as system:
        system.start(Tally, id="before")
        system.subscribe(ear, durable="mail")
        system.start(Tally, id="t")
        assert ear.hear(1) == [("t", 1)], "it begins with the next step, not with the past"
        add(system, "t", 1)
        assert ear.hear(1) == [("t", 2)]
    with reopen() as system:
        add(system, "t", 2, 3)
        system.start(Tally, id="u")
        ear.nothing_more()
        system.subscribe(ear, durable="mail")
        assert ear.hear(3) == [("t", 3), ("t", 4), ("u", 1)]
        add(system, "u", 1)
        assert ear.hear(1) == [("u", 2)]
    with reopen() as system:
        system.subscribe(ear, durable="mail")
        add(system, "u", 2)
        assert ear.hear(1) == [("u", 3)], "nothing is told again after an orderly end"
        assert system.verify() == []


def test_it_can_begin_with_the_oldest_step_that_is_kept(reopen: Reopen) -> None:
    ear = Ear()
    clock = ManualClock()
    with reopen(clock=clock, retention=Retention(count=2), trim_every=60) as system:
        gaps = events(system, SubscriptionGap)
        system.start(Tally, id="t")
        add(system, "t", 1, 2, 3)
        clock.advance(61)
        system.settle()
        system.subscribe(ear, durable="mail", from_start=True)
        assert ear.hear(2) == [("t", 3), ("t", 4)]
        assert gaps.empty(), "what was gone before it was made is not missed"
        system.subscribe(Ear(), durable="other")
    with reopen() as system:
        system.subscribe(ear, durable="mail", from_start=True)
        add(system, "t", 4)
        assert ear.hear(1) == [("t", 5)], "only a new one begins there"


def test_each_step_is_told_as_it_was_then(reopen: Reopen) -> None:
    ear = Ear()
    with reopen() as system:
        order = system.start(Order, id="o", context={"total": 30})
        order.ask("pay", amount=10)
        order.ask("pay", amount=20)
        order.ask("ship")
        order.rollback(to=3)
        system.subscribe(ear, durable="mail", from_start=True)
        heard = [ear.told.get(timeout=30) for _ in range(5)]
        assert [c.position.context["received"] for c in heard] == [0, 10, 30, 30, 30]
        assert [c.position.record.finished for c in heard] == [0, 0, 0, 1, 0]
        assert [c.position.record.configuration for c in heard] == [c.entry.target for c in heard]
        assert [c.position.record.sequence for c in heard] == [1, 2, 3, 4, 5]
        assert heard[-1].position == order._position()


def test_only_what_is_of_interest_is_told_and_the_rest_is_passed_over(
    reopen: Reopen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PASS_OVER", 50)
    ear = Ear()
    with reopen() as system:
        system.subscribe(ear, durable="mail", workflow=Order, state="paid")
        system.start(Tally, id="t")
        order = system.start(Order, id="o", context={"total": 3})
        order.ask("pay", amount=1)
        order.ask("pay", amount=2)
        assert ear.hear(1) == [("o", 3)]
        before = system.subscriptions()["mail"]
        for _ in range(200):
            system.get("t").tell("add", n=1)
        system.settle()
        while system.subscriptions()["mail"] < before + 50:
            system.settle()
    with reopen() as system:
        # How far it had read when the system was closed; what it passed over is not told again.
        assert before + 50 <= system.subscriptions()["mail"] <= 204
        ear.nothing_more()


def test_a_callback_that_fails_is_called_again_for_the_same_step(reopen: Reopen) -> None:
    clock = ManualClock()
    heard: list[int] = []
    done = threading.Event()

    def moody(committed: Committed) -> None:
        heard.append(committed.entry.sequence)
        if heard.count(2) < 4 and committed.entry.sequence == 2:
            raise OSError("no network")
        if committed.entry.sequence == 3:
            done.set()

    with reopen(clock=clock) as system:
        failures = events(system, SubscriptionFailed)
        system.subscribe(moody, durable="mail")
        system.start(Tally, id="t")
        add(system, "t", 1, 2)
        for attempt, wait in ((1, 0.1), (2, 0.2), (3, 0.4)):
            failed = failures.get(timeout=30)
            assert (failed.name, failed.attempts, failed.retry_in) == ("mail", attempt, wait)
            assert failed.entry == 1 and isinstance(failed.error, OSError)
            assert not done.is_set()
            clock.advance(wait)
        assert done.wait(30)
    assert heard == [1, 2, 2, 2, 2, 3]


def test_a_step_whose_callback_failed_is_told_again_after_a_restart(reopen: Reopen) -> None:
    def broken(committed: Committed) -> None:
        raise OSError("no network")

    ear = Ear()
    with reopen(clock=ManualClock()) as system:
        failures = events(system, SubscriptionFailed)
        system.subscribe(broken, durable="mail")
        system.start(Tally, id="t")
        add(system, "t", 1)
        failures.get(timeout=30)
    with reopen() as system:
        system.subscribe(ear, durable="mail")
        assert ear.hear(2) == [("t", 1), ("t", 2)]


def test_the_cursor_is_never_ahead_of_what_was_told(reopen: Reopen) -> None:
    """So whenever the process dies, what was not told yet is told by the next one."""
    ahead: list[tuple[int, int]] = []
    heard: Queue[int] = Queue()
    with reopen() as system:

        def look(committed: Committed) -> None:
            kept = system.subscriptions()["mail"]
            if kept >= committed.entry.id:
                ahead.append((kept, committed.entry.id))
            heard.put(committed.entry.id)

        system.subscribe(look, durable="mail")
        for name in "abc":
            system.start(Tally, id=name)
        for n in range(200):
            for name in "abc":
                system.get(name).tell("add", n=n)
        ids = [heard.get(timeout=30) for _ in range(603)]
    assert ids == sorted(ids) and ahead == []


def test_entries_that_are_gone_before_they_were_seen_are_named(reopen: Reopen) -> None:
    ear = Ear()
    clock = ManualClock()
    with reopen() as system:
        system.subscribe(ear, durable="mail")
        system.start(Tally, id="t")
        ear.hear(1)
    with reopen(clock=clock, retention=Retention(count=2), trim_every=60) as system:
        add(system, "t", *range(9))
        system.start(Tally, id="gone")
        system.remove("gone")
        clock.advance(61)
        system.settle()
        gaps = events(system, SubscriptionGap)
        system.subscribe(ear, durable="mail")
        assert gaps.get(timeout=30) == SubscriptionGap("mail", 2, 8)
        assert ear.hear(2) == [("t", 9), ("t", 10)]
        add(system, "t", 1)
        assert gaps.get(timeout=30) == SubscriptionGap("mail", 11, 11)
        assert ear.hear(1) == [("t", 11)]
        assert ear.told.empty() and gaps.empty()


def test_forks_and_imports_are_told_too(reopen: Reopen) -> None:
    ear = Ear()
    with ActorSystem() as other:
        other.start(Tally, id="i")
        add(other, "i", 1)
        document = other.export("i")
    with reopen() as system:
        system.start(Tally, id="t")
        system.subscribe(ear, durable="mail")
        system.get("t").fork(id="f")
        assert ear.hear(1) == [("f", 1)]
        system.import_(document)
        assert ear.hear(2) == [("i", 1), ("i", 2)]


def test_the_version_that_a_step_was_taken_under_is_told(reopen: Reopen) -> None:
    def old() -> type[Workflow]:
        class Lamp(Workflow):
            __qualname__ = "Lamp"
            off = State(initial=True)
            on = State(final=True)
            wait = off.to.itself(internal=True)
            light = off.to(on)

        return Lamp

    def new() -> type[Workflow]:
        class Lamp(Workflow):
            __qualname__ = "Lamp"
            version = 2
            dark = State(initial=True)
            lit = State(final=True)
            wait = dark.to.itself(internal=True)
            light = dark.to(lit)

            @migrates(from_=1, to=2)
            @staticmethod
            def rename(stored: Stored) -> Stored:
                stored.rename_state("off", "dark")
                return stored

        return Lamp

    with reopen() as system:
        system.start(old(), id="l").ask("wait")
    new()
    for _ in range(2):
        ear = Ear()
        with reopen() as system:
            if system.metadata("l").version == 1:
                system.get("l").ask("light")
            system.subscribe(ear, durable="mail", from_start=True)
            heard = [ear.told.get(timeout=30) for _ in range(4)]
            assert [c.position.record.version for c in heard] == [1, 1, 2, 2]
            assert [c.entry.kind.value for c in heard][2] == "migrated"
            assert heard[-1].position.record.finished
            system.close()
        with reopen() as system:
            system.forget_subscription("mail")


def test_an_async_callback_is_awaited_before_the_next_step(reopen: Reopen) -> None:
    running = 0
    heard: Queue[int] = Queue()

    async def slow(committed: Committed) -> None:
        nonlocal running
        running += 1
        assert running == 1
        for _ in range(5):
            await asyncio.sleep(0)
        running -= 1
        heard.put(committed.entry.sequence)

    with reopen() as system:
        system.subscribe(slow, durable="mail")
        system.start(Tally, id="t")
        add(system, "t", *range(50))
        assert [heard.get(timeout=30) for _ in range(51)] == list(range(1, 52))


def test_a_name_is_open_once_and_can_be_opened_again(reopen: Reopen) -> None:
    ear, other = Ear(), Ear()
    with reopen() as system:
        end = system.subscribe(ear, durable="mail")
        with pytest.raises(RepertoryError, match="'mail' is open already"):
            system.subscribe(other, durable="mail")
        with pytest.raises(RepertoryError, match="end it before"):
            system.forget_subscription("mail")
        with pytest.raises(RepertoryError, match="has a name"):
            system.subscribe(other, durable="")
        system.start(Tally, id="t")
        ear.hear(1)
        end()
        end()
        add(system, "t", 1)
        system.subscribe(other, durable="mail")
        assert other.hear(1) == [("t", 2)]
        ear.nothing_more()


def test_a_forgotten_one_is_new_the_next_time(reopen: Reopen) -> None:
    ear = Ear()
    with reopen() as system:
        system.subscribe(ear, durable="mail")()
        system.start(Tally, id="t")
        assert system.forget_subscription("mail")
        assert not system.forget_subscription("mail")
        assert system.subscriptions() == {}
        system.subscribe(ear, durable="mail")
        add(system, "t", 1)
        assert ear.hear(1) == [("t", 2)]


def test_a_callback_can_end_its_own_subscription(reopen: Reopen) -> None:
    heard: Queue[int] = Queue()
    with reopen() as system:

        def once(committed: Committed) -> None:
            end()
            heard.put(committed.entry.sequence)

        end = system.subscribe(once, durable="mail")
        system.start(Tally, id="t")
        add(system, "t", 1)
        assert heard.get(timeout=30) == 1
    assert heard.empty()


def test_closing_waits_for_the_callback_that_is_running(file: Path) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow(committed: Committed) -> None:
        entered.set()
        assert leave.wait(30)

    system = ActorSystem(file).open()
    system.subscribe(slow, durable="mail")
    system.start(Tally, id="t")
    add(system, "t", 1)
    assert entered.wait(30)
    closing = threading.Thread(target=system.close)
    closing.start()
    leave.set()
    closing.join(30)
    assert not closing.is_alive()
    store = SqliteStore(file, read_only=True)
    assert store.cursors()["mail"] >= 1, "it returned, so it counts"
    store.close()


def test_a_store_that_is_only_looked_at_has_no_subscriptions(file: Path) -> None:
    with ActorSystem(file) as system:
        system.start(Tally, id="t")
    with ActorSystem(file, read_only=True) as system:
        with pytest.raises(StoreError, match="read-only"):
            system.subscribe(Ear(), durable="mail", from_start=True)
        assert system.subscriptions() == {}


def test_a_store_that_can_not_be_read_for_a_while_holds_it_up_and_no_more() -> None:
    class Blind(FaultyStore):
        blind = False

        def committed(self, *, after: int, first: int) -> Any:
            if self.blind:
                raise StoreError("The disk does not answer.")
            return super().committed(after=after, first=first)

    store, clock, ear = Blind(), ManualClock(), Ear()
    with ActorSystem(store=store, clock=clock) as system:
        failures = events(system, SubscriptionFailed)
        system.subscribe(ear, durable="mail")
        store.blind = True
        system.start(Tally, id="t")
        assert isinstance(failures.get(timeout=30).error, StoreError)
        store.blind = False
        clock.advance(0.1)
        assert ear.hear(1) == [("t", 1)]
