"""A declared blocking section makes room in the pool for as long as it lasts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from repertory.actors.runtime import (
    BlockedLoopError,
    Dispatcher,
    PinnedActor,
    PooledActor,
    Runtime,
    blocking,
)
from repertory.actors.runtime.watchdog import Watchdog

from .actors import Caller, Echo, Gate


@pytest.fixture
def narrow() -> Iterator[Runtime]:
    """A pool of two that does not grow because workers block silently."""
    with Runtime("narrow", dispatcher=Dispatcher("narrow", workers=2, max_workers=2)) as runtime:
        yield runtime


def test_a_pool_of_two_with_two_blocked_actors_runs_a_third(narrow: Runtime) -> None:
    gates = [Gate(), Gate()]

    def block(gate: Gate) -> None:
        with blocking():
            gate()

    with gates[0], gates[1]:
        for gate in gates:
            narrow.start(Caller).tell(lambda _, gate=gate: block(gate))
            assert gate.reached.wait(20)
        assert narrow.start(Echo).ask("quick", timeout=20) == "quick"


def test_a_section_within_another_ends_nothing(narrow: Runtime) -> None:
    gates = [Gate(), Gate()]

    def block(gate: Gate) -> None:
        with blocking():
            with blocking():
                pass
            echo.ask("from within", timeout=20)  # which is a wait of its own
            gate()

    echo = narrow.start(Echo)
    with gates[0], gates[1]:
        for gate in gates:
            narrow.start(Caller).tell(lambda _, gate=gate: block(gate))
            assert gate.reached.wait(20)
        assert narrow.start(Echo).ask("quick", timeout=20) == "quick"


def test_after_the_section_the_pool_is_as_it_was(narrow: Runtime) -> None:
    def fails(_: Any) -> None:
        with blocking():
            raise ValueError("within")

    for _ in range(5):
        with pytest.raises(ValueError, match="within"):
            narrow.start(Caller).ask(fails, timeout=20)
    gates = [Gate(), Gate()]
    with gates[0], gates[1]:
        for gate in gates:
            narrow.start(Caller).tell(gate)
            assert gate.reached.wait(20)
        assert narrow.dispatcher._active == 2  # type: ignore[attr-defined]  # it is a pool


def test_where_there_is_no_pool_it_does_nothing(runtime: Runtime) -> None:
    class Pinned(PinnedActor):
        def on_receive(self, message: Any) -> Any:
            with blocking(), blocking():
                return message

    def within(_: Any) -> str:
        with blocking():
            return "in the caller's thread"

    assert runtime.start(Pinned).ask("pinned", timeout=20) == "pinned"
    assert runtime.start(Caller).ask(within) == "in the caller's thread"
    with blocking():
        pass


def test_an_async_handler_that_would_block_all_others_is_told_so(runtime: Runtime) -> None:
    class Async(PooledActor):
        async def on_receive(self, message: Any) -> None:
            with blocking():
                raise AssertionError("It must not come to this.")

    with pytest.raises(BlockedLoopError, match="to_thread"):
        runtime.start(Async).ask(1, timeout=20)


def test_a_watchdog_that_is_closed_as_it_begins_to_watch_does_not_wait() -> None:
    class ClosedMeanwhile(threading.Event):
        def clear(self) -> None:
            watchdog._closed = True
            self.set()
            super().clear()

    watchdog = Watchdog(Dispatcher("watched", idle_seconds=3600))
    watchdog._wake = ClosedMeanwhile()
    watchdog.wake()
    thread = watchdog._thread
    assert thread is None or thread.join(20) is None
    assert thread is None or not thread.is_alive()


def test_handlers_that_often_wait_a_little_run_side_by_side() -> None:
    pool = Dispatcher("short waits")
    pool.workers, pool.side_by_side = 1, 2  # as on two processors
    runtime, seen, enough = Runtime(dispatcher=pool), set[int](), threading.Event()

    class Waits(PooledActor):
        def on_receive(self, following: list[Any]) -> None:
            seen.add(threading.get_ident())
            if len(seen) > 1:
                enough.set()
            # A disk, say: at each tick of the watchdog it is another actor's turn.
            if not enough.wait(0.001):
                following[0].tell([*following[1:], self.actor_ref])

    try:
        ring = [runtime.start(Waits) for _ in range(4)]
        for first, *rest in (ring, [*ring[2:], *ring[:2]]):
            first.tell(rest)
        assert enough.wait(20)
        assert len(seen) == 2
    finally:
        enough.set()
        assert runtime.shutdown(timeout=20)
