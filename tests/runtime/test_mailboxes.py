"""Bounded mailboxes, priorities and the stash."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from functools import partial
from typing import Any, ClassVar

import pykka
import pytest
from repertory.actors.runtime import (
    ActorFailed,
    AskRingError,
    BlockedLoopError,
    BoundedMailbox,
    DeadLetter,
    Mailbox,
    MailboxFullError,
    ManualClock,
    PooledActor,
    PriorityMailbox,
    ReceiveTimeout,
    Runtime,
    SteppedDispatcher,
    Terminated,
    WhenFull,
)

from .actors import Caller, Gate


class Recorder(PooledActor):
    stop_on_failure = False
    last: ClassVar[list[Any]] = []
    """What the one that stopped last has seen."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []
        self.most = 0

    def on_stop(self) -> None:
        Recorder.last = self.seen

    def on_receive(self, message: Any) -> Any:
        self.most = max(self.most, len(self.actor_inbox.queue))
        if callable(message):
            return message(self)
        self.seen.append(message)
        return message


def bounded(when_full: WhenFull, capacity: int = 3) -> type[Recorder]:
    made = partial(BoundedMailbox, capacity, when_full)
    return type("Bounded", (Recorder,), {"mailbox_type": made})


def fill(ref: Any, gate: Gate, count: int = 3) -> None:
    """Hold the actor in a handler and put so many messages behind it."""
    ref.tell(gate)
    assert gate.reached.wait(20)
    for number in range(count):
        ref.tell(number)


def test_a_full_mailbox_refuses(runtime: Runtime) -> None:
    ref = runtime.start(bounded(WhenFull.REFUSE))
    with Gate() as gate:
        fill(ref, gate)
        with pytest.raises(MailboxFullError, match="3 messages"):
            ref.tell("more")
        with pytest.raises(MailboxFullError):
            ref.ask("more", block=False).get()
        stopped = ref.stop(block=False)
    assert stopped.get(timeout=20) is True
    assert runtime.dead_letters.total == 0


def test_a_full_mailbox_drops_the_oldest(runtime: Runtime) -> None:
    ref = runtime.start(bounded(WhenFull.DROP_OLDEST))
    with Gate() as gate:
        fill(ref, gate)
        ref.tell(3)
        ref.tell(4)
        ref.stop(block=False)
    assert ref.actor_stopped.wait(20)
    assert Recorder.last == [2, 3, 4]
    assert [letter.message for letter in runtime.dead_letters.recent] == [0, 1]


def test_a_full_mailbox_drops_the_newest(runtime: Runtime) -> None:
    ref = runtime.start(bounded(WhenFull.DROP_NEWEST))
    with Gate() as gate:
        fill(ref, gate)
        ref.tell(3)
        dropped = ref.ask(4, block=False)
        with pytest.raises(pykka.ActorDeadError, match="full"):
            dropped.get(timeout=20)
        ref.stop(block=False)
    assert ref.actor_stopped.wait(20)
    assert Recorder.last == [0, 1, 2]
    assert [letter.message for letter in runtime.dead_letters.recent] == [3, 4]


def test_senders_wait_for_room_and_the_bound_holds(runtime: Runtime) -> None:
    ref = runtime.start(bounded(WhenFull.WAIT))
    with Gate() as gate:
        fill(ref, gate)
        senders = [
            threading.Thread(target=lambda n=n: [ref.tell((n, i)) for i in range(50)])
            for n in range(3)
        ]
        for sender in senders:
            sender.start()
    for sender in senders:
        sender.join(20)
        assert not sender.is_alive()
    seen = ref.ask(lambda self: self.seen, timeout=20)
    assert seen[:3] == [0, 1, 2]
    for number in range(3):
        assert [m for m in seen[3:] if m[0] == number] == [(number, i) for i in range(50)]
    assert ref.ask(lambda self: self.most, timeout=20) <= 3


def test_waiting_senders_are_refused_when_the_actor_stops(runtime: Runtime) -> None:
    ref = runtime.start(bounded(WhenFull.WAIT))
    refused = threading.Event()

    def send() -> None:
        try:
            while True:
                ref.tell("more")
        except pykka.ActorDeadError:
            refused.set()

    with Gate() as gate:
        ref.tell(lambda self: (gate(), self._stop()))
        assert gate.reached.wait(20)
        sender = threading.Thread(target=send)
        sender.start()
    assert refused.wait(20)
    sender.join(20)


def test_two_full_actors_that_tell_each_other_get_an_error(runtime: Runtime) -> None:
    both = threading.Barrier(2, timeout=20)
    one, two = (runtime.start(bounded(WhenFull.WAIT, 1)) for _ in range(2))

    def flood(self: Any, other: Any) -> str:
        both.wait()
        try:
            for number in range(5):
                other.tell(number)
        except AskRingError:
            return "ring"
        return "fine"

    answers = [
        one.ask(lambda self: flood(self, two), block=False),
        two.ask(lambda self: flood(self, one), block=False),
    ]
    assert "ring" in [answer.get(timeout=20) for answer in answers]


