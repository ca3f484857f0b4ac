"""Each invariant holds, and is seen to be broken by a variant that breaks it on purpose."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pykka
import pytest
from repertory.actors.runtime import (
    BoundedMailbox,
    Dispatcher,
    Mailbox,
    ManualClock,
    PooledActor,
    Runtime,
    Terminated,
    TimerHandle,
    children,
    waiting,
)
from repertory.actors.runtime.supervision import Decision, Directive

from . import invariants

Break = Callable[[pytest.MonkeyPatch], Callable[[], Mailbox] | None]

CHECKS = [
    check
    for name, check in vars(invariants).items()
    if getattr(check, "__module__", "") == invariants.__name__
    and callable(check)
    and not isinstance(check, type)
    and name not in ("caller", "settle")
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_invariant_holds(check: Callable[[], None]) -> None:
    check()


class NoLock:
    """A turn that everybody gets."""

    def take(self) -> bool:
        return True

    def append(self, token: None) -> None: ...


class NoExclusion(Mailbox):
    def __init__(self) -> None:
        super().__init__()
        self._turn = NoLock()


class LastInFirstOut(Mailbox):
    def __init__(self) -> None:
        super().__init__()
        self.queue = type("Stack", (deque,), {"append": deque.appendleft})()


class Forgetful(Mailbox):
    """What is left behind a stop vanishes, as in Pykka."""

    def drain(self) -> Iterator[Any]:
        self.queue.clear()
        return iter(())


class LooksThenPuts(Mailbox):
    """Looks whether the actor is alive and puts after that, as in Pykka."""

    def put(self, envelope: Any) -> None:
        if self.closed:
            raise pykka.ActorDeadError("not found")
        self.queue.append(envelope)
        if self._turn and self._turn.take():
            self.dispatcher.schedule(self)


class LooksNoMore(Mailbox):
    """Gives its turn up without looking whether something came meanwhile."""

    opened = False

    def release(self) -> None:
        if self.opened:
            self._turn.append(None)
        else:
            self.opened = True
            super().release()


class Unbounded(BoundedMailbox):
    def _admit(self, envelope: Any) -> tuple[bool, None]:
        self.queue.append(envelope)
        return True, None


def no_ring_check(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(waiting, "find_ring", lambda *_: None)
    patch.setattr(invariants.a_ring_of_asks_ends, "patient", False)


def endless_batches(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Dispatcher, "throughput", 10**9)


def runs_on_before_the_restart(patch: pytest.MonkeyPatch) -> None:
    proceed = children.GroupRestart.proceed

    def release_and_proceed(self: Any) -> None:
        self._failed.release()
        proceed(self)

    patch.setattr(children.GroupRestart, "proceed", release_and_proceed)


def always_restarts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(children, "decide", lambda *_: Decision(Directive.RESTART))


def stops_the_oldest_first(patch: pytest.MonkeyPatch) -> None:
    def stop_all(self: Any, **_: Any) -> None:
        self._closing = True
        for child in list(self._children.values()):
            child.mailbox.ref.stop()

    patch.setattr(children.Children, "stop_all", stop_all)


def watches_twice(patch: pytest.MonkeyPatch) -> None:
    def watch(self: Any, ref: Any) -> None:
        me = self.actor_ref
        ref.actor_inbox.ended.add_done_callback(lambda _: me.tell(Terminated(ref)))

    patch.setattr(PooledActor, "watch", watch)


def watches_only_the_living(patch: pytest.MonkeyPatch) -> None:
    watch = PooledActor.watch
    patch.setattr(PooledActor, "watch", lambda self, r: watch(self, r) if r.is_alive() else None)


def fires_early(patch: pytest.MonkeyPatch) -> None:
    call_later = ManualClock.call_later
    patch.setattr(
        ManualClock, "call_later", lambda self, s, *args: call_later(self, s - 0.5, *args)
    )


def fires_twice(patch: pytest.MonkeyPatch) -> None:
    run = TimerHandle.run
    patch.setattr(TimerHandle, "run", lambda self: (run(self), run(self)))


def fires_when_cancelled(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TimerHandle, "cancel", lambda self: None)


def leaves_its_threads(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Dispatcher, "close", lambda self, timeout=None: True)


def leaves_its_actors(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Runtime, "_stop_all", lambda self, deadline: True)


def uses(mailbox_type: Callable[[], Mailbox]) -> Break:
    return lambda _: mailbox_type


@pytest.mark.parametrize(
    ("check", "breaks"),
    [
        (invariants.one_handler_at_once, uses(NoExclusion)),
        (invariants.first_in_first_out, uses(LastInFirstOut)),
        (invariants.every_accepted_message_is_accounted_for, uses(Forgetful)),
        (invariants.an_ask_ends_even_if_the_actor_stops_meanwhile, uses(LooksThenPuts)),
        (invariants.a_ring_of_asks_ends, no_ring_check),
        (invariants.what_arrives_at_the_last_moment_is_handled, uses(LooksNoMore)),
        (invariants.a_runnable_actor_runs_within_a_bounded_number_of_batches, endless_batches),
        (
            invariants.nothing_is_handled_between_a_failure_and_the_restart,
            runs_on_before_the_restart,
        ),
        (invariants.restarts_stay_within_the_intensity, always_restarts),
        (invariants.children_stop_in_reverse_order, stops_the_oldest_first),
        (invariants.each_watcher_hears_of_an_end_once, watches_twice),
        (invariants.each_watcher_hears_of_an_end_once, watches_only_the_living),
        (invariants.timers_fire_once_never_early_and_not_when_cancelled, fires_early),
        (invariants.timers_fire_once_never_early_and_not_when_cancelled, fires_twice),
        (invariants.timers_fire_once_never_early_and_not_when_cancelled, fires_when_cancelled),
        (invariants.a_bounded_mailbox_never_exceeds_its_bound, uses(lambda: Unbounded(4))),
        (invariants.after_shutdown_nothing_is_left, leaves_its_threads),
        (invariants.after_shutdown_nothing_is_left, leaves_its_actors),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_variant_that_breaks_it_is_caught(
    check: Callable[..., None], breaks: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox_type = breaks(monkeypatch)
    with pytest.raises((AssertionError, pykka.Timeout)):
        check(mailbox_type) if mailbox_type else check()
