"""What the threads are at can be seen: in their names, in log records, in a dump, in warnings."""

from __future__ import annotations

import asyncio
import io
import logging
import re
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from repertory.actors.runtime import (
    ActorNameFilter,
    ActorRuntimeError,
    PinnedActor,
    PooledActor,
    PooledFuture,
    Runtime,
    SlowHandler,
    Strategy,
    blocking,
    context,
)
from repertory.actors.runtime.at_work import runs
from repertory.actors.runtime.threads import ActorThread

from .actors import Caller, Echo, Gate


class Named(Caller):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.called = name

    @property
    def actor_name(self) -> str:
        return self.called


class Async(Named):
    async def on_receive(self, message: Any) -> Any:
        return await message(self)


class Pinned(PinnedActor):
    def on_receive(self, message: Any) -> Any:
        return message(self)


def thread_name(_: Any) -> str:
    return threading.current_thread().name


# --- names ---


def test_a_thread_can_log_before_it_has_made_its_note(monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []

    class Interrupted(context.ThreadNote):
        def __init__(self) -> None:
            names.append(threading.current_thread().name)  # as what the collector finds may do
            super().__init__()

    monkeypatch.setattr(context, "ThreadNote", Interrupted)
    thread = ActorThread(target=lambda: context.here.note, name="new")
    thread.start()
    thread.join()
    assert names == ["new"]


def test_a_thread_is_called_after_the_actor_while_it_runs_it(runtime: Runtime) -> None:
    ref = runtime.start(Named, "Ada")
    assert ref.ask(thread_name, timeout=20) == "test-worker-1 [Ada]"
    (worker,) = [t for t in threading.enumerate() if t.name.startswith("test-worker-1")]
    with Gate() as gate:
        ref.tell(gate)
        assert gate.reached.wait(20)
        assert worker.name == "test-worker-1 [Ada]"  # as others see it
    ref.ask(lambda _: None, timeout=20)
    while worker.name != "test-worker-1":
        pass  # The answer is there before the thread is done.
    pinned = runtime.start(Pinned)
    assert pinned.ask(thread_name) == f"test-Pinned [{pinned}]"


def test_the_loops_thread_is_called_after_the_async_handler_that_runs_in_it(
    runtime: Runtime,
) -> None:
    async def in_a_task(_: Any) -> list[str]:
        async def name() -> str:
            await asyncio.sleep(0)
            return threading.current_thread().name

        return await asyncio.gather(name(), asyncio.to_thread(ActorNames.noted))

    one, two = runtime.start(Async, "one"), runtime.start(Async, "two")
    answers = [ref.ask(in_a_task, block=False) for ref in (one, two)]
    assert [answer.get(timeout=20) for answer in answers] == [
        ["test-loop [one]", "one"],
        ["test-loop [two]", "two"],
    ]


class ActorNames(logging.Handler):
    """Notes the names that log records get."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(ActorNameFilter())
        self.names: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.names.append(record.actor)  # type: ignore[attr-defined]  # the filter adds it

    @staticmethod
    def noted() -> str:
        """Log something here, and return what the record was given."""
        handler, logger = ActorNames(), logging.getLogger(f"test.{threading.get_ident()}")
        logger.addHandler(handler)
        logger.warning("something")
        logger.removeHandler(handler)
        return handler.names[0]


def test_log_records_get_the_name_of_the_actor(runtime: Runtime) -> None:
    outer, inner = runtime.start(Named, "outer"), runtime.start(Named, "inner")

    def log(_: Any) -> list[str]:
        return [ActorNames.noted(), inner.ask(lambda _: ActorNames.noted()), ActorNames.noted()]

    assert ActorNames.noted() == "-"
    assert outer.ask(log) == ["outer", "inner", "outer"]
    assert outer.ask(log, timeout=20) == ["outer", "inner", "outer"]


# --- dump ---


@pytest.fixture
def busy(runtime: Runtime) -> Iterator[Gate]:
    """A runtime with one handler in the pool, one of two in another's ask, and one that waits."""
    never: PooledFuture[None] = PooledFuture()

    async def wait(_: Any) -> None:
        await never

    with Gate() as gate, Gate() as inner_gate:
        runtime.start(Named, "Ada").tell(gate)
        assert gate.reached.wait(20)
        waiting = runtime.start(Async, "Bob").ask(wait, block=False)
        inner, outer = runtime.start(Named, "inner"), runtime.start(Named, "outer")
        thread = threading.Thread(
            target=lambda: outer.ask(lambda _: inner.ask(inner_gate)), name="application"
        )
        thread.start()
        assert inner_gate.reached.wait(20)
        while not runtime.loop.under_way:
            pass  # The loop has not come to it.
        yield gate
        never.set(None)
    thread.join()
    waiting.get(timeout=20)


def test_one_can_see_what_each_thread_and_async_handler_is_at(runtime: Runtime, busy: Gate) -> None:
    found = {one.thread: one for one in runtime.at_work(stacks=True)}
    actors = {thread: one.actor for thread, one in found.items() if one.ref is not None}
    assert actors == {"application": "inner", "test-worker-1": "Ada", "test-loop": "Bob"}
    assert found["application"].seconds > 0
    ada = found["test-worker-1"]
    assert (ada.message, ada.waits) == ("Gate", False)
    assert 0 <= ada.seconds < 600
    assert "in __call__" in "".join(ada.stack)
    bob = found["test-loop"]
    assert (bob.message, bob.waits) == ("function", True)
    assert "await never" in "".join(bob.stack)
    assert all(one.stack == () for one in runtime.at_work())


def test_a_batch_is_seen_with_its_size(runtime: Runtime) -> None:
    gate = Gate()

    class Batches(PooledActor):
        def on_batch(self, envelopes: Any) -> None:
            if len(envelopes) > 1:
                gate()

    with gate:
        ref = runtime.start(Batches)
        while not ref.actor_inbox.take_turn():
            pass  # What starts it is not done.
        ref.tell(1)
        ref.tell(2)
        ref.actor_inbox.release()
        assert gate.reached.wait(20)
        assert [one.message for one in runtime.at_work() if one.ref is ref] == ["2 x int"]


def test_the_dump_says_who_does_what_for_how_long_and_where(runtime: Runtime, busy: Gate) -> None:
    told = runtime.dump()
    assert told.startswith("test: 3 at work, ")
    assert re.search(r"^test-worker-1: Ada, Gate, for \d+\.\d s\n    File ", told, re.MULTILINE)
    assert "test-loop: Bob, function, for " in told
    assert "await never" in told
    assert "File" not in runtime.dump(stacks=False)
    with Runtime("other") as other:
        other.start(Echo).ask(1, timeout=20)
        assert "Ada" not in other.dump()
        while other.dump() != "other: 0 at work, 1 idle\nother-worker-1: idle\n":
            pass  # The answer is there before the thread is done.


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="There is no such signal here.")
def test_a_signal_writes_the_dump(runtime: Runtime, busy: Gate) -> None:
    written, before = io.StringIO(), []
    old = signal.signal(signal.SIGUSR1, lambda *_: before.append(1))
    try:
        undo = runtime.dump_on_signal(file=written)
        signal.raise_signal(signal.SIGUSR1)
        assert "test-worker-1: Ada, Gate" in written.getvalue()
        assert before == [1]
        undo()
        signal.raise_signal(signal.SIGUSR1)
        assert (written.getvalue().count("at work"), before) == (1, [1, 1])
        with pytest.raises(ActorRuntimeError, match="main thread"):
            runtime.start(Caller).ask(lambda _: runtime.dump_on_signal(), timeout=20)
    finally:
        signal.signal(signal.SIGUSR1, old)


