"""Asks inside asks: they end, one way or another."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pykka
import pytest
from repertory.actors.runtime import (
    AskRingError,
    BlockedLoopError,
    Envelope,
    PooledActor,
    PooledFuture,
    Runtime,
    RuntimeClosedError,
)

from .actors import Caller, Echo, Gate


class Asker(PooledActor):
    """Asks the next one on the list to go on with the rest."""

    stop_on_failure = False

    def on_receive(self, refs: Any) -> Any:
        return refs[0].ask(refs[1:]) if refs else "end"


def test_an_actor_that_asks_itself_gets_an_error_that_names_it(runtime: Runtime) -> None:
    ref = runtime.start(Asker)
    with pytest.raises(AskRingError, match="asks itself") as caught:
        ref.ask([ref])
    assert caught.value.ring == [str(ref)]
    assert ref.ask([]) == "end"


@pytest.mark.parametrize("timeout", [None, 20])
def test_a_ring_of_asks_gets_an_error_that_names_the_ring(
    runtime: Runtime, timeout: float | None
) -> None:
    ring = [runtime.start(Asker) for _ in range(3)]
    with pytest.raises(AskRingError) as caught:
        ring[0].ask([ring[1], ring[2], ring[0]], timeout=timeout)
    assert set(caught.value.ring) == {str(ref) for ref in ring}
    assert [ref.ask([]) for ref in ring] == ["end"] * 3


def test_two_actors_that_ask_each_other_at_once_both_end(runtime: Runtime) -> None:
    both = threading.Barrier(2, timeout=20)

    class Cross(PooledActor):
        stop_on_failure = False

        def on_receive(self, other: Any) -> Any:
            if other is None:
                return "fine"
            both.wait()
            return other.ask(None)

    one, two = runtime.start(Cross), runtime.start(Cross)
    futures = [one.ask(two, block=False), two.ask(one, block=False)]
    outcomes = []
    for future in futures:
        try:
            outcomes.append(future.get(timeout=20))
        except AskRingError:
            outcomes.append("ring")
    assert "ring" in outcomes
    assert set(outcomes) <= {"ring", "fine"}


def test_a_chain_of_asks_longer_than_the_pool_and_the_stack_ends(runtime: Runtime) -> None:
    chain = [runtime.start(Asker) for _ in range(300)]
    assert chain[0].ask(chain[1:]) == "end"
    assert chain[0].ask(chain[1:], timeout=60) == "end"


def test_a_blocked_ask_makes_room_for_another_worker() -> None:
    with Runtime("narrow", workers=1) as runtime:
        gate = Gate()
        with gate:
            slow, front = runtime.start(Caller), runtime.start(Asker)
            slow.tell(gate)
            assert gate.reached.wait(20)
            waiting = front.ask([slow], block=False)
            assert runtime.start(Echo).ask("quick", timeout=20) == "quick"
        with pytest.raises(TypeError):
            waiting.get(timeout=20)


def test_an_actor_that_waits_for_a_worker_among_many_is_run_by_whoever_asks_it() -> None:
    def ask_the_last(asker: PooledActor) -> tuple[threading.Thread, threading.Thread]:
        crowd = [asker.runtime.start(Caller) for _ in range(1_000)]
        for ref in crowd:
            ref.tell(lambda _: None)
        return threading.current_thread(), crowd[-1].ask(lambda _: threading.current_thread())

    # Just one worker, and it is busy with the asker: the crowd can only wait.
    with Runtime("crowded", workers=1) as runtime:
        runtime.dispatcher.max_workers = 1  # type: ignore[attr-defined]  # it is a pool
        asker = runtime.start(Caller)
        asking, answering = asker.ask(ask_the_last, block=False).get(timeout=20)
        assert asking is answering


def test_silently_blocking_handlers_do_not_hold_up_others() -> None:
    with Runtime("narrow", workers=1) as runtime, Gate() as gate:
        blocked = [runtime.start(Caller) for _ in range(20)]
        for ref in blocked:
            ref.tell(gate)
        assert runtime.start(Echo).ask("quick", timeout=20) == "quick"


def test_the_pool_is_gone_when_there_is_nothing_to_do() -> None:
    runtime = Runtime("brief", workers=2)
    runtime.dispatcher.idle_seconds = 0.001
    runtime.start(Echo).ask(1, timeout=20)
    for thread in threading.enumerate():
        if thread.name.startswith("brief-"):
            thread.join(20)
            assert not thread.is_alive()
    assert runtime.start(Echo).ask(2, timeout=20) == 2
    runtime.shutdown()


def test_an_ask_times_out_even_if_the_actor_was_idle(runtime: Runtime) -> None:
    ref = runtime.start(Caller)
    with Gate() as gate, pytest.raises(pykka.Timeout):
        ref.ask(gate, timeout=0.01)


def test_async_handlers_run_side_by_side_and_each_actor_one_at_a_time(runtime: Runtime) -> None:
    class Async(PooledActor):
        inside = 0

        async def on_receive(self, message: Any) -> int:
            self.inside += 1
            assert self.inside == 1
            await message
            self.inside -= 1
            return self.inside

    release: PooledFuture[None] = PooledFuture()
    refs = [runtime.start(Async) for _ in range(10)]
    answers = [ref.ask(release, block=False) for ref in refs for _ in range(3)]
    assert runtime.start(Echo).ask("meanwhile") == "meanwhile"
    release.set(None)
    assert [answer.get(timeout=20) for answer in answers] == [0] * 30


def test_a_failing_async_handler_takes_the_same_path(runtime: Runtime) -> None:
    class Async(PooledActor):
        stop_on_failure = True

        async def on_receive(self, message: Any) -> None:
            await asyncio.sleep(0)
            raise ValueError(message)

    ref = runtime.start(Async)
    with pytest.raises(ValueError, match="boom"):
        ref.ask("boom")
    assert ref.actor_stopped.wait(20)


def test_async_asks_in_a_ring_get_an_error(runtime: Runtime) -> None:
    class Async(PooledActor):
        stop_on_failure = False

        async def on_receive(self, refs: Any) -> Any:
            return await refs[0].ask(refs[1:], block=False) if refs else "end"

    one, two = runtime.start(Async), runtime.start(Async)
    assert one.ask([two]) == "end"
    with pytest.raises(AskRingError):
        one.ask([two, one])
    assert one.ask([]) == two.ask([]) == "end"


def test_an_async_handler_that_blocks_the_loop_gets_an_error(runtime: Runtime) -> None:
    echo = runtime.start(Echo)

    class Async(PooledActor):
        async def on_receive(self, message: Any) -> Any:
            return echo.ask(message)

    with pytest.raises(BlockedLoopError, match="await"):
        runtime.start(Async).ask(1)


def test_futures_are_awaited_without_blocking_the_loop_by_several(runtime: Runtime) -> None:
    ref = runtime.start(Caller)

    async def main() -> None:
        with Gate() as gate:
            ref.tell(gate)
            future = ref.ask(lambda _: "late", block=False)
            mapped = future.map(str.upper)
            waiters = [asyncio.ensure_future(_get(future)) for _ in range(3)]
            waiters.append(asyncio.ensure_future(_get(mapped)))
            while not gate.reached.is_set():
                await asyncio.sleep(0)
            assert not any(waiter.done() for waiter in waiters)
        assert await asyncio.gather(*waiters) == ["late", "late", "late", "LATE"]

    async def _get(future: Any) -> Any:
        return await future

    asyncio.run(main())


def test_a_thread_without_shutdown_does_not_keep_the_interpreter() -> None:
    import subprocess
    import sys

    program = (
        "from repertory.actors.runtime import *\n"
        "class A(PooledActor):\n"
        "    async def on_receive(self, m): return m\n"
        "r = Runtime(); ref = r.start(A); print(ref.ask(1, timeout=20))\n"
        "r.clock.call_later(3600, print); A.start().ask(2)\n"
    )
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "1\n"
    assert done.stderr == ""
    assert time.monotonic() - started < 60


def test_an_actor_has_stopped_only_when_its_async_on_stop_is_done(runtime: Runtime) -> None:
    release: PooledFuture[None] = PooledFuture()
    done: list[str] = []

    class Async(PooledActor):
        async def on_start(self) -> None:
            await asyncio.sleep(0)
            done.append("started")

        async def on_stop(self) -> None:
            await release
            done.append("stopped")

    ref = runtime.start(Async)
    stopped = ref.stop(block=False)
    late = ref.ask("late", block=False)
    assert runtime.start(Echo).ask("meanwhile", timeout=20) == "meanwhile"
    assert not stopped.done
    release.set(None)
    assert stopped.get(timeout=20) is True
    assert done == ["started", "stopped"]
    with pytest.raises(pykka.ActorDeadError):
        late.get(timeout=20)


def test_an_async_handler_after_the_end_of_the_loop_fails_and_does_not_hang() -> None:
    class Async(PooledActor):
        async def on_receive(self, message: Any) -> Any:
            return message

    runtime = Runtime("late")
    ref = runtime.start(Async)
    assert ref.ask(1) == 1
    assert runtime.loop.close()
    with pytest.raises(RuntimeClosedError, match="event loop"):
        ref.ask(2)
    assert runtime.shutdown(timeout=20)


def test_what_an_async_handler_is_at_is_broken_off_by_a_shutdown_that_can_not_wait() -> None:
    never: PooledFuture[None] = PooledFuture()

    class Async(PooledActor):
        async def on_receive(self, message: Any) -> Any:
            await never

    runtime = Runtime("hasty")
    ref = runtime.start(Async)
    asked = ref.ask(1, block=False)
    runtime.shutdown(timeout=0)
    with pytest.raises((asyncio.CancelledError, pykka.ActorDeadError, RuntimeClosedError)):
        asked.get(timeout=20)


class Writer(PooledActor):
    """Answers for another actor; says in which thread."""

    stop_on_failure = False

    def on_batch(self, envelopes: Any) -> None:
        for envelope in envelopes:
            envelope.message.set(threading.current_thread())


class Clerk(PooledActor):
    """Hands each answer on to a writer; then does what it was told to, if anything."""

    stop_on_failure = False

    def __init__(self, writer: Any) -> None:
        super().__init__()
        self.writer = writer

    def on_receive(self, then: Any) -> None:
        reply = self.take_reply()
        assert reply is not None
        reply.worker = self.writer.actor_inbox
        self.writer.actor_inbox.hand_on(Envelope(reply), reply)
        if then is not None:
            then(reply)


def test_whoever_waits_runs_also_the_actor_that_the_answer_was_handed_on_to(
    runtime: Runtime,
) -> None:
    clerk = runtime.start(Clerk, runtime.start(Writer))
    assert clerk.ask(None) is threading.current_thread()


def test_an_answer_that_was_handed_on_can_be_waited_for_in_the_same_handler(
    runtime: Runtime,
) -> None:
    clerk = runtime.start(Clerk, runtime.start(Writer))
    assert clerk.ask(lambda reply: reply.get(timeout=20)) is not threading.current_thread()


def test_a_handler_that_waits_for_something_else_lets_others_take_up_what_it_handed_on(
    runtime: Runtime,
) -> None:
    clerk, echo = runtime.start(Clerk, runtime.start(Writer)), runtime.start(Echo)
    written = threading.Event()

    def wait_elsewhere(reply: PooledFuture[Any]) -> None:
        reply.add_done_callback(lambda _: written.set())
        assert echo.ask("anybody there?") == "anybody there?"
        assert written.wait(20)

    assert clerk.ask(wait_elsewhere) is not threading.current_thread()


def test_what_was_handed_on_is_written_though_the_handler_fails(runtime: Runtime) -> None:
    clerk = runtime.start(Clerk, runtime.start(Writer))

    def fail(_: object) -> None:
        raise ValueError

    assert isinstance(clerk.ask(fail), threading.Thread)


def test_others_that_wait_for_the_clerk_are_not_held_up_by_what_it_handed_on(
    runtime: Runtime,
) -> None:
    clerk = runtime.start(Clerk, runtime.start(Writer))
    later = []
    first = clerk.ask(lambda _: later.append(clerk.ask(None, block=False)))
    assert first is threading.current_thread()
    assert isinstance(later[0].get(timeout=20), threading.Thread)
