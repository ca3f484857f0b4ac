"""When the disk or a workflow can't keep up, senders feel it, and memory does not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from repertory.actors import ActorSystem, State, Workflow
from repertory.actors.errors import HandlerFailed, MailboxFull, SystemStopped
from repertory.actors.reception import Gate
from repertory.persistence.records import Stored

from .charts import Tally
from .faulty import FaultyStore
from .test_races import aside

LONG = 15.0
BATCH = 1000


class Turnstile(Workflow):
    """Lets nobody through until the test says so."""

    here = State(initial=True)
    block = here.to.itself(internal=True)
    add = here.to.itself(internal=True)
    tell_of = here.to.itself(internal=True)
    pass_to = here.to.itself(internal=True)

    began = threading.Event()
    go_on = threading.Event()
    system: ActorSystem

    class Context:
        seen: list[int] = []

    def on_block(self) -> None:
        self.began.set()
        assert self.go_on.wait(LONG)

    def on_add(self, n: int) -> int:
        self.context.seen.append(n)
        return n

    def on_tell_of(self, to: str, n: int) -> None:
        self.system.get(to).tell("add", n=n)

    def on_pass_to(self, to: str, n: int) -> None:
        self.tell(to, "add", n=n)


@pytest.fixture(autouse=True)
def shut() -> Iterator[None]:
    Turnstile.began.clear()
    Turnstile.go_on.clear()
    yield
    Turnstile.go_on.set()


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, str], None]:
    """Waits until so many senders have come to a gate that is shut."""
    come = {kind: threading.Semaphore(0) for kind in ("steps", "events", "workflows")}
    original = Gate.wait

    def wait(gate: Gate) -> Any:
        ticket = original(gate)
        come[gate.what.split()[0]].release()
        return ticket

    def until(count: int, kind: str) -> None:
        for _ in range(count):
            assert come[kind].acquire(timeout=LONG)

    monkeypatch.setattr(Gate, "wait", wait)
    return until


def blocked(system: ActorSystem, id: str = "t") -> Any:
    """Start a workflow that is at work, so that its mailbox fills."""
    Turnstile.system = system
    turnstile = system.start(Turnstile, id=id)
    turnstile.tell("block")
    assert Turnstile.began.wait(LONG)
    return turnstile


def queue_of(system: ActorSystem, id: str) -> Any:
    activation = system._services.activations.find(id)
    assert activation is not None
    return activation.ref.actor_inbox.queue


# --- the disk ---


@pytest.mark.parametrize("how", ["tell", "ask"])
def test_while_the_disk_stands_still_senders_wait_and_then_all_go_on(
    waiting: Callable[[int, str], None], how: str
) -> None:
    store, senders, each, workflows = FaultyStore(), 8, 300, 4
    with ActorSystem(store=store, mailbox_limit=20, unwritten_limit=100) as system:
        refs = [system.start(Tally, id=f"t{n}") for n in range(workflows)]
        most = 0

        def send(sender: int) -> None:
            nonlocal most
            futures = []
            for number in range(each):
                ref, n = refs[number % workflows], sender * each + number
                if how == "tell":
                    ref.tell("add", n=n)
                else:
                    futures.append(ref.ask("add", n=n, block=False))
                most = max(most, system.statistics.unwritten)
            for future in futures:
                future.get(timeout=LONG)

        store.hold()
        ends = [aside(lambda sender=sender: send(sender)) for sender in range(senders)]
        waiting(senders, "steps")
        assert not any(end.done() for end in ends)
        # One batch has been taken from the queue and is at the disk.
        assert 100 <= system.statistics.unwritten <= 100 + workflows * 20 + senders
        store.release()
        for end in ends:
            end.result(timeout=LONG)
        system.settle(timeout=LONG)
        assert most <= 100 + workflows * 20 + senders
        seen = [n for ref in refs for n in ref.context.seen]
        assert sorted(seen) == list(range(senders * each))
        for ref in refs:
            for sender in range(senders):
                mine = [n for n in ref.context.seen if n // each == sender]
                assert mine == sorted(mine)


def test_new_workflows_wait_for_the_disk_too(waiting: Callable[[int, str], None]) -> None:
    store = FaultyStore()
    with ActorSystem(store=store, unwritten_limit=10, max_activating=20) as system:
        store.hold()
        started: list[Any] = []

        def start() -> None:
            for number in range(100):
                started.append(system.start(Tally, id=f"t{number}", block=False))

        end = aside(start)
        waiting(1, "steps")
        assert len(started) < 100
        store.release()
        end.result(timeout=LONG)
        for future in started:
            future.get(timeout=LONG)
        assert len(system.list(limit=200)) == 100


def test_a_system_that_refuses_says_so_and_loses_nothing_that_it_took() -> None:
    store = FaultyStore()
    with ActorSystem(store=store, unwritten_limit=10, when_full="refuse") as system:
        tally = system.start(Tally, id="t")
        store.hold()
        taken = []
        with pytest.raises(MailboxFull, match="10 steps wait for the disk") as refused:
            for n in range(BATCH + 1000):
                taken.append(tally.ask("add", n=n, block=False))
                queue = queue_of(system, "t")
                while queue:  # until its steps have come to the disk
                    pass
        assert (refused.value.workflow_id, refused.value.limit) == ("t", 10)
        with pytest.raises(MailboxFull):
            system.start(Tally)
        store.release()
        for future in taken:
            future.get(timeout=LONG)
        assert tally.context.seen == list(range(len(taken)))
        assert tally.ask("add", n=5) > 0


# --- one workflow ---


def test_a_mailbox_never_holds_more_than_its_limit(waiting: Callable[[int, str], None]) -> None:
    senders, each = 6, 50
    with ActorSystem(mailbox_limit=10) as system:
        turnstile = blocked(system)
        queue = queue_of(system, "t")

        def send(sender: int) -> None:
            for number in range(each):
                turnstile.tell("add", n=each * sender + number)
                assert len(queue) <= 10

        ends = [aside(lambda sender=sender: send(sender)) for sender in range(senders)]
        waiting(senders, "events")
        assert len(queue) == 10
        Turnstile.go_on.set()
        for end in ends:
            end.result(timeout=LONG)
        system.settle(timeout=LONG)
        seen = turnstile.context.seen
        assert sorted(seen) == list(range(senders * each))
        for sender in range(senders):
            mine = [n for n in seen if n // each == sender]
            assert mine == sorted(mine)


def test_who_waits_no_longer_than_so_long_is_told_what_was_full() -> None:
    with ActorSystem(mailbox_limit=2) as system:
        turnstile = blocked(system)
        for n in range(2):
            turnstile.tell("add", n=n)
        for send in (turnstile.tell, turnstile.ask):
            with pytest.raises(MailboxFull, match="'t' was sent nothing: 2 events") as full:
                send("add", n=9, timeout=0.01)
            assert (full.value.workflow_id, full.value.limit) == ("t", 2)
        Turnstile.go_on.set()
        assert turnstile.ask("add", n=2) == 2
        assert turnstile.context.seen == [0, 1, 2]


def test_whoever_waits_at_the_end_is_told_that_it_has_come(
    waiting: Callable[[int, str], None],
) -> None:
    system = ActorSystem(mailbox_limit=1).open()
    turnstile = blocked(system)
    turnstile.tell("add", n=1)
    ends = [aside(lambda: turnstile.ask("add", n=2)) for _ in range(3)]
    waiting(3, "events")
    closing = aside(lambda: system.close(timeout=0.01))
    for end in ends:
        with pytest.raises(SystemStopped):
            end.result(timeout=LONG)
    Turnstile.go_on.set()
    closing.result(timeout=LONG)


def test_an_action_never_waits_for_room(system: ActorSystem) -> None:
    with ActorSystem(mailbox_limit=3) as system:
        turnstile = blocked(system)
        other = system.start(Turnstile, id="other")
        for n in range(3):
            other.ask("tell_of", to="t", n=n)
        with pytest.raises(HandlerFailed, match="MailboxFull"):
            other.ask("tell_of", to="t", n=3)
        # What leaves with the step is in the store, and waits there.
        for n in range(4, 8):
            other.ask("pass_to", to="t", n=n)
        Turnstile.go_on.set()
        system.settle(timeout=LONG)
        assert turnstile.context.seen == [0, 1, 2, 4, 5, 6, 7]


# --- asyncio ---


def test_the_loop_goes_on_while_its_senders_wait() -> None:
    store = FaultyStore()

    async def main(system: ActorSystem) -> list[int]:
        tally = await system.start_async(Tally, id="t")
        store.hold()
        tasks = [asyncio.ensure_future(tally.ask_async("add", n=1)) for _ in range(300)]
        more = [asyncio.ensure_future(system.start_async(Tally)) for _ in range(50)]
        for _ in range(50):
            await asyncio.sleep(0)
        assert not any(task.done() for task in [*tasks, *more])
        dropped = tasks.pop()
        dropped.cancel()
        store.release()
        answers = await asyncio.gather(*tasks)
        await asyncio.gather(*more)
        return answers

    with ActorSystem(store=store, mailbox_limit=5, unwritten_limit=5) as system:
        answers = asyncio.run(asyncio.wait_for(main(system), LONG))
        assert sorted(answers)[:299] == sorted(answers)
        assert len(answers) == 299


def test_what_cant_wait_in_a_loop_is_refused_there() -> None:
    async def main(turnstile: Any) -> None:
        for n in range(2):
            turnstile.tell("add", n=n)
        with pytest.raises(MailboxFull):
            turnstile.tell("add", n=2)
        with pytest.raises(MailboxFull):
            turnstile.ask("add", n=2, block=False)
        waits = asyncio.ensure_future(turnstile.tell_async("add", n=3))
        await asyncio.sleep(0)
        assert not waits.done()
        Turnstile.go_on.set()
        await asyncio.wait_for(waits, LONG)

    with ActorSystem(mailbox_limit=2) as system:
        turnstile = blocked(system)
        asyncio.run(main(turnstile))
        system.settle(timeout=LONG)
        assert turnstile.context.seen == [0, 1, 3]


# --- coming into memory ---


class SlowToRead(FaultyStore):
    """Reads workflows when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.readable = threading.Event()
        self.readable.set()

    def load(self, workflow_id: str) -> Stored | None:
        assert self.readable.wait(LONG)
        return super().load(workflow_id)