# --- slow handlers ---


@pytest.fixture
def slow(runtime: Runtime) -> Iterator[list[SlowHandler]]:
    """What is heard of slow handlers; the lookout looks only when the test says so."""
    runtime.lookout.sleeping = False
    heard: list[SlowHandler] = []
    subscription = runtime.events.subscribe(heard.append, SlowHandler)
    yield heard
    subscription.cancel()


def test_a_handler_that_takes_long_is_told_of_and_again_after_twice_the_time(
    runtime: Runtime, slow: list[SlowHandler], caplog: pytest.LogCaptureFixture
) -> None:
    ref = runtime.start(Named, "Ada")
    with Gate() as gate:
        ref.tell(gate)
        assert gate.reached.wait(20)
        for now in (100.0, 109.0, 110.5, 115.0, 121.5, 130.0):
            assert runtime.lookout.look(now)
    assert [(one.ref, one.message, one.seconds) for one in slow] == [
        (ref, "Gate", 10.5),
        (ref, "Gate", 21.5),
    ]
    first = caplog.records[0]
    assert first.message.startswith("Ada has been at Gate for 10.5 s in test-worker-1:\n")
    assert "in __call__" in first.message


def until_its_threads_have_left(runtime: Runtime) -> None:
    """Wait for those who have given a handler to the loop: a clock that leaps sees them still."""
    while any(run.mailbox.runtime is runtime for run in runs()):
        time.sleep(0)


