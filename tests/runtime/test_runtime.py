"""A runtime as a whole: what it shares, how it ends, and who may call it."""

from __future__ import annotations

import asyncio
import os
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


def test_no_ask_outlives_a_shutdown_within_a_deadline_whatever_its_handler_does() -> None:
    runtime = Runtime("stuck")

    class Endless(PooledActor):
        async def on_receive(self, message: Any) -> None:
            while not gate.opened.is_set():
                try:
                    await asyncio.sleep(0.01)
                except asyncio.CancelledError:
                    pass

    with Gate() as gate:
        asked = []
        for kind in (Caller, Endless):
            ref: Any = runtime.start(kind)
            asked += [ref.ask(gate, block=False) for _ in range(2)]
        assert gate.reached.wait(20)
        assert runtime.shutdown(timeout=0.01) is False
        for future in asked:
            with pytest.raises(pykka.ActorDeadError):
                future.get(timeout=20)
    assert runtime.shutdown(timeout=20)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_has_none_of_the_actors_but_can_have_its_own() -> None:
    runtime = Runtime("parent")
    old: list[Any] = [runtime.start(Echo), Echo.start()]
    for ref in old:
        assert ref.ask(1, block=False).get(timeout=20) == 1  # so there are threads
    out, into = os.pipe()
    if not (child := os.fork()):
        told = "failed"
        try:
            with pytest.raises(pykka.ActorDeadError):
                old[0].tell(2)
            with pytest.raises(pykka.ActorDeadError):
                old[1].ask(2, timeout=20)
            assert old[1].stop() is False
            assert runtime.shutdown()
            new: Any = Echo.start()
            assert new.ask(3, timeout=20) == 3
            assert new.actor_urn not in (ref.actor_urn for ref in old)
            told = "well"
        finally:
            os.write(into, told.encode())
            os._exit(0)
    os.close(into)
    assert os.read(out, 100) == b"well"
    os.close(out)
    os.waitpid(child, 0)
    assert [ref.ask(4, timeout=20) for ref in old] == [4, 4]
    old[1].stop()
    runtime.shutdown(timeout=20)