def test_so_many_come_into_memory_at_once_and_the_rest_waits(
    waiting: Callable[[int, str], None],
) -> None:
    store = SlowToRead()
    with ActorSystem(store=store, max_activating=5) as system:
        refs = [system.start(Tally, id=f"t{n}") for n in range(50)]
        for ref in refs:
            system.stop(ref.id)
        store.readable.clear()
        ends = [aside(lambda ref=ref: ref.tell("add", n=1)) for ref in refs]
        waiting(40, "workflows")
        assert system._services.activations.fresh <= 10, "some look at the same time"
        store.readable.set()
        for end in ends:
            end.result(timeout=LONG)
        system.settle(timeout=LONG)
        assert [ref.context.total for ref in refs] == [1] * 50


def test_recovering_brings_so_many_into_memory_at_once() -> None:
    store = FaultyStore()
    with ActorSystem(store=store, max_activating=7) as system:
        for number in range(100):
            system.start(Tally, id=f"t{number}")
    most = 0
    with ActorSystem(store=store, max_activating=7, max_active=20) as system:
        activations = system._services.activations
        original = activations.ready

        def ready(activation: Any) -> bool:
            nonlocal most
            most = max(most, activations.fresh)
            return original(activation)

        activations.ready = ready  # type: ignore[method-assign]
        outcomes = system.recover()
        assert set(outcomes.values()) == {None} and len(outcomes) == 100
        assert 0 < most <= 7