def test_an_async_handler_that_blocks_the_loop_is_told_of(
    runtime: Runtime, slow: list[SlowHandler], caplog: pytest.LogCaptureFixture
) -> None:
    ref = runtime.start(Async, "Ada")

    async def block(_: Any) -> None:
        gate()

    with Gate() as gate:
        ref.tell(block)
        assert gate.reached.wait(20)
        until_its_threads_have_left(runtime)
        for now in (100.0, 109.0, 110.5, 115.0, 121.5, 130.0):
            assert runtime.lookout.look(now)
    assert [(one.ref, one.message, one.seconds) for one in slow] == [
        (ref, "function", 10.5),
        (ref, "function", 21.5),
    ]
    said = caplog.records[0].message
    assert said.startswith("Ada has been at function for 10.5 s in test-loop, and nothing else")
    assert "in block" in said
    assert "in __call__" in said


def test_of_a_task_that_a_handler_has_started_the_handler_is_told(
    runtime: Runtime, slow: list[SlowHandler]
) -> None:
    ref = runtime.start(Async, "Ada")

    async def block() -> None:
        gate()

    async def start_two(_: Any) -> None:
        await asyncio.gather(block(), asyncio.sleep(0))

    with Gate() as gate:
        ref.tell(start_two)
        assert gate.reached.wait(20)
        until_its_threads_have_left(runtime)
        for now in (0.0, 11.0):
            assert runtime.lookout.look(now)
    assert [(one.ref, one.message) for one in slow] == [(ref, "function")]


def test_an_async_handler_that_waits_is_not_slow(runtime: Runtime, slow: list[SlowHandler]) -> None:
    never: PooledFuture[None] = PooledFuture()

    async def wait(_: Any) -> None:
        await never

    async def go_on(_: Any) -> None:
        await asyncio.sleep(0)

    waiting, other = runtime.start(Async, "one"), runtime.start(Async, "two")
    answer = waiting.ask(wait, block=False)
    for now in (0.0, 20.0, 40.0, 60.0):
        other.ask(go_on, timeout=20)
        until_its_threads_have_left(runtime)
        runtime.lookout.look(now)
        other.ask(go_on, timeout=20)
    never.set(None)
    answer.get(timeout=20)
    assert slow == []


def test_what_blocks_the_loop_and_is_no_handler_is_logged(
    runtime: Runtime, slow: list[SlowHandler], caplog: pytest.LogCaptureFixture
) -> None:
    async def block() -> None:
        gate()

    with Gate() as gate:
        assert runtime.loop.spawn([(lambda task: task.set_name("outside"), block())])
        assert gate.reached.wait(20)
        for now in (0.0, 11.0):
            assert runtime.lookout.look(now)
    assert slow == []
    assert caplog.records[0].message.startswith("The task outside has run for 11.0 s in test-loop,")


def test_the_lookout_looks_at_the_loop_by_itself_and_leaves_with_what_runs_there() -> None:
    heard = threading.Event()

    async def block_later(_: Any) -> None:
        await asyncio.sleep(0)
        gate()

    with Runtime("watched-loop", slow_after=0.02) as runtime:
        runtime.events.subscribe(lambda _: heard.set(), SlowHandler)
        with Gate() as gate:
            runtime.start(Async, "Ada").tell(block_later)
            assert gate.reached.wait(20)
            (thread,) = [t for t in threading.enumerate() if t.name == "watched-loop-lookout"]
            assert heard.wait(20)
        thread.join(20)
        assert not thread.is_alive()


