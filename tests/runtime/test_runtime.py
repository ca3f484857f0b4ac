"""A runtime as a whole: what it shares, how it ends, and who may call it."""

from __future__ import annotations

import signal
import threading
import weakref
from typing import Any

import pykka
import pytest
from repertory.actors.runtime import (
    ActorRuntimeError,
    PooledActor,
    Runtime,
    RuntimeClosedError,
)
from repertory.persistence.errors import RepertoryError

from .actors import Caller, Echo, Gate


def test_runtimes_do_not_see_each_other_nor_pykkas_registry(runtime: Runtime) -> None:
    with Runtime("other") as other:
        ref = runtime.start(Echo)
        stranger = other.start(Echo)
        assert list(runtime.registry.values()) == [ref]
        assert list(other.registry.values()) == [stranger]
        assert pykka.ActorRegistry.get_by_urn(ref.actor_urn) is None
    assert not stranger.is_alive()
    assert ref.ask("on") == "on"


def test_shutdown_stops_the_youngest_first_and_then_refuses_to_start() -> None:
    order: list[int] = []

    class Last(PooledActor):
        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

        def on_stop(self) -> None:
            order.append(self.number)

    runtime = Runtime("short")
    for number in range(5):
        runtime.start(Last, number)
    assert runtime.shutdown() is True
    assert order == [4, 3, 2, 1, 0]
    with pytest.raises(RuntimeClosedError, match="short"):
        runtime.start(Last, 5)
    assert runtime.shutdown() is True


def test_shutdown_within_a_deadline_closes_what_does_not_end() -> None:
    runtime = Runtime("hasty")
    ref = runtime.start(Caller)
    with Gate() as gate:
        ref.tell(gate)
        assert gate.reached.wait(20)
        late = ref.ask(lambda _: None, block=False)
        assert runtime.shutdown(timeout=0.01) is False
        assert not ref.is_alive()
    with pytest.raises(pykka.ActorDeadError):
        late.get(timeout=20)


def test_an_actor_can_be_used_like_any_of_pykkas() -> None:
    ref = Echo.start()
    try:
        assert ref in pykka.ActorRegistry.get_all()
        assert ref.ask(1) == 1
    finally:
        ref.stop()
    assert ref not in pykka.ActorRegistry.get_all()


def test_a_handler_cannot_shut_its_own_runtime_down_but_another(runtime: Runtime) -> None:
    other = Runtime("other")
    ref = runtime.start(Caller)
    with pytest.raises(ActorRuntimeError, match="from outside"):
        ref.ask(lambda actor: actor.runtime.shutdown())
    assert ref.ask(lambda _: other.shutdown()) is True


def test_a_signal_handler_may_send_messages_at_any_moment(runtime: Runtime) -> None:
    """It runs between any two steps of the main thread, also inside the runtime's own."""
    ref = runtime.start(Counter)
    sent = 0

    def send(*_: Any) -> None:
        nonlocal sent
        sent += 1
        ref.tell(1)

    before = signal.signal(signal.SIGALRM, send)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        for number in range(3000):
            runtime.start(Counter).tell(number)
            ref.ask(0, timeout=20)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert sent
    assert ref.ask(0) == sent


class Counter(PooledActor):
    count = 0

    def on_receive(self, message: int) -> int:
        self.count += message
        return self.count


def test_a_ref_does_not_keep_a_stopped_actor_in_memory(runtime: Runtime) -> None:
    ref = runtime.start(Caller)
    seen: list[Any] = []
    ref.ask(lambda actor: seen.append(weakref.ref(actor)))
    ref.stop()
    runtime.shutdown()
    assert seen[0]() is None
    assert not ref.is_alive()


def test_the_errors_of_the_runtime_have_the_base_of_all(runtime: Runtime) -> None:
    ref = runtime.start(Caller)
    with pytest.raises(RepertoryError):
        ref.ask(lambda self: self.actor_ref.ask(None))


def test_what_was_sent_to_an_actor_whose_init_fails_is_refused(runtime: Runtime) -> None:
    told: list[Any] = []

    class Stillborn(PooledActor):
        def __init__(self) -> None:
            super().__init__()
            told.append(self.actor_ref)
            told.append(self.actor_ref.ask("anybody there?", block=False))
            raise ValueError("not born")

    with pytest.raises(ValueError, match="not born"):
        runtime.start(Stillborn)
    ref, asked = told
    with pytest.raises(pykka.ActorDeadError):
        asked.get(timeout=20)
    assert not ref.is_alive()
    assert ref.actor_stopped.wait(20)
    assert runtime.dead_letters.total == 1


def test_an_actor_whose_init_lasts_longer_than_the_runtime_is_refused() -> None:
    outcome: list[Any] = []

    class Slow(PooledActor):
        def __init__(self, gate: Gate) -> None:
            super().__init__()
            gate()

    def start() -> None:
        try:
            outcome.append(runtime.start(Slow, gate))
        except RuntimeClosedError as error:
            outcome.append(error)

    runtime = Runtime("brief")
    with Gate() as gate:
        starter = threading.Thread(target=start)
        starter.start()
        assert gate.reached.wait(20)
        assert runtime.shutdown(timeout=20)
    starter.join(20)
    assert isinstance(outcome[0], RuntimeClosedError)
    assert not runtime.registry
