"""What an actor's author relies on."""

from __future__ import annotations

import queue
import threading
from collections import deque
from typing import Any

import pykka
import pytest
from repertory.actors.runtime import (
    ActorFailed,
    AskRingError,
    DeadLetter,
    PooledActor,
    PooledFuture,
    Runtime,
    SteppedDispatcher,
    ending,
)

from .actors import Caller, Echo, Gate


def test_an_ask_returns_what_the_handler_returns(runtime: Runtime) -> None:
    ref = runtime.start(Echo)
    assert ref.ask("hi") == "hi"
    assert ref.ask("hi", timeout=20) == "hi"
    assert ref.ask("hi", block=False).get(timeout=20) == "hi"


def test_an_ask_raises_what_the_handler_raises(runtime: Runtime) -> None:
    ref = runtime.start(Echo)
    with pytest.raises(KeyError):
        ref.ask(KeyError("gone"))
    assert ref.ask("alive") == "alive"


def test_a_proxy_reaches_methods_and_attributes(runtime: Runtime) -> None:
    class Account(PooledActor):
        def __init__(self) -> None:
            super().__init__()
            self.total = 1

        def add(self, amount: int) -> int:
            self.total += amount
            return self.total

    proxy = runtime.start(Account).proxy()
    assert proxy.add(2).get() == 3
    proxy.total = 10
    assert proxy.total.get() == 10


def test_on_start_runs_before_the_first_message(runtime: Runtime) -> None:
    class Starter(PooledActor):
        started = False

        def on_start(self) -> None:
            self.started = True

        def on_receive(self, message: Any) -> bool:
            return self.started

    assert runtime.start(Starter).ask("?") is True


def test_a_failing_on_start_is_reported_and_ends_the_actor(runtime: Runtime) -> None:
    failures: list[ActorFailed] = []
    runtime.events.subscribe(failures.append, ActorFailed)
    hooks: list[BaseException | None] = []

    class Broken(PooledActor):
        def on_start(self) -> None:
            raise OSError("no such file")

        def on_failure(self, kind: Any, value: BaseException | None, traceback: Any) -> None:
            hooks.append(value)

    ref = runtime.start(Broken)
    assert ref.actor_stopped.wait(20)
    with pytest.raises(pykka.ActorDeadError):
        ref.ask("?")
    runtime.shutdown()
    assert [str(failure.error) for failure in failures] == ["no such file"]
    assert [str(hook) for hook in hooks] == ["no such file"]


@pytest.mark.parametrize("policy", [True, False])
def test_failing_tells_and_asks_take_the_same_path(runtime: Runtime, policy: bool) -> None:
    class Chosen(Echo):
        stop_on_failure = policy

        def on_failure(self, kind: Any, value: BaseException | None, traceback: Any) -> None:
            hooked.put(value)

    hooked: Any = queue.SimpleQueue()
    told, asked = runtime.start(Chosen), runtime.start(Chosen)
    told.tell(ValueError("told"))
    with pytest.raises(ValueError, match="asked"):
        asked.ask(ValueError("asked"))
    assert {str(hooked.get(timeout=20)), str(hooked.get(timeout=20))} == {"told", "asked"}
    if policy:
        assert told.actor_stopped.wait(20)
        assert asked.actor_stopped.wait(20)
    else:
        assert told.ask("on") == asked.ask("on") == "on"


def test_by_default_a_failing_tell_ends_the_actor_as_in_pykka(runtime: Runtime) -> None:
    class Plain(PooledActor):
        def on_receive(self, message: Any) -> None:
            raise ValueError(message)

    ref = runtime.start(Plain)
    with pytest.raises(ValueError, match="asked"):
        ref.ask("asked")
    assert ref.is_alive()
    ref.tell("told")
    assert ref.actor_stopped.wait(20)


def test_a_base_exception_ends_one_actor_only(runtime: Runtime) -> None:
    victim, other = runtime.start(Echo), runtime.start(Echo)
    victim.tell(SystemExit(3))
    assert victim.actor_stopped.wait(20)
    assert other.ask("on") == "on"


