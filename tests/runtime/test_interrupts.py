"""Ctrl-C, and what else is no Exception, reaches whom it is for and harms nobody else."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest
from repertory.actors.runtime import (
    InterruptedHandlerError,
    PooledActor,
    PooledFuture,
    Runtime,
    SteppedDispatcher,
)

from .actors import Caller, Echo, Gate


class Batches(PooledActor):
    """Handles in one go what waits, calling each message; answers with what it returns."""

    stop_on_failure = False

    def on_batch(self, envelopes: Any) -> None:
        for envelope in envelopes:
            answer = envelope.message(self)
            if envelope.reply_to is not None:
                envelope.reply_to.set(answer)


class Pinned(Echo):
    """Is run by its dispatcher alone."""

    run_inline = False


def interrupt(_: Any) -> None:
    signal.raise_signal(signal.SIGINT)


@pytest.fixture
def idle() -> Iterator[Runtime]:
    """A runtime in which nothing runs until somebody waits for it."""
    with Runtime("stepped", dispatcher=SteppedDispatcher()) as runtime:
        yield runtime


def test_a_ctrl_c_within_a_batch_is_for_the_waiting_thread_and_a_failure_for_the_others(
    idle: Runtime,
) -> None:
    ref = idle.start(Batches)
    earlier = ref.ask(lambda _: "answered", block=False)
    later = ref.ask(interrupt, block=False)
    last = ref.ask(lambda _: "not reached", block=False)
    with pytest.raises(KeyboardInterrupt):
        last.get()
    assert earlier.get(timeout=20) == "answered"
    for future in (later, last):
        with pytest.raises(InterruptedHandlerError, match="Batches"):
            future.get(timeout=20)
    assert ref.ask(lambda _: "alive") == "alive"


@pytest.mark.parametrize("kind", [Caller, Batches])
def test_a_ctrl_c_in_another_actor_that_a_stepped_dispatcher_runs_ends_the_ask(
    idle: Runtime, kind: type[PooledActor]
) -> None:
    other, asked = idle.start(kind), idle.start(Pinned)
    other.tell(interrupt)
    future = asked.ask("hello", block=False)
    with pytest.raises(KeyboardInterrupt):
        future.get()
    assert future.get() == "hello"
    assert other.ask(lambda _: "alive") == "alive"


@pytest.mark.parametrize("raised", [ValueError, SystemExit, GeneratorExit, KeyboardInterrupt])
def test_what_a_callback_of_a_future_raises_keeps_no_other_from_being_called(
    runtime: Runtime, raised: type[BaseException]
) -> None:
    def fails(_: object) -> None:
        raise raised

    ref = runtime.start(Caller)
    called: PooledFuture[Any] = PooledFuture()
    with Gate() as gate:
        ref.tell(gate)
        assert gate.reached.wait(20)
        future = ref.ask(lambda _: "answer", block=False)
        future.add_done_callback(fails)
        future.add_done_callback(lambda done: called.set(done.get()))
    assert called.get(timeout=20) == "answer"
    assert ref.ask(lambda _: "alive", timeout=20) == "alive"


def test_a_ctrl_c_in_a_callback_is_for_the_thread_that_gives_the_answer() -> None:
    future: PooledFuture[int] = PooledFuture()
    called: list[int] = []
    future.add_done_callback(interrupt)
    future.add_done_callback(lambda done: called.append(done.get()))
    with pytest.raises(KeyboardInterrupt):
        future.set(1)
    assert called == [1]


def test_a_ctrl_c_in_a_callback_of_an_answer_that_is_waited_for_ends_the_wait(
    idle: Runtime,
) -> None:
    ref = idle.start(Caller)
    first = ref.ask(lambda _: "answer", block=False)
    second = ref.ask(lambda _: "answer", block=False)
    first.add_done_callback(interrupt)
    with pytest.raises(KeyboardInterrupt):
        second.get()
    assert second.get(timeout=20) == "answer"
