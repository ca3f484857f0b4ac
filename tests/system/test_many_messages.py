"""Of many messages that wait, few are in memory; and none overtakes another."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, State, Workflow
from repertory.actors.activations import Activations
from repertory.actors.due import WINDOW
from repertory.actors.errors import StoreError
from repertory.actors.outbox import EACH
from repertory.actors.runtime import ManualClock
from repertory.persistence.records import Stored

from .charts import Tally
from .faulty import FaultyStore

LONG = 30.0


class Sender(Workflow):
    """Sends numbers in a row."""

    workflow_name = "sender-in-a-row"

    here = State(initial=True)
    flood = here.to.itself(internal=True)

    def on_flood(self, to: list[str], start: int, count: int) -> None:
        for n in range(start, start + count):
            for receiver in to:
                self.tell(receiver, "take", n=n)


class Slow(Workflow):
    """Takes its first message when the test says so, and notes how many wait meanwhile."""

    here = State(initial=True)
    take = here.to.itself(internal=True)

    go_on = threading.Event()
    began = threading.Event()
    waiting: dict[str, int] = {}
    activations: Activations

    class Context:
        seen: list[int] = []

    def on_take(self, n: int) -> None:
        self.began.set()
        assert self.go_on.wait(LONG)
        activation = self.activations.find(self.workflow_id)
        found = 0 if activation is None else len(activation.ref.actor_inbox.queue)
        self.waiting[self.workflow_id] = max(found, self.waiting.get(self.workflow_id, 0))
        self.context.seen.append(n)


@pytest.fixture(autouse=True)
def shut() -> None:
    Slow.go_on.clear()
    Slow.began.clear()
    Slow.waiting.clear()


def test_a_receiver_gets_so_many_at_once_and_all_of_them_in_order(system: ActorSystem) -> None:
    Slow.activations = system._services.activations
    slow = system.start(Slow, id="r")
    senders = [system.start(Sender, id=f"s{n}") for n in range(3)]
    for round in range(5):
        for number, sender in enumerate(senders):
            sender.ask("flood", to=["r"], start=1000 * number + 100 * round, count=100)
    assert Slow.began.wait(LONG)
    assert len(system._services.store.messages(receiver="r", limit=10_000)) == 1500
    Slow.go_on.set()
    system.settle(timeout=LONG)
    seen = slow.context.seen
    for number in range(3):
        assert [n for n in seen if n // 1000 == number] == [1000 * number + n for n in range(500)]
    assert Slow.waiting["r"] <= EACH
    assert system.messages() == []


def test_all_receivers_together_get_so_many_at_once(system: ActorSystem) -> None:
    Slow.activations = system._services.activations
    Slow.go_on.set()
    names = [f"r{n}" for n in range(60)]
    for name in names:
        system.start(Slow, id=name)
    outbox = system._services.persistence._actor_weakref()._outbox
    most = 0

    def count(_: Any) -> None:
        nonlocal most
        most = max(most, len(outbox._in_flight))

    system.subscribe(count)
    system.start(Sender, id="s").ask("flood", to=names, start=0, count=150)
    system.settle(timeout=LONG)
    for name in names:
        assert system.get(name).context.seen == list(range(150))
    assert 0 < most <= WINDOW


def test_what_was_waiting_when_the_store_is_opened_comes_before_what_is_sent_then(
    file: Path,
) -> None:
    names = [f"r{n}" for n in range(40)]
    with ActorSystem(file, synchronous="OFF") as system:
        Slow.activations = system._services.activations
        for name in names:
            system.start(Slow, id=name)
        system.start(Sender, id="s").ask("flood", to=names, start=0, count=100)
        closing = threading.Thread(target=system.close, kwargs={"timeout": 0})
        closing.start()
        Slow.go_on.set()
        closing.join()
    with ActorSystem(file, synchronous="OFF") as system:
        Slow.activations = system._services.activations
        assert len(system._services.store.messages(limit=10_000)) > WINDOW
        system.get("s").ask("flood", to=names, start=100, count=100)
        system.settle(timeout=LONG)
        for name in names:
            assert system.get(name).context.seen == list(range(200))
        assert max(Slow.waiting.values()) <= 2 * EACH
        assert system.verify() == []


class Forgetful(FaultyStore):
    """Can't read a workflow so many times."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = 0

    def load(self, workflow_id: str) -> Stored | None:
        if workflow_id == "t" and self.fails:
            self.fails -= 1
            raise StoreError("An I/O error.")
        return super().load(workflow_id)


@pytest.mark.parametrize("fails", [1, 2, 3])
def test_a_workflow_that_cant_be_read_just_once_takes_no_message_before_another(
    fails: int,
) -> None:
    class Told(Workflow):
        workflow_name = f"told-{fails}"
        here = State(initial=True)
        tell_one = here.to.itself(internal=True)

        def on_tell_one(self, n: int) -> None:
            self.tell("t", "add", n=n)

    clock, store = ManualClock(), Forgetful()
    with ActorSystem(store=store, clock=clock) as system:
        tally, told = system.start(Tally, id="t"), system.start(Told, id="s")
        for round in range(10):
            system.stop("t")
            store.fails = fails
            for n in range(5):
                told.tell("tell_one", n=5 * round + n)
            system.settle(timeout=LONG)
            while store.fails or system.messages():
                clock.advance(60)
                system.settle(timeout=LONG)
        assert tally.context.seen == list(range(50))