def test_what_is_left_behind_a_stop_is_a_dead_letter(runtime: Runtime) -> None:
    letters: list[DeadLetter] = []
    runtime.events.subscribe(letters.append, DeadLetter)

    class Refusable:
        error: Exception | None = None

        def refused(self, error: Exception) -> None:
            self.error = error

    ref = runtime.start(Caller)
    message = Refusable()
    with Gate() as gate:
        ref.tell(gate)
        assert gate.reached.wait(20)
        stopped = ref.stop(block=False)
        ref.tell(message)
        asked = ref.ask("late", block=False)
    assert stopped.get(timeout=20) is True
    with pytest.raises(pykka.ActorDeadError, match="stopped before handling"):
        asked.get(timeout=20)
    assert isinstance(message.error, pykka.ActorDeadError)
    assert [letter.message for letter in letters] == [message, "late"]
    assert letters == runtime.dead_letters.recent
    assert runtime.dead_letters.total == 2
    assert all(letter.recipient is ref for letter in letters)


def test_a_tell_to_a_stopped_actor_is_refused_and_not_a_dead_letter(runtime: Runtime) -> None:
    ref = runtime.start(Echo)
    assert ref.stop() is True
    assert ref.stop() is False
    with pytest.raises(pykka.ActorDeadError):
        ref.tell("late")
    with pytest.raises(pykka.ActorDeadError):
        ref.ask("late", block=False).get()
    assert runtime.dead_letters.total == 0


def test_a_taken_reply_is_answered_by_whoever_took_it(runtime: Runtime) -> None:
    taken: list[PooledFuture[Any] | None] = []

    def take(actor: PooledActor) -> None:
        taken.append(actor.take_reply())

    ref = runtime.start(Caller)
    future = ref.ask(take, block=False)
    ref.ask(lambda _: None)
    assert not future.done
    assert taken == [future]
    future.set("later")
    assert future.get() == "later"
    ref.tell(take)
    ref.ask(lambda _: None)
    assert taken[1] is None


def test_a_waiting_thread_helps_the_mailbox_that_the_reply_moved_to() -> None:
    """With its only pool thread held up, the asker itself runs both actors."""

    class Writer(PooledActor):
        def on_batch(self, envelopes: Any) -> None:
            for envelope in envelopes:
                future, value = envelope.message
                future.set((value, threading.current_thread()))

    class Front(PooledActor):
        def on_receive(self, message: Any) -> None:
            reply = self.take_reply()
            assert reply is not None
            reply.worker = writer.actor_inbox
            # Held as if something else ran it, so that only the asker can come to it.
            assert writer.actor_inbox.take_turn()
            writer.tell((reply, message))
            writer.actor_inbox._turn.append(None)

    with Runtime("helped") as runtime:
        writer, front = runtime.start(Writer), runtime.start(Front)
        assert front.ask("x") == ("x", threading.current_thread())
        assert runtime.dispatcher.threads == set()


def test_a_batch_actor_gets_what_waits_in_order_and_answers_itself(runtime: Runtime) -> None:
    batches: list[list[Any]] = []

    class Batch(PooledActor):
        stop_on_failure = False
        batch_limit = 3

        def on_batch(self, envelopes: Any) -> None:
            batches.append([envelope.message for envelope in envelopes])
            for envelope in envelopes:
                if envelope.message == "gate":
                    gate()
                elif envelope.message == "bad":
                    raise ValueError("bad")
                elif envelope.reply_to is not None:
                    envelope.reply_to.set(envelope.message)

    ref = runtime.start(Batch)
    with Gate() as gate:
        ref.tell("gate")
        assert gate.reached.wait(20)
        first = [ref.ask(n, block=False) for n in range(4)]
        bad = ref.ask("bad", block=False)
        rest = ref.ask("rest", block=False)
    assert [future.get(timeout=20) for future in first] == [0, 1, 2, 3]
    for future in (bad, rest):
        with pytest.raises(ValueError, match="bad"):
            future.get(timeout=20)
    assert batches == [["gate"], [0, 1, 2], [3, "bad", "rest"]]
    assert ref.stop(timeout=20) is True


