"""Trees of actors: who is restarted, in which order, how often, and who hears of it."""

from __future__ import annotations

import gc
import queue
from typing import Any

import pykka
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repertory.actors.runtime import (
    ActorRestarted,
    ActorStopped,
    Backoff,
    Directive,
    ManualClock,
    PooledActor,
    Restart,
    Runtime,
    Scope,
    Strategy,
    Terminated,
    decide,
)

from .actors import Caller, Gate


class Parent(PooledActor):
    """Starts a child for each name and does what it is told."""

    def __init__(self, log: Any, names: str = "abc", restart: Restart = Restart.PERMANENT) -> None:
        super().__init__()
        self.log = log
        self.names = names
        self.restart = restart

    def on_start(self) -> None:
        self.refs = [
            self.start_child(Kid, self.log, name, restart=self.restart) for name in self.names
        ]

    def on_receive(self, message: Any) -> Any:
        return self.refs if message == "refs" else message(self)

    def on_stop(self) -> None:
        self.log.append("parent stopped")


class Kid(PooledActor):
    def __init__(self, log: Any, name: str) -> None:
        super().__init__()
        self.log = log
        self.name = name
        self.count = 0

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        if callable(message):
            return message(self)
        self.count += 1
        return self.count

    def on_stop(self) -> None:
        self.log.append(f"{self.name} stopped")

    def pre_restart(self, error: BaseException | None) -> None:
        self.log.append(f"{self.name} out")

    def post_restart(self, error: BaseException | None) -> None:
        self.log.append(f"{self.name} in")


def family(strategy: Strategy) -> type[Parent]:
    return type("Family", (Parent,), {"supervision": strategy})