class Patient(Workflow):
    """Waits for somebody when it is born."""

    here = State(initial=True)
    stay = here.to.itself(internal=True)

    born = threading.Semaphore(0)
    loop: asyncio.AbstractEventLoop
    go_on: asyncio.Event

    async def on_enter_here(self) -> None:
        cls = type(self)
        cls.loop = asyncio.get_running_loop()
        self.born.release()
        await cls.go_on.wait()


def test_who_takes_its_time_to_be_born_keeps_nobody_from_coming_in() -> None:
    with ActorSystem(max_activating=2) as system:
        stored = [system.start(Tally, id=f"t{n}") for n in range(5)]
        for ref in stored:
            system.stop(ref.id)
        Patient.go_on = asyncio.Event()
        started = [system.start(Patient, id=f"p{n}", block=False) for n in range(2)]
        for _ in started:
            assert Patient.born.acquire(timeout=LONG)
        for ref in stored:
            ref.tell("add", n=1, timeout=LONG)
        started.append(system.start(Patient, id="p2", block=False))
        assert Patient.born.acquire(timeout=LONG)
        Patient.loop.call_soon_threadsafe(Patient.go_on.set)
        for future in started:
            future.get(timeout=LONG)
        assert [ref.ask("add", n=1) for ref in stored] == [2] * 5
