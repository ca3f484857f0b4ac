"""Actors on a thread of their own, and in the test's thread step by step; routers; looking in."""

from __future__ import annotations

import signal
import threading
from functools import partial
from typing import Any

import pykka
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repertory.actors.runtime import (
    BoundedMailbox,
    Broadcast,
    ConsistentHash,
    InterruptedHandlerError,
    MailboxFullError,
    PinnedActor,
    PooledActor,
    Router,
    Runtime,
    SmallestMailbox,
    SteppedDispatcher,
    WhenFull,
)

from .actors import Caller, Echo, Gate


class Pinned(PinnedActor):
    def __init__(self, threads: list[Any]) -> None:
        super().__init__()
        self.threads = threads

    def on_start(self) -> None:
        self.threads.append(threading.current_thread())

    def on_receive(self, message: Any) -> Any:
        self.threads.append(threading.current_thread())
        return message

    def on_stop(self) -> None:
        self.threads.append(threading.current_thread())


def test_a_pinned_actor_runs_in_one_thread_of_its_own(runtime: Runtime) -> None:
    threads: list[Any] = []
    ref = runtime.start(Pinned, threads)
    assert ref.ask("a") == "a"
    assert ref.ask("b", timeout=20) == "b"
    ref.stop()
    assert len(threads) == 4
    assert len(set(threads)) == 1
    assert threads[0] is not threading.current_thread()
    assert threads[0].name == "test-Pinned"
    threads[0].join(20)
    assert not threads[0].is_alive()


def test_a_pinned_actors_thread_ends_with_the_runtime() -> None:
    runtime = Runtime("test")
    threads: list[Any] = []
    runtime.start(Pinned, threads).ask("a")
    assert runtime.shutdown(timeout=20)
    assert not threads[0].is_alive()


class Sender(PooledActor):
    """Tells a log, one message after the other, what it is sent."""

    def __init__(self, log: Any) -> None:
        super().__init__()
        self.log = log

    def on_receive(self, message: Any) -> None:
        self.log.tell(message)


def interleaving(seed: int | None) -> list[Any]:
    log: list[Any] = []

    class Log(PooledActor):
        def on_receive(self, message: Any) -> None:
            log.append(message)

    dispatcher = SteppedDispatcher(seed)
    with Runtime("test", dispatcher=dispatcher) as runtime:
        ref = runtime.start(Log)
        for name in "abc":
            sender = runtime.start(Sender, ref)
            for number in range(5):
                sender.tell((name, number))
        assert log == []
        dispatcher.run_all()
        assert len(log) == 15
    return log


# How long it takes says more about the machine than about the code.
@settings(deadline=None)
@given(st.integers())
def test_a_seed_gives_an_interleaving_and_always_the_same(seed: int) -> None:
    log = interleaving(seed)
    assert log == interleaving(seed)
    for name in "abc":
        assert [number for who, number in log if who == name] == list(range(5))


def test_seeds_give_different_interleavings() -> None:
    assert len({tuple(interleaving(seed)) for seed in range(10)}) > 5


def test_actors_that_wait_for_each_other_go_on_in_the_callers_thread() -> None:
    with Runtime("test", dispatcher=SteppedDispatcher()) as runtime:
        chain = [runtime.start(Caller) for _ in range(40)]

        def on(_: Any, place: int = 0) -> Any:
            rest = chain[place + 1 :]
            return rest[0].ask(lambda self: on(self, place + 1)) if rest else "end"

        assert chain[0].ask(on) == "end"
        assert not [t for t in threading.enumerate() if t.name.startswith("test-")]


def test_a_round_robin_router_takes_turns_and_leaves_the_dead_out(runtime: Runtime) -> None:
    refs = [runtime.start(Caller) for _ in range(3)]
    router = Router(refs)
    asked = [router.ask(lambda self: self.actor_ref) for _ in range(6)]
    assert asked == refs * 2
    refs[1].stop()
    assert {router.ask(lambda self: self.actor_ref) for _ in range(6)} == {refs[0], refs[2]}
    refs[0].stop()
    refs[2].stop()
    with pytest.raises(pykka.ActorDeadError):
        router.tell("anybody?")