def test_many_short_messages_in_a_row_are_not_slow(
    runtime: Runtime, slow: list[SlowHandler]
) -> None:
    ref = runtime.start(Caller)
    for now in (0.0, 9.0, 18.0, 27.0):
        ref.ask(lambda _, now=now: runtime.lookout.look(now))
    assert slow == []


def test_what_is_declared_to_block_or_has_a_thread_of_its_own_is_not_slow(
    runtime: Runtime, slow: list[SlowHandler]
) -> None:
    gates = [Gate(), Gate()]

    def block(_: Any) -> None:
        with blocking():
            gates[0]()

    with gates[0], gates[1]:
        runtime.start(Caller).tell(block)
        runtime.start(Pinned).tell(gates[1])
        assert all(gate.reached.wait(20) for gate in gates)
        for now in (0.0, 20.0, 40.0):
            assert runtime.lookout.look(now)
    assert slow == []


def test_the_lookout_looks_by_itself_while_the_pool_is_at_work_and_leaves_with_it() -> None:
    heard = threading.Event()
    with Runtime("watched", slow_after=0.02) as runtime:
        runtime.events.subscribe(lambda _: heard.set(), SlowHandler)
        for _ in range(2):
            heard.clear()
            with Gate() as gate:
                runtime.start(Caller).tell(gate)
                assert gate.reached.wait(20)
                (thread,) = [t for t in threading.enumerate() if t.name == "watched-lookout"]
                assert heard.wait(20)
            thread.join(20)
            assert not thread.is_alive()
            assert runtime.lookout.sleeping


def test_without_a_time_that_is_slow_nobody_is_warned(slow: list[SlowHandler]) -> None:
    with Runtime("unwatched", slow_after=None) as runtime, Gate() as gate:
        runtime.events.subscribe(slow.append, SlowHandler)
        runtime.start(Caller).tell(gate)
        assert gate.reached.wait(20)
        for now in (0.0, 1e9):
            assert runtime.lookout.look(now)
    assert slow == []


# --- counts ---


def test_every_handled_message_and_every_restart_is_counted(runtime: Runtime) -> None:
    class Batches(PooledActor):
        def on_batch(self, envelopes: Any) -> None:
            for envelope in envelopes:
                if envelope.reply_to is not None:
                    envelope.reply_to.set(None)

    async def answer(_: Any) -> None:
        await asyncio.sleep(0)

    class Ward(Caller):
        supervision = Strategy(max_restarts=1000, within=1)

    parent = runtime.start(Ward)
    kinds: list[tuple[Any, Any]] = [
        (runtime.start(Batches), 1),
        (runtime.start(Async, "Ada"), answer),
        (runtime.start(Caller), lambda _: None),
        (parent.ask(lambda self: self.start_child(Caller)), lambda _: 1 / 0),
    ]
    before = runtime.handled

    def send() -> None:
        for _ in range(100):
            for ref, message in kinds:
                ref.tell(message)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for ref, _ in reversed(kinds):
        runtime.start(Caller).ask(lambda _, ref=ref: ref.stop())
    runtime.shutdown(timeout=20)
    stops = len(kinds) * 4
    assert 1600 <= runtime.handled - before <= 1600 + stops
    assert 400 <= runtime.restarts <= 400 + 1  # a permanent child comes back after a stop, too


def test_how_long_is_counted_from_when_it_was_first_seen(runtime: Runtime) -> None:
    runtime.lookout.sleeping = False  # it looks when the test says so
    ref = runtime.start(Caller)
    with Gate() as gate:
        ref.tell(gate)
        assert gate.reached.wait(20)
        runtime.lookout.look(time.monotonic() - 1000)
        (found,) = [one for one in runtime.at_work() if one.ref is ref]
        assert 1000 <= found.seconds < 2000
