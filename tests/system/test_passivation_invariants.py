"""Passivation on or off: same results, one live activation; and broken ones are caught."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from functools import partialmethod
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from repertory.actors import ActorSystem, RepertoryError, State, Workflow
from repertory.actors.errors import StoreError, SystemStopped
from repertory.actors.passivation import Passivation
from repertory.actors.runtime import Mailbox
from repertory.actors.runtime.ending import close, end, retire_idle
from repertory.actors.workflow_actor import WorkflowActor

from .faulty import FaultyStore
from .leaving import Courier, evict, evict_now, resting

LONG = 20.0
IDS = ("a", "b", "c")

EVENTS = st.one_of(
    st.tuples(st.just("add"), st.fixed_dictionaries({"n": st.integers(0, 9)})),
    st.tuples(
        st.just("send_on"),
        st.fixed_dictionaries({"to": st.sampled_from([*IDS, "nobody"]), "n": st.integers(0, 9)}),
    ),
    st.tuples(st.sampled_from(["shutting", "opening", "end", "spoil", "nonsense"]), st.just({})),
    st.tuples(st.just("rollback"), st.just({})),
)
PROGRAM = st.lists(
    st.tuples(
        st.sampled_from(IDS),
        EVENTS,
        st.sampled_from([None, None, "x", "y"]),
        st.booleans(),
    ),
    max_size=25,
)


def play(
    program: list[Any], after_each: Callable[[ActorSystem], None], **options: Any
) -> dict[str, Any]:
    """Run a program, and return what there is to see of it: answers, and histories."""
    with ActorSystem(**{"passivate_after": None, **options}) as system:
        for id in IDS:
            system.start(Courier, id=id)
        outcomes: list[Any] = []
        for id, (event, data), key, waits in program:
            ref = system.get(id)
            try:
                if event == "rollback":
                    ref.rollback(key=key)
                elif waits:
                    outcomes.append(ref.ask(event, data, key=key, keep_refused=True, timeout=LONG))
                else:
                    ref.tell(event, data, key=key)
            except RepertoryError as error:
                outcomes.append((type(error).__name__, str(error)))
            after_each(system)
            # What workflows send each other arrives before the next event, whoever is slower.
            system.settle(timeout=LONG)
        assert system.verify() == []
        told = {
            id: [
                (
                    (e.sequence, e.kind, e.event, e.data, e.key, e.source, e.target),
                    (e.context, e.result, e.error, e.sender, e.sent),
                )
                for e in system.get(id).history()
            ]
            for id in IDS
        }
        dead = [(m.sender, m.receiver, m.event, m.data) for m in system.messages(dead=True)]
        return {"outcomes": outcomes, "histories": told, "dead": dead}


def nothing(_: ActorSystem) -> None:
    """Leave everybody in memory."""


def all_leave(system: ActorSystem) -> None:
    """Have everybody leave who may."""
    for id in IDS:
        resting(system, id)
        evict_now(system, id)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(program=PROGRAM, seed=st.integers(0, 1 << 30))
def test_with_passivation_or_without_the_results_are_the_same(
    program: list[Any], seed: int
) -> None:
    chance = random.Random(seed)

    def some_leave(system: ActorSystem) -> None:
        for id in IDS:
            if chance.random() < 0.5:
                evict_now(system, id)

    never = play(program, nothing)
    assert play(program, all_leave) == never
    assert play(program, some_leave) == never
    assert play(program, nothing, max_active=1) == never


class Single(Workflow):
    """Notes if two of it are ever at work for one id at the same time."""

    here = State(initial=True)
    add = here.to.itself(internal=True)

    at_work: set[str] = set()
    twice: list[str] = []

    class Context:
        seen: list[int] = []

    def on_add(self, n: int) -> None:
        if self.workflow_id in self.at_work:
            self.twice.append(self.workflow_id)
        self.at_work.add(self.workflow_id)
        self.context.seen.append(n)
        self.at_work.discard(self.workflow_id)


def storm(system: ActorSystem, leave: Callable[[ActorSystem, str], Any]) -> list[str]:
    """Send from several threads while workflows are made to leave; return what went wrong."""
    Single.twice.clear()
    refs = [system.start(Single, id=id) for id in IDS]
    wrong: list[str] = []
    stop = threading.Event()
    live: list[int] = []

    def hunt() -> None:
        while not stop.is_set():
            for id in IDS:
                leave(system, id)
            actors = [a for a in (r._actor_weakref() for r in registered(system)) if a]
            ids = [actor._id for actor in actors if isinstance(actor, WorkflowActor)]
            live.append(len(ids))

    def send(sender: int) -> None:
        chance = random.Random(sender)
        futures = []
        for number in range(100):
            ref = chance.choice(refs)
            if chance.random() < 0.5:
                ref.tell("add", n=1000 * sender + number)
            else:
                futures.append(ref.ask("add", n=1000 * sender + number, block=False))
        for future in futures:
            try:
                future.get(timeout=LONG)
            except (StoreError, SystemStopped) as error:
                wrong.append(f"{type(error).__name__}: {error}")

    hunter = threading.Thread(target=hunt)
    senders = [threading.Thread(target=send, args=(n,)) for n in range(3)]
    for thread in (hunter, *senders):
        thread.start()
    for thread in senders:
        thread.join()
    stop.set()
    hunter.join()
    system.settle(timeout=LONG)
    try:
        contexts = [ref.context for ref in refs]
    except StoreError as error:
        return [*wrong, str(error)]
    seen = [n for context in contexts for n in context.seen]
    if sorted(seen) != [1000 * sender + k for sender in range(3) for k in range(100)]:
        wrong.append(f"{len(seen)} of 300 took effect, {len(set(seen))} different ones")
    for context in contexts:
        for sender in range(3):
            mine = [n for n in context.seen if n // 1000 == sender]
            if mine != sorted(mine):
                wrong.append(f"out of order: {mine}")
    return wrong + Single.twice + [str(p) for p in system.verify()]


def registered(system: ActorSystem) -> list[Any]:
    return list(system._services.runtime.registry.values())


@pytest.mark.parametrize("round", range(5))
def test_in_a_storm_nothing_is_lost_doubled_or_reordered_by_leaving(round: int) -> None:
    with ActorSystem(passivate_after=None, max_active=1 if round % 2 else None) as system:
        assert storm(system, evict_now) == []
        assert system.statistics.passivated > 0


# --- broken on purpose ---


def while_it_leaves(system: ActorSystem, send: Callable[[], Any]) -> Callable[[Any], bool]:
    """Say yes to leaving, when a message has just arrived."""

    def may(actor: Any) -> bool:
        send()
        return bool(actor.may_leave())

    return may


def careless(mailbox: Mailbox, may: Callable[[Any], bool]) -> bool:
    """Leave because nothing was waiting when it was looked: what came since then is lost."""
    if mailbox.queue or not mailbox.take_free_turn():
        return False
    if not may(mailbox.actor):
        mailbox.release()
        return False
    close(mailbox)
    end(mailbox)
    return True


def ruthless(mailbox: Mailbox, may: Callable[[Any], bool]) -> bool:
    """Leave although somebody runs it."""
    return close(mailbox)


@pytest.mark.parametrize(("retire", "arrives"), [(retire_idle, True), (careless, False)])
def test_a_message_that_arrives_while_its_workflow_leaves_is_taken(
    retire: Any, arrives: bool
) -> None:
    with ActorSystem(passivate_after=None) as system:
        courier = system.start(Courier, id="a")
        resting(system, "a")
        activation = system._services.activations.find("a")
        assert activation is not None
        futures: list[Any] = []
        may = while_it_leaves(system, lambda: futures.append(courier.ask("add", n=1, block=False)))
        left = retire(activation.ref.actor_inbox, may)
        if left:
            system._services.activations.leave("a", activation)
        assert left is not arrives
        if arrives:
            assert futures[0].get(timeout=LONG) == 1
        else:
            with pytest.raises(SystemStopped):
                futures[0].get(timeout=LONG)
        system.settle(timeout=LONG)
        assert courier.context.seen == ([1] if arrives else [])


def test_leaving_with_unwritten_steps_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave_and_go_on() -> tuple[bool, Any]:
        store = FaultyStore()
        with ActorSystem(store=store, passivate_after=None) as system:
            courier = system.start(Courier, id="a")
            store.hold()
            first = courier.ask("add", n=1, block=False)
            left = evict(system, "a")
            second = courier.ask("add", n=2, block=False)
            resting(system, "a")
            store.release()
            outcome: list[Any] = []
            for future in (first, second):
                try:
                    outcome.append(future.get(timeout=LONG))
                except StoreError as error:
                    outcome.append(type(error).__name__)
            return left, outcome

    assert leave_and_go_on() == (False, [1, 3])
    monkeypatch.setattr(WorkflowActor, "may_leave", lambda _: True)
    assert leave_and_go_on() == (True, [1, "StaleStep"])


def test_leaving_while_it_runs_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    entered, go_on = threading.Event(), threading.Event()

    class Lasting(Workflow):
        here = State(initial=True)
        work = here.to.itself(internal=True)
        quick = here.to.itself(internal=True)

        def on_work(self) -> str:
            entered.set()
            assert go_on.wait(LONG)
            return "worked"

        def on_quick(self) -> str:
            return "quick"

    def leave_and_go_on() -> tuple[bool, list[str]]:
        entered.clear()
        go_on.clear()
        with ActorSystem(passivate_after=None) as system:
            slow = system.start(Lasting, id="s")
            first = slow.ask("work", block=False)
            assert entered.wait(LONG)
            left = evict_now(system, "s")
            second = slow.ask("quick", block=False)
            if left:
                assert second.get(timeout=LONG) == "quick", "two of it are alive"
            go_on.set()
            outcome = []
            for future in (first, second):
                try:
                    outcome.append(future.get(timeout=LONG))
                except RepertoryError as error:
                    outcome.append(type(error).__name__)
            return left, outcome

    assert leave_and_go_on() == (False, ["worked", "quick"])
    monkeypatch.setattr("repertory.actors.passivation.retire_idle", ruthless)
    assert leave_and_go_on() == (True, ["StaleStep", "quick"])


class Slow(FaultyStore):
    """A disk that takes its time."""

    def commit(self, steps: Any) -> Any:
        threading.Event().wait(0.005)
        return super().commit(steps)


@pytest.mark.parametrize("broken", ["careless", "hasty"])
def test_the_storm_catches_broken_ones(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    if broken == "careless":
        monkeypatch.setattr("repertory.actors.passivation.retire_idle", lossy)
    else:
        monkeypatch.setattr(
            Passivation, "__init__", partialmethod(without_asking, Passivation.__init__)
        )
    # Under load one storm in ten notices it; twenty were too few now and then.
    for _ in range(200):
        with ActorSystem(store=Slow(), passivate_after=None) as system:
            if storm(system, evict_now):
                return
    pytest.fail("nothing was noticed")


def lossy(mailbox: Mailbox, may: Callable[[Any], bool]) -> bool:
    """Take a moment between looking and leaving."""
    return careless(mailbox, lambda actor: (threading.Event().wait(0.005), may(actor))[1])


def without_asking(self: Any, init: Any, runtime: Any, table: Any, limits: Any, may: Any) -> None:
    """Let go of those that have unwritten steps, too."""
    init(self, runtime, table, limits, lambda actor: actor._position is not None)