def test_a_router_finds_the_smallest_mailbox(runtime: Runtime) -> None:
    refs = [runtime.start(Caller) for _ in range(3)]
    with Gate() as gate:
        for ref in refs:
            ref.tell(gate)
            assert gate.reached.wait(20)
            gate.reached.clear()
        for ref, load in zip(refs, (2, 0, 1), strict=True):
            for _ in range(load):
                ref.tell(lambda _: None)
        router = Router(refs, SmallestMailbox())
        router.tell(lambda _: None)
        assert [len(ref.actor_inbox.queue) for ref in refs] == [2, 1, 1]


def test_a_broadcast_reaches_all_and_collects_their_answers(runtime: Runtime) -> None:
    refs = [runtime.start(Caller) for _ in range(3)]
    assert Router(refs, Broadcast()).ask(lambda self: self.actor_ref) == refs


def test_a_consistent_hash_moves_only_the_keys_of_whoever_left(runtime: Runtime) -> None:
    refs = [runtime.start(Echo) for _ in range(5)]
    routing = ConsistentHash(key=lambda message: message)
    before = {key: routing.route(key, refs)[0] for key in range(300)}
    assert set(before.values()) == set(refs)
    after = {key: routing.route(key, refs[1:])[0] for key in range(300)}
    moved = {key for key in before if before[key] is not after[key]}
    assert moved == {key for key in before if before[key] is refs[0]}


def test_one_can_see_what_the_actors_are_at(runtime: Runtime) -> None:
    parent = runtime.start(Caller)
    child = parent.ask(lambda self: self.start_child(Caller))
    with Gate() as gate:
        child.tell(gate)
        assert gate.reached.wait(20)
        child.tell(lambda _: None)
        asking = threading.Event()
        parent.tell(lambda _: (asking.set(), child.ask(lambda _: None)))
        assert asking.wait(20)
        while runtime.inspect()[0].asking is None:
            pass  # The handler is between the event and the ask.
        above, below = runtime.inspect()
        assert (above.ref, above.children, above.parent) == (parent, (child,), None)
        assert above.asking is child
        assert (below.ref, below.parent, below.running, below.waiting) == (child, parent, True, 2)


def test_a_keyboard_interrupt_reaches_the_waiting_thread_and_spares_the_actor(
    runtime: Runtime,
) -> None:
    ref = runtime.start(Caller)
    with pytest.raises((KeyboardInterrupt, InterruptedHandlerError)) as caught:
        ref.ask(lambda _: signal.raise_signal(signal.SIGINT))
    assert caught.type is KeyboardInterrupt
    assert ref.ask(lambda _: "alive") == "alive"


def test_who_is_at_a_message_has_more_to_do_than_who_has_none(runtime: Runtime) -> None:
    refs = [runtime.start(Caller) for _ in range(2)]
    router = Router(refs, SmallestMailbox())
    with Gate() as gate:
        refs[0].tell(gate)
        assert gate.reached.wait(20)
        assert router.ask(lambda self: self.actor_ref, timeout=20) == refs[1]


def test_a_broadcast_reaches_the_others_though_one_has_just_ended_or_is_full(
    runtime: Runtime,
) -> None:
    heard: list[Any] = []

    class Full(Caller):
        mailbox_type = partial(BoundedMailbox, 1, WhenFull.REFUSE)

    class EndsOne(Broadcast):
        def route(self, message: Any, refs: Any) -> Any:
            refs[0].stop()
            return refs

    dying, full, well = (runtime.start(kind) for kind in (Caller, Full, Caller))
    with Gate() as gate:
        full.tell(gate)
        assert gate.reached.wait(20)
        full.tell(lambda self: None)
        with pytest.raises(MailboxFullError):
            Router([dying, full, well], EndsOne()).tell(lambda self: heard.append(self.actor_ref))
    well.stop(timeout=20)
    assert heard == [well]
