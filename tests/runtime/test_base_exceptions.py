"""What is no Exception, raised in a hook, a task or a callback, harms nobody but its own."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pykka
import pytest
from repertory.actors.runtime import (
    ActorFailed,
    PooledActor,
    Runtime,
    Scope,
    Strategy,
    SystemClock,
)

from .actors import Caller, Gate


class Leaves(PooledActor):
    """Ends the process, if it could, when it is to stop."""

    def on_receive(self, message: Any) -> Any:
        return message

    def on_stop(self) -> None:
        raise SystemExit


class LeavesABatch(Leaves):
    def on_batch(self, envelopes: Any) -> None:
        for envelope in envelopes:
            envelope.reply_to.set(envelope.message)


class LeavesTheLoop(PooledActor):
    async def on_receive(self, message: Any) -> Any:
        return message

    async def on_stop(self) -> None:
        raise SystemExit


@pytest.mark.parametrize("leaves", [Leaves, LeavesABatch, LeavesTheLoop])
def test_an_on_stop_that_would_exit_is_a_failing_hook_and_the_stop_is_answered(
    runtime: Runtime, leaves: type[PooledActor]
) -> None:
    failed: list[ActorFailed] = []
    runtime.events.subscribe(failed.append, ActorFailed)
    ref = runtime.start(leaves)
    assert ref.ask(1, timeout=20) == 1
    assert ref.stop(timeout=20)
    assert ref.actor_stopped.wait(20)
    assert [type(one.error) for one in failed] == [SystemExit]
    other = runtime.start(LeavesTheLoop)
    assert other.ask(2, timeout=20) == 2


def test_a_task_that_would_exit_does_not_take_the_event_loop_along(runtime: Runtime) -> None:
    class Begins(PooledActor):
        async def on_receive(self, message: Any) -> Any:
            async def leave() -> None:
                raise SystemExit

            task = asyncio.ensure_future(leave())
            await asyncio.wait([task])
            return message

    ref = runtime.start(Begins)
    assert ref.ask(1, timeout=20) == 1
    assert ref.ask(2, timeout=20) == 2


def test_what_handlers_began_and_left_is_broken_off_when_the_loop_ends() -> None:
    ended = threading.Event()

    class Begins(PooledActor):
        async def on_receive(self, message: Any) -> None:
            async def go_on() -> None:
                try:
                    await asyncio.Event().wait()
                finally:
                    ended.set()

            self.task = asyncio.ensure_future(go_on())
            await asyncio.sleep(0)

    with Runtime() as runtime:
        runtime.start(Begins).ask("begin", timeout=20)
    assert ended.is_set()


class Fragile(PooledActor):
    broken = False

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, Exception):
            self.broken = True
            raise message
        return self.broken


class FailsTwice(Fragile):
    def on_failure(self, *_: Any) -> None:
        raise SystemExit


class FailsToGo(Fragile):
    def pre_restart(self, error: BaseException | None) -> None:
        raise SystemExit


def three(kind: type[PooledActor], runtime: Runtime) -> list[Any]:
    ward = type("Ward", (Caller,), {"supervision": Strategy(Scope.ONE_FOR_ALL)})
    start = lambda self: [self.start_child(kind) for _ in range(3)]  # noqa: E731
    refs: list[Any] = runtime.start(ward).ask(start)
    return refs


@pytest.mark.parametrize("kind", [FailsTwice, FailsToGo])
def test_a_hook_that_would_exit_does_not_keep_a_restart_from_taking_place(
    runtime: Runtime, kind: type[PooledActor]
) -> None:
    refs = three(kind, runtime)
    with pytest.raises(ValueError, match="broken"):
        refs[1].ask(ValueError("broken"), timeout=20)
    assert [ref.ask("broken?", timeout=20) for ref in refs] == [False] * 3


def test_a_subscriber_that_would_exit_does_not_keep_a_restart_from_taking_place(
    runtime: Runtime,
) -> None:
    def leave(_: object) -> None:
        raise SystemExit

    runtime.events.subscribe(leave, ActorFailed)
    refs = three(Fragile, runtime)
    with pytest.raises(ValueError, match="broken"):
        refs[0].ask(ValueError("broken"), timeout=20)
    assert refs[0].ask("broken?", timeout=20) is False


def test_a_listener_of_a_topic_that_would_exit_keeps_nothing_from_the_others(
    runtime: Runtime,
) -> None:
    def leave(_: object) -> None:
        raise SystemExit

    heard: list[Any] = []
    runtime.topics.subscribe("a", leave)
    runtime.topics.subscribe("a", heard.append)
    assert runtime.topics.publish("a", 1) == 2
    assert len(heard) == 1


def test_a_dead_letter_whose_refused_would_exit_does_not_hide_those_behind_it(
    runtime: Runtime,
) -> None:
    class Proud:
        def refused(self, error: Exception) -> None:
            raise SystemExit

    ref = runtime.start(Caller)
    with Gate() as gate:
        ref.tell(gate)
        assert gate.reached.wait(20)
        ref.stop(block=False)
        ref.tell(Proud())
        behind = ref.ask("behind", block=False)
    with pytest.raises(pykka.ActorDeadError):
        behind.get(timeout=20)


def test_a_timer_that_would_exit_does_not_end_the_clock() -> None:
    def leave() -> None:
        raise SystemExit

    clock = SystemClock()
    called = threading.Event()
    clock.call_later(0, leave)
    clock.call_later(0, called.set)
    assert called.wait(20)
    clock.close()