def test_an_actor_that_fills_its_own_mailbox_gets_an_error(runtime: Runtime) -> None:
    ref = runtime.start(bounded(WhenFull.WAIT))
    with pytest.raises(AskRingError):
        ref.ask(lambda self: [self.actor_ref.tell(number) for number in range(4)], timeout=20)


def test_the_most_urgent_message_comes_first_and_a_stop_after_all_that_came_before_it(
    runtime: Runtime,
) -> None:
    class Triage(Recorder):
        mailbox_type = partial(PriorityMailbox, lambda m: m[0] if isinstance(m, tuple) else 9)

    ref = runtime.start(Triage)
    with Gate() as gate:
        fill(ref, gate, 0)
        for urgency, name in [(2, "a"), (1, "b"), (2, "c"), (0, "d"), (1, "e")]:
            ref.tell((urgency, name))
        stopped = ref.stop(block=False)
        ref.tell((0, "late"))
    assert stopped.get(timeout=20) is True
    assert Recorder.last == [(0, "d"), (1, "b"), (1, "e"), (2, "a"), (2, "c")]
    assert [letter.message for letter in runtime.dead_letters.recent] == [(0, "late")]


@pytest.mark.parametrize("mailbox", [Mailbox, partial(PriorityMailbox, lambda message: 1)])
def test_an_actor_that_always_has_something_to_do_stops_all_the_same(
    runtime: Runtime, mailbox: Any
) -> None:
    class Restless(PooledActor):
        mailbox_type = mailbox

        def on_receive(self, message: Any) -> None:
            self.actor_ref.tell(message)

    ref = runtime.start(Restless)
    ref.tell("again")
    assert ref.stop(timeout=20) is True
    assert [letter.message for letter in runtime.dead_letters.recent] in (["again"], [])


class Door(PooledActor):
    """Sets everything aside until it is opened."""

    open = False

    def on_receive(self, message: Any) -> Any:
        if message == "open":
            self.open = True
            self.unstash_all()
            return None
        if message == "retire":
            return self.retire()
        if not self.open:
            self.stash()
            return None
        if message == "fail":
            raise ValueError(message)
        return message


def test_stashed_messages_come_back_first_and_are_answered_then(runtime: Runtime) -> None:
    ref = runtime.start(Door)
    asked = [ref.ask(number, block=False) for number in range(3)]
    assert ref.ask("retire", timeout=20) is False
    assert not any(future.done for future in asked)
    ref.tell("open")
    assert [future.get(timeout=20) for future in asked] == [0, 1, 2]


def test_what_is_still_stashed_at_the_end_is_a_dead_letter(runtime: Runtime) -> None:
    ref = runtime.start(Door)
    asked = ref.ask("aside", block=False)
    ref.stop()
    with pytest.raises(pykka.ActorDeadError):
        asked.get(timeout=20)
    assert [letter.message for letter in runtime.dead_letters.recent] == ["aside"]


def test_a_restart_gives_the_stash_to_the_next_instance(runtime: Runtime) -> None:
    class Failing(Door):
        def on_receive(self, message: Any) -> Any:
            if message == "break":
                raise ValueError(message)
            return super().on_receive(message)

    parent = runtime.start(Caller)
    ref = parent.ask(lambda self: self.start_child(Failing))
    with Gate() as gate:
        parent.tell(gate)
        first, second = ref.ask("a", block=False), ref.ask("b", block=False)
        with pytest.raises(ValueError, match="break"):
            ref.ask("break")
        ref.tell("open")
        assert [first.get(timeout=20), second.get(timeout=20)] == ["a", "b"]