def test_retire_ends_an_actor_only_when_nothing_waits(runtime: Runtime) -> None:
    results: list[bool] = []
    ref = runtime.start(Caller)
    with Gate() as gate:
        ref.tell(lambda actor: (gate(), results.append(actor.retire())))
        assert gate.reached.wait(20)
        waiting = ref.ask(lambda _: "handled", block=False)
    assert waiting.get(timeout=20) == "handled"
    assert ref.ask(lambda actor: actor.retire()) is True
    assert results == [False]
    assert not ref.is_alive()
    assert ref.actor_urn not in runtime.registry
    with pytest.raises(pykka.ActorDeadError):
        ref.tell("late")


def test_an_async_on_batch_is_refused_when_the_class_is_defined() -> None:
    with pytest.raises(TypeError, match="on_batch"):

        class Batch(PooledActor):
            async def on_batch(self, envelopes: Any) -> None: ...


def test_a_stop_now_overtakes_what_waits(runtime: Runtime) -> None:
    handled: list[str] = []

    class Stops(Caller):
        def on_stop(self) -> None:
            handled.append("on_stop")

    ref: Any = runtime.start(Stops)
    with Gate() as gate:
        ref.tell(gate)
        assert gate.reached.wait(20)
        behind = ref.ask(lambda _: handled.append("waits"), block=False)
        first = ref.stop(now=True, block=False)
        second = ref.stop(now=True, block=False)
    assert first.get(timeout=20) is True
    assert second.get(timeout=20) is True
    with pytest.raises(pykka.ActorDeadError, match="before handling"):
        behind.get(timeout=20)
    assert handled == ["on_stop"]
    assert ref.stop(now=True) is False
    assert runtime.start(Stops).stop(now=True, timeout=20) is True


def test_a_batch_actor_and_an_async_one_stop_now_too(runtime: Runtime) -> None:
    ended: list[str] = []

    class Batches(PooledActor):
        def on_batch(self, envelopes: Any) -> None:
            envelopes[0].message()

    class Async(PooledActor):
        async def on_receive(self, message: Any) -> None:
            message()

        async def on_stop(self) -> None:
            ended.append("async")

    for kind in (Batches, Async):
        ref = runtime.start(kind)
        with Gate() as gate:
            ref.tell(gate)
            assert gate.reached.wait(20)
            behind = ref.ask(gate, block=False)
            stopped = ref.stop(now=True, block=False)
        assert stopped.get(timeout=20) is True
        with pytest.raises(pykka.ActorDeadError):
            behind.get(timeout=20)
    assert ended == ["async"]


def test_an_actor_can_stop_itself_now_and_not_wait_for_it(runtime: Runtime) -> None:
    ref: Any = runtime.start(Caller)
    with pytest.raises(AskRingError):
        ref.ask(lambda self: self.actor_ref.stop(now=True), timeout=20)
    assert ref.actor_stopped.wait(20)


def test_the_children_of_who_stops_now_do_so_too() -> None:
    with Runtime(dispatcher=SteppedDispatcher()) as runtime:
        ref: Any = runtime.start(Caller)
        child: Any = ref.ask(lambda self: self.start_child(Echo))
        stopped = ref.stop(now=True, block=False)
        waits = child.ask("waits", block=False)
        assert stopped.get() is True
        with pytest.raises(pykka.ActorDeadError, match="before handling"):
            waits.get()


class ClosedMeanwhile(deque[Any]):
    """A queue whose actor ends between a message of the runtime's and its being refused."""

    then: Any = None

    def appendleft(self, envelope: Any) -> None:
        super().appendleft(envelope)
        then, self.then = self.then, None
        if then is not None:
            then()


def test_of_two_stops_that_come_as_the_actor_ends_both_are_answered(runtime: Runtime) -> None:
    ref: Any = runtime.start(Caller)
    mailbox = ref.actor_inbox
    second: list[Any] = []

    def end_with_another_on_its_way() -> None:
        second.append(ref.stop(now=True, block=False))
        ending.close(mailbox)
        # The other one's mark is drained, and stands for whichever came first.
        assert ending._stands_for_the_runtime(mailbox, mailbox.queue.popleft())

    with Gate() as gate:
        ref.tell(gate)
        assert gate.reached.wait(20)
        mailbox.queue = ClosedMeanwhile()
        mailbox.queue.then = end_with_another_on_its_way
        first = ref.stop(now=True, block=False)
        assert first.get(timeout=20) is True
        assert second[0].get(timeout=20) is True
    assert ref.actor_stopped.wait(20)
