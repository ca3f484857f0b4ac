"""The runtime's invariants, each a check that raises when it does not hold.

A check takes the mailbox to use, so that it can be put to a broken one. `PATIENCE` bounds how
long a broken variant may keep a check waiting; the real one answers long before.

The design counts sixteen. Here are 1 to 9 and 13 to 15, in that order, for the runtime alone;
the variants that break them are in `test_invariants.py` beside this. Of a system there are 10, 11
and 12 in `tests/system/test_invariants.py`, 13 across restarts in `test_timer_model.py` there,
4 and 16 with passivation in `test_passivation_invariants.py`, each with its variants.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import pykka
from repertory.actors.runtime import (
    AskRingError,
    Backoff,
    BoundedMailbox,
    Mailbox,
    ManualClock,
    PooledActor,
    Runtime,
    Strategy,
    Terminated,
    WhenFull,
    ending,
)

from .actors import Caller, Echo, Gate

PATIENCE = 0.5

MailboxType = Callable[[], Mailbox]


def caller(mailbox_type: MailboxType) -> type[Caller]:
    return type("Probe", (Caller,), {"mailbox_type": staticmethod(mailbox_type)})


class Clocked:
    """A runtime on a clock that stands still, shut down at the end whatever happened."""

    def __init__(self, workers: int = 2) -> None:
        self.clock = ManualClock()
        self.runtime = Runtime("invariant", workers=workers, clock=self.clock)

    def __enter__(self) -> Runtime:
        return self.runtime

    def __exit__(self, *_: object) -> None:
        self.runtime.shutdown(timeout=PATIENCE)


def settle(runtime: Runtime) -> None:
    """Return once whatever was scheduled before this has been begun with."""
    for _ in range(2):
        runtime.start(Echo).ask("anybody there?", timeout=20)


def one_handler_at_once(mailbox_type: MailboxType = Mailbox) -> None:
    inside: list[int] = []
    most: list[int] = []

    def enter(_: Any) -> None:
        inside.append(1)
        most.append(len(inside))
        gate()
        inside.pop()

    with Clocked() as runtime, Gate() as gate:
        ref = runtime.start(caller(mailbox_type))
        ref.tell(enter)
        assert gate.reached.wait(20)
        ref.tell(enter)
        settle(runtime)
        assert most == [1]


def first_in_first_out(mailbox_type: MailboxType = Mailbox) -> None:
    seen: list[int] = []
    with Clocked() as runtime:
        ref = runtime.start(caller(mailbox_type))
        with Gate() as gate:
            ref.tell(gate)
            assert gate.reached.wait(20)
            for number in range(20):
                ref.tell(lambda _, n=number: seen.append(n))
        ref.stop(timeout=20)
    assert seen == list(range(20))


def every_accepted_message_is_accounted_for(mailbox_type: MailboxType = Mailbox) -> None:
    handled: list[int] = []
    with Clocked() as runtime:
        ref = runtime.start(caller(mailbox_type))
        with Gate() as gate:
            ref.tell(gate)
            assert gate.reached.wait(20)
            for number in range(5):
                ref.tell(lambda _, n=number: handled.append(n))
            ref.stop(block=False)
            for number in range(7):
                ref.tell(lambda _, n=number: handled.append(n))
        assert ref.actor_stopped.wait(20)
        assert len(handled) + runtime.dead_letters.total == 12


class StoppedMeanwhile(deque[Any]):
    """A queue whose actor is ended by somebody else just before a message gets in."""

    mailbox: Mailbox | None = None

    def append(self, envelope: Any) -> None:
        mailbox, self.mailbox = self.mailbox, None
        if mailbox is not None:
            ending.kill(mailbox)
        super().append(envelope)


def an_ask_ends_even_if_the_actor_stops_meanwhile(mailbox_type: MailboxType = Mailbox) -> None:
    with Clocked() as runtime:
        ref = runtime.start(caller(mailbox_type))
        queue = ref.actor_inbox.queue = StoppedMeanwhile()
        queue.mailbox = ref.actor_inbox
        try:
            ref.ask(lambda _: "answered", block=False).get(timeout=PATIENCE)
        except pykka.ActorDeadError:
            return
        raise AssertionError("An actor that was stopped answered.")


def a_ring_of_asks_ends(_: MailboxType = Mailbox) -> None:
    with Clocked() as runtime:
        one, two = runtime.start(Caller), runtime.start(Caller)
        asked = one.ask(lambda _: two.ask(lambda _: one.ask(lambda _: 1)), block=False)
        try:
            asked.get(timeout=20 if a_ring_of_asks_ends.patient else PATIENCE)
        except AskRingError:
            return
        raise AssertionError("A ring of asks had an answer.")


a_ring_of_asks_ends.patient = True  # type: ignore[attr-defined]  # turned off for the broken one


class FilledAtTheEnd(deque[Any]):
    """A queue that gets a message just after the runner found it empty."""

    then: Callable[[], Any] | None = None

    def __len__(self) -> int:
        length = super().__len__()
        if not length:
            then, self.then = self.then, None
            if then is not None:
                then()
        return length


def what_arrives_at_the_last_moment_is_handled(mailbox_type: MailboxType = Mailbox) -> None:
    handled = threading.Event()
    with Clocked() as runtime:
        ref = runtime.start(caller(mailbox_type))
        queue = ref.actor_inbox.queue = FilledAtTheEnd()
        queue.then = lambda: ref.tell(lambda _: handled.set())
        ref.tell(lambda _: None)
        assert handled.wait(20 if mailbox_type is Mailbox else PATIENCE)


def a_runnable_actor_runs_within_a_bounded_number_of_batches(_: MailboxType = Mailbox) -> None:
    with Clocked(workers=1) as runtime:
        runtime.dispatcher.max_workers = 1  # type: ignore[attr-defined]  # it is a pool
        count: list[int] = []
        hog, other = runtime.start(Caller), runtime.start(Caller)
        with Gate() as gate:
            hog.tell(gate)
            assert gate.reached.wait(20)
            for number in range(5000):
                hog.tell(lambda _, n=number: count.append(n))
            answer = other.ask(lambda _: len(count), block=False)
        assert answer.get(timeout=20) <= 2 * 64


class Sickly(Caller):
    stop_on_failure = None
    made = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).made += 1
        self.broken = False


class Ward(Caller):
    stop_on_failure = None
    supervision = Strategy(max_restarts=3, within=10)


def nothing_is_handled_between_a_failure_and_the_restart(_: MailboxType = Mailbox) -> None:
    def breaks(self: Any) -> None:
        self.broken = True
        raise ValueError("broken")

    ward_type = type("Slow", (Ward,), {"supervision": Strategy(backoff=Backoff(initial=5))})
    with Clocked() as runtime:
        ref = runtime.start(ward_type).ask(lambda self: self.start_child(Sickly))
        try:
            ref.ask(breaks)
        except ValueError:
            pass
        after = ref.ask(lambda self: self.broken, block=False)
        settle(runtime)
        assert not after.done
        runtime.clock.advance(5)  # type: ignore[attr-defined]  # it is a manual one
        assert after.get(timeout=20) is False


def restarts_stay_within_the_intensity(_: MailboxType = Mailbox) -> None:
    sickly = type("Patient", (Sickly,), {"made": 0})
    with Clocked() as runtime:
        ward = runtime.start(Ward)
        ref = ward.ask(lambda self: self.start_child(sickly))
        for _number in range(6):
            try:
                ref.ask(lambda _: 1 / 0)
            except (ZeroDivisionError, pykka.ActorDeadError):
                pass
        settle(runtime)
        assert sickly.made == 1 + 3  # type: ignore[attr-defined]
        assert ward.actor_stopped.wait(20)


def children_stop_in_reverse_order(_: MailboxType = Mailbox) -> None:
    order: list[int] = []

    class Kid(PooledActor):
        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

        def on_stop(self) -> None:
            order.append(self.number)

    with Clocked() as runtime:
        ward = runtime.start(Ward)
        ward.ask(lambda self: [self.start_child(Kid, number) for number in range(4)])
        ward.stop(timeout=20)
    assert order == [3, 2, 1, 0]


class Watcher(Caller):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, Terminated):
            self.heard.append(message.ref)
            return None
        return message(self)


def each_watcher_hears_of_an_end_once(_: MailboxType = Mailbox) -> None:
    with Clocked() as runtime:
        watcher, alive, dead = runtime.start(Watcher), runtime.start(Echo), runtime.start(Echo)
        dead.stop()
        for ref in (alive, dead, alive, dead):
            watcher.ask(lambda self, ref=ref: self.watch(ref))
        alive.stop()
        assert alive.actor_stopped.wait(20)
        heard = watcher.ask(lambda self: list(self.heard))
        assert sorted(map(str, heard)) == sorted(map(str, [alive, dead]))


def timers_fire_once_never_early_and_not_when_cancelled(_: MailboxType = Mailbox) -> None:
    clock = ManualClock()
    fired: list[Any] = []
    for due in (1.0, 2.0, 2.0, 3.5):
        clock.call_later(due, lambda due=due: fired.append((due, clock.monotonic() >= due)))
        clock.call_later(due, fired.append, "cancelled").cancel()
    for _number in range(10):
        clock.advance(0.5)
    assert fired == [(1.0, True), (2.0, True), (2.0, True), (3.5, True)]


def a_bounded_mailbox_never_exceeds_its_bound(mailbox_type: MailboxType | None = None) -> None:
    made = mailbox_type or (lambda: BoundedMailbox(4, WhenFull.DROP_OLDEST))
    with Clocked() as runtime:
        ref = runtime.start(caller(made))
        most = 0
        with Gate() as gate:
            ref.tell(gate)
            assert gate.reached.wait(20)
            for _number in range(20):
                ref.tell(lambda _: None)
                most = max(most, len(ref.actor_inbox.queue))
    assert most == 4


def after_shutdown_nothing_is_left(_: MailboxType = Mailbox) -> None:
    runtime = Runtime("leftover", workers=2)
    runtime.start(Echo).ask("hello", timeout=20)
    runtime.clock.call_later(3600, print)
    ref = runtime.start(Caller)
    runtime.shutdown(timeout=20)
    left = [t.name for t in threading.enumerate() if t.name.startswith("leftover")]
    assert left == []
    assert not runtime.registry
    assert not ref.is_alive()