def fail(ref: Any, error: BaseException | None = None) -> None:
    """Have an actor fail, and wait until it is over."""
    with pytest.raises(type(error or ValueError())):
        ref.ask(error or ValueError("boom"))


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope.ONE_FOR_ONE, ["b out", "b in"]),
        (Scope.ONE_FOR_ALL, ["c out", "b out", "a out", "a in", "b in", "c in"]),
        (Scope.REST_FOR_ONE, ["c out", "b out", "b in", "c in"]),
    ],
)
def test_a_restart_takes_along_whom_the_scope_says_in_order(
    runtime: Runtime, scope: Scope, expected: list[str]
) -> None:
    log: list[str] = []
    refs = runtime.start(family(Strategy(scope)), log).ask("refs")
    assert [ref.ask("count") for ref in refs] == [1, 1, 1]
    restarts: queue.SimpleQueue[Any] = queue.SimpleQueue()
    runtime.events.subscribe(restarts.put, ActorRestarted)
    fail(refs[1])
    # The answer does not wait for the siblings.
    for _ in range(len(expected) // 2):
        restarts.get(timeout=20)
    # Whoever was restarted counts from the start, whoever was not goes on.
    restarted = {line[0] for line in expected}
    assert [ref.ask("count") for ref in refs] == [1 if name in restarted else 2 for name in "abc"]
    assert log == expected


def test_a_restart_keeps_the_ref_and_what_waits_in_the_mailbox(runtime: Runtime) -> None:
    restarts: list[ActorRestarted] = []
    runtime.events.subscribe(restarts.append, ActorRestarted)
    log: list[str] = []
    (ref,) = runtime.start(Parent, log, "a").ask("refs")
    with Gate() as gate:
        ref.tell(gate)
        assert gate.reached.wait(20)
        ref.tell(ValueError("boom"))
        answers = [ref.ask("count", block=False) for _ in range(3)]
    assert [answer.get(timeout=20) for answer in answers] == [1, 2, 3]
    assert [event.ref for event in restarts] == [ref]


def test_the_directive_follows_the_closest_type_of_the_exception(runtime: Runtime) -> None:
    strategy = Strategy(
        directives={LookupError: Directive.RESUME, KeyError: Directive.STOP},
        default=Directive.RESTART,
    )
    ref_a, ref_b, ref_c = runtime.start(family(strategy), []).ask("refs")
    for ref in (ref_a, ref_b, ref_c):
        assert ref.ask("count") == 1
    fail(ref_a, IndexError())
    assert ref_a.ask("count") == 2
    fail(ref_b, KeyError())
    assert ref_b.actor_stopped.wait(20)
    fail(ref_c, OSError())
    assert ref_c.ask("count") == 1


@pytest.mark.parametrize(
    ("restart", "after_failure", "after_stop"),
    [
        (Restart.PERMANENT, True, True),
        (Restart.TRANSIENT, True, False),
        (Restart.TEMPORARY, False, False),
    ],
)
def test_the_restart_type_says_when_a_child_comes_back(
    runtime: Runtime, restart: Restart, after_failure: bool, after_stop: bool
) -> None:
    failed, stopped = runtime.start(Parent, [], "ab", restart).ask("refs")
    fail(failed)
    assert stopped.stop(timeout=20)
    for ref, back in ((failed, after_failure), (stopped, after_stop)):
        if back:
            assert ref.ask("count", timeout=20) == 1
        else:
            assert ref.actor_stopped.wait(20)


def test_a_failure_too_many_escalates_and_ends_the_tree_youngest_first(runtime: Runtime) -> None:
    log: list[str] = []
    parent = runtime.start(family(Strategy(max_restarts=2, within=10)), log)
    refs = parent.ask("refs")
    for _ in range(3):
        fail(refs[0])
    assert parent.actor_stopped.wait(20)
    assert all(ref.actor_stopped.wait(20) for ref in refs)
    assert log[:4] == ["a out", "a in", "a out", "a in"]
    assert log[4:] == ["c stopped", "b stopped"]
    assert not runtime.registry


@pytest.mark.parametrize(
    ("strategy", "why"),
    [
        (
            Strategy(max_restarts=0, within=10),
            "restarted as often as they may be: max_restarts=0 within 10 s:",
        ),
        (Strategy(default=Directive.ESCALATE), "raised escalate:"),
    ],
)
def test_an_escalation_says_why(
    runtime: Runtime, strategy: Strategy, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    parent = runtime.start(family(strategy), [])
    (child, *_) = parent.ask("refs")
    fail(child)
    assert parent.actor_stopped.wait(20)
    (said,) = [one.message for one in caplog.records if "since its" in one.message]
    assert said.startswith(f"Unhandled exception in {parent.actor_inbox.name}")
    assert child.actor_inbox.name in said
    assert said.endswith(why)


def test_failures_further_apart_than_the_period_do_not_escalate(
    runtime: Runtime, clock: ManualClock
) -> None:
    parent = runtime.start(family(Strategy(max_restarts=1, within=10)), [])
    ref = parent.ask("refs")[0]
    for _ in range(5):
        fail(ref)
        assert ref.ask("count") == 1
        clock.advance(10.5)
    assert parent.is_alive()


def test_nothing_is_handled_between_a_failure_and_the_restart(
    runtime: Runtime, clock: ManualClock
) -> None:
    strategy = Strategy(backoff=Backoff(initial=2.0, factor=3.0))
    (ref,) = runtime.start(family(strategy), [], "a").ask("refs")
    for delay in (2.0, 6.0):
        fail(ref)
        waiting = ref.ask("count", block=False)
        clock.advance(delay - 0.5)
        assert not waiting.done
        clock.advance(0.5)
        assert waiting.get(timeout=20) == 1


def test_a_shutdown_does_not_wait_for_a_backoff(runtime: Runtime) -> None:
    strategy = Strategy(backoff=Backoff(initial=3600, maximum=3600))
    (ref,) = runtime.start(family(strategy), [], "a").ask("refs")
    fail(ref)
    waiting = ref.ask("count", block=False)
    assert runtime.shutdown(timeout=20)
    with pytest.raises(pykka.ActorDeadError):
        waiting.get(timeout=20)


def test_a_parent_that_stops_stops_its_children_first(runtime: Runtime) -> None:
    log: list[str] = []
    parent = runtime.start(Parent, log)
    refs = parent.ask("refs")
    assert parent.stop(timeout=20)
    assert log == ["c stopped", "b stopped", "a stopped", "parent stopped"]
    assert not any(ref.is_alive() for ref in refs)


def test_a_child_that_is_stopped_by_its_parent_stays_stopped(runtime: Runtime) -> None:
    parent = runtime.start(Parent, [])
    refs = parent.ask("refs")
    parent.ask(lambda self: self.stop_child(refs[1]))
    assert refs[1].actor_stopped.wait(20)
    assert parent.ask(lambda self: self.children) == [refs[0], refs[2]]


def test_an_init_that_fails_at_the_restart_counts_as_a_failure(runtime: Runtime) -> None:
    class Fragile(PooledActor):
        made = 0

        def __init__(self) -> None:
            super().__init__()
            Fragile.made += 1
            if Fragile.made > 1:
                raise OSError("still broken")

        def on_receive(self, message: Any) -> None:
            raise ValueError(message)

    class Boss(PooledActor):
        def on_receive(self, message: Any) -> Any:
            return self.start_child(Fragile)

    boss = runtime.start(Boss)
    ref = boss.ask("start")
    fail(ref)
    assert boss.actor_stopped.wait(20)
    assert ref.actor_stopped.wait(20)
    assert Fragile.made == 1 + Boss.supervision.max_restarts


def test_all_fail_at_once_and_all_come_back(runtime: Runtime) -> None:
    strategy = Strategy(Scope.ONE_FOR_ALL, max_restarts=1000)
    names = "abcdefgh"
    refs = runtime.start(family(strategy), [], names).ask("refs")
    futures = [ref.ask(ValueError("boom"), block=False) for ref in refs for _ in range(20)]
    for future in futures:
        with pytest.raises(ValueError, match="boom"):
            future.get(timeout=20)
    assert all(ref.ask("count", timeout=20) >= 1 for ref in refs)


def test_a_watcher_hears_of_an_end_once_however_it_came(runtime: Runtime) -> None:
    heard: queue.SimpleQueue[Any] = queue.SimpleQueue()

    class Watcher(PooledActor):
        def on_receive(self, message: Any) -> None:
            if isinstance(message, Terminated):
                heard.put(message.ref)
            else:
                self.watch(message)
                self.watch(message)

    watcher = runtime.start(Watcher)
    stopped, failed, dead = (runtime.start(Kid, [], name) for name in "abc")
    dead.stop()
    for ref in (stopped, failed, dead):
        watcher.ask(ref)
    assert heard.get(timeout=20) is dead
    stopped.stop()
    assert heard.get(timeout=20) is stopped
    failed.tell(ValueError("boom"))
    assert heard.get(timeout=20) is failed
    watcher.ask(dead)
    watcher.stop()
    assert heard.empty()


def test_who_no_longer_watches_hears_nothing(runtime: Runtime) -> None:
    class Watcher(PooledActor):
        heard = 0

        def on_receive(self, message: Any) -> Any:
            self.heard += isinstance(message, Terminated)
            return message(self) if callable(message) else self.heard

    watcher, kid = runtime.start(Watcher), runtime.start(Kid, [], "a")
    watcher.ask(lambda self: (self.watch(kid), self.unwatch(kid)))
    kid.stop()
    assert watcher.ask("count") == 0


def test_each_start_is_answered_by_one_stopped_event(runtime: Runtime) -> None:
    ended: list[ActorStopped] = []
    runtime.events.subscribe(ended.append, ActorStopped)
    parent = runtime.start(Parent, [])
    refs = parent.ask("refs")
    fail(refs[0])
    parent.stop(timeout=20)
    runtime.shutdown()
    assert {event.ref for event in ended} == {parent, *refs}
    assert len(ended) == 4


# How long it takes says more about the machine than about the code.
@settings(deadline=None)
@given(
    moments=st.lists(st.floats(0, 100), max_size=40).map(sorted),
    limit=st.integers(0, 5),
    within=st.floats(0.1, 50),
)
def test_restarts_never_exceed_the_intensity(
    moments: list[float], limit: int, within: float
) -> None:
    strategy = Strategy(max_restarts=limit, within=within)
    restarts: tuple[float, ...] = ()
    taken: list[float] = []
    for moment in moments:
        decision = decide(strategy, Restart.PERMANENT, restarts, ValueError(), moment)
        restarts = decision.restarts
        if decision.directive is Directive.RESTART:
            taken.append(moment)
        recent = [one for one in taken if one > moment - within]
        assert len(recent) <= limit
        assert (decision.directive is Directive.ESCALATE) or recent


# How long it takes says more about the machine than about the code.
@settings(deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 1), st.floats(0, 1))
def test_a_backoff_stays_between_the_jitters_share_and_the_maximum(
    restart: int, jitter: float, chance: float
) -> None:
    backoff = Backoff(initial=0.5, maximum=20, factor=2, jitter=jitter)
    longest = min(20, 0.5 * 2 ** min(restart, 64))
    assert longest * (1 - jitter) - 1e-9 <= backoff.delay(restart, chance) <= longest


def test_an_init_that_fails_at_every_restart_escalates_however_many_there_may_be(
    runtime: Runtime,
) -> None:
    class Once(PooledActor):
        made = 0

        def __init__(self) -> None:
            super().__init__()
            type(self).made += 1
            if self.made > 1:
                raise ValueError("once only")

        def on_receive(self, message: Any) -> Any:
            raise ValueError("broken")

    many = Strategy(max_restarts=2000, within=3600)
    parent: Any = runtime.start(
        type("Patient", (Caller,), {"supervision": many, "stop_on_failure": None})
    )
    ref = parent.ask(lambda self: self.start_child(Once))
    with pytest.raises(ValueError, match="broken"):
        ref.ask("go", timeout=20)
    assert parent.actor_stopped.wait(20)
    assert ref.actor_stopped.wait(20)
    assert Once.made == 1 + 2000


def test_who_watches_many_remembers_only_those_whose_refs_somebody_has(runtime: Runtime) -> None:
    class Watcher(Caller):
        def on_receive(self, message: Any) -> Any:
            return None if isinstance(message, Terminated) else message(self)

    watcher: Any = runtime.start(Watcher)
    kept = runtime.start(Caller)
    for ref in [kept, *(runtime.start(Caller) for _ in range(100))]:
        watcher.ask(lambda self, ref=ref: self.watch(ref))
        ref.stop()
        assert ref.actor_stopped.wait(20)
    del ref
    watcher.ask(lambda self: None)
    gc.collect()
    assert watcher.ask(lambda self: len(self._watching._watches)) == 1