@pytest.mark.parametrize("policy", WhenFull)
def test_under_pressure_the_bound_holds_and_the_counts_add_up(policy: WhenFull) -> None:
    runtime = Runtime("test", workers=2)
    ref = runtime.start(bounded(policy, 5))
    letters: list[DeadLetter] = []
    runtime.events.subscribe(letters.append, DeadLetter)
    refused: list[Any] = []
    beyond: list[int] = []

    def send(sender: int) -> None:
        for number in range(300):
            try:
                if number % 7:
                    ref.tell((sender, number))
                else:
                    ref.ask((sender, number), block=number % 2 == 0)
            except (MailboxFullError, pykka.ActorDeadError) as error:
                if "dropped" not in str(error):
                    refused.append((sender, number))
            beyond.append(len(ref.actor_inbox.queue))

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        senders = [threading.Thread(target=send, args=(number,)) for number in range(4)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
    finally:
        sys.setswitchinterval(before)
    assert ref.stop(timeout=60)
    dead = [letter.message for letter in letters]
    # An ask without `block` that is refused has a future that says so, and no exception.
    silent = [(s, n) for s in range(4) for n in range(0, 300, 7) if n % 2]
    met = Counter([*Recorder.last, *dead, *refused])
    assert {key: count for key, count in met.items() if count != 1} == {}
    missing = {(s, n) for s in range(4) for n in range(300)} - set(met)
    assert missing <= (set(silent) if policy is WhenFull.REFUSE else set())
    assert max(beyond) <= 5
    assert runtime.shutdown(timeout=60)


def test_what_the_runtime_sends_needs_no_priority(clock: ManualClock) -> None:
    class Triage(Recorder):
        mailbox_type = partial(PriorityMailbox, lambda message: message.urgency)

    class Case:
        urgency = 1

        def __init__(self, then: Any) -> None:
            self.then = then

        def __call__(self, triage: Any) -> Any:
            return self.then(triage)

    with Runtime(clock=clock, dispatcher=SteppedDispatcher()) as runtime:
        other = runtime.start(Recorder)
        ref: Any = runtime.start(Triage)
        ref.ask(Case(lambda self: self.watch(other)))
        ref.ask(Case(lambda self: self.set_receive_timeout(5)))
        other.stop()
        ref.ask(Case(lambda self: None))
        clock.advance(5)
        seen = ref.ask(Case(lambda self: list(self.seen)))
        assert [type(message) for message in seen] == [Terminated, ReceiveTimeout]


def test_an_ask_with_a_timeout_waits_no_longer_than_that_for_room(runtime: Runtime) -> None:
    ref = runtime.start(bounded(WhenFull.WAIT))
    with Gate() as gate:
        fill(ref, gate)
        with pytest.raises(pykka.Timeout):
            ref.ask("more", timeout=0.01)
        assert not ref.actor_inbox.queue.senders
    assert ref.ask(lambda self: self.seen, timeout=20) == [0, 1, 2]


def test_a_sender_that_may_not_wait_takes_nobodys_turn(runtime: Runtime) -> None:
    class Async(PooledActor):
        async def on_receive(self, message: Any) -> Any:
            try:
                message.tell("from the loop")
            except BlockedLoopError:
                return "refused"

    ref = runtime.start(bounded(WhenFull.WAIT, capacity=1))
    with Gate() as gate:
        fill(ref, gate, count=1)
        assert runtime.start(Async).ask(ref, timeout=20) == "refused"
        sender = threading.Thread(target=ref.tell, args=("from a thread",))
        sender.start()
    sender.join(20)
    assert not sender.is_alive()
    assert ref.ask(lambda self: self.seen, timeout=20) == [0, "from a thread"]


def test_a_timer_waits_for_room_without_holding_up_the_clock(
    runtime: Runtime, clock: ManualClock
) -> None:
    ref: Any = runtime.start(bounded(WhenFull.WAIT))
    called: list[int] = []
    ref.ask(lambda self: self.schedule_once(1, "once"), timeout=20)
    never = ref.ask(lambda self: self.schedule_every(1, "never"), timeout=20)
    ref.ask(lambda self: self.schedule_every(2, "every"), timeout=20)
    clock.call_later(3, called.append, 3)
    with Gate() as gate:
        fill(ref, gate)
        clock.advance(5)
        assert called == [3]
        assert len(ref.actor_inbox.queue) == 3
        never.cancel()
    assert ref.ask(lambda self: self.seen[:3], timeout=20) == [0, 1, 2]
    # What was due while there was no room comes when there is some.
    seen = ref.ask(lambda self: self.seen[3:], timeout=20)
    assert "once" in seen
    assert "every" in seen
    assert "never" not in seen


def test_a_message_can_be_stashed_once(runtime: Runtime) -> None:
    class Twice(Recorder):
        def on_receive(self, message: Any) -> Any:
            if message == "stash":
                self.stash()
                self.stash()
            return super().on_receive(message)

    failed: list[ActorFailed] = []
    runtime.events.subscribe(failed.append, ActorFailed)
    ref = runtime.start(Twice)
    ref.tell("stash")
    assert ref.ask(lambda self: len(self._stash), timeout=20) == 1
    assert "no message that it could stash" in str(failed[0].error)


def test_a_dead_letter_that_becomes_one_itself_is_counted_and_goes_no_further(
    runtime: Runtime,
) -> None:
    ref = runtime.start(bounded(WhenFull.DROP_NEWEST, capacity=1))
    runtime.events.subscribe(ref.tell, DeadLetter)
    with Gate() as gate:
        fill(ref, gate, count=1)
        ref.tell("too much")
        assert runtime.dead_letters.total == 2
