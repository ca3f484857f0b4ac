"""Timers that a workflow sets: once, never early, and as long as they are wanted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from repertory.actors import ActorSystem, State, Workflow, WorkflowRef
from repertory.actors.errors import HandlerFailed
from repertory.actors.messages import Wake
from repertory.actors.runtime import ManualClock as BareClock
from repertory.actors.testing import ManualClock
from repertory.actors.waiting import ask_and_wait
from repertory.persistence.records import MessageKind

from .faulty import FaultyStore

MINUTE = 60


class Ringer(Workflow):
    """Does with its timers what it is told to, and notes what rings."""

    workflow_name = "ringer"

    on = State(initial=True)
    off = State(final=True)
    start = on.to.itself(internal=True)
    cancel = on.to.itself(internal=True)
    fail = on.to.itself(internal=True)
    ring = on.to.itself(internal=True)
    break_ = on.to.itself(internal=True)
    later = on.to.itself(internal=True)
    finish = on.to(off)

    class Context:
        rung: list[Any] = []
        pending: list[str] = []

    def on_start(self, name: str, given: dict[str, Any], event: Any) -> str:
        if isinstance(given.get("after"), dict):
            given["after"] = timedelta(**given["after"])
        due = self.timers.start(name, **{"event": "ring", "data": {"n": name}, **given})
        self.context.pending = sorted(self.timers.pending)
        return due.isoformat()

    def on_cancel(self, name: str) -> bool:
        found = self.timers.cancel(name)
        self.context.pending = sorted(self.timers.pending)
        return found

    def on_fail(self, name: str, cancel: str) -> None:
        self.timers.start(name, event="ring", after=1)
        self.timers.cancel(cancel)
        raise ValueError("undone")

    def on_ring(self, n: str = "", stop: bool = False) -> None:
        fired = self.timers.fired
        assert fired is not None and fired.name == (n or fired.name)
        self.context.rung.append(n or fired.name)
        self.context.pending = sorted(self.timers.pending)
        if stop:
            self.timers.cancel(n)

    def on_break_(self) -> None:
        raise ValueError("this one always fails")

    def on_later(self, send_id: str | None = None) -> None:
        self.send("ring", delay=5_000, send_id=send_id)
        self.send("ring", delay=5_000, send_id=send_id)
        if send_id == "gone":
            self.cancel_event("gone")


@pytest.fixture
def ringer(system: ActorSystem) -> WorkflowRef:
    return system.start(Ringer, id="r")


def start(ringer: WorkflowRef, name: str, **given: Any) -> Any:
    return ringer.ask("start", name=name, given=given)


def rung(system: ActorSystem, id: str = "r") -> list[str]:
    system.settle()
    got: list[str] = system.get(id).context.rung
    return got


def pending(system: ActorSystem) -> list[tuple[str | None, int]]:
    store = system._services.store
    return [(m.name, m.due) for m in store.messages(kind=MessageKind.TIMER)]


def test_a_timer_brings_its_event_once_when_it_is_due(
    system: ActorSystem, ringer: WorkflowRef, clock: ManualClock
) -> None:
    assert start(ringer, "tea", after=3 * MINUTE) == "2026-01-01T00:03:00+00:00"
    clock.advance(3 * MINUTE - 0.000001)
    assert rung(system) == []
    clock.advance(0.000001)
    assert rung(system) == ["tea"]
    clock.advance(timedelta(days=300))
    assert rung(system) == ["tea"]
    assert ringer.context.pending == [] == pending(system)
    fired = ringer.history(last=1)[0]
    assert (fired.event, fired.data, fired.sender) == ("ring", {"n": "tea"}, None)


def test_starting_a_timer_again_replaces_it(
    system: ActorSystem, ringer: WorkflowRef, clock: ManualClock
) -> None:
    start(ringer, "tea", after=60)
    start(ringer, "tea", after={"seconds": 100})
    start(ringer, "egg", after=60)
    assert len(pending(system)) == 2
    clock.advance(99)
    assert rung(system) == ["egg"]
    clock.advance(1)
    assert rung(system) == ["egg", "tea"]


def test_a_cancelled_timer_never_fires_and_cancelling_says_whether_there_was_one(
    system: ActorSystem, ringer: WorkflowRef, clock: ManualClock
) -> None:
    start(ringer, "tea", after=60)
    assert ringer.ask("cancel", name="tea") is True
    assert ringer.ask("cancel", name="tea") is False
    clock.advance(100)
    assert rung(system) == [] == pending(system)


def test_a_timer_that_is_cancelled_while_it_is_on_its_way_does_not_fire() -> None:
    store, clock = FaultyStore(), BareClock()
    with ActorSystem(store=store, clock=clock) as system:
        ringer = system.start(Ringer, id="r")
        start(ringer, "tea", after=60)
        store.hold()
        cancelled = ringer.ask("cancel", name="tea", block=False)  # in the midst of its commit
        clock.advance(60)
        store.release()
        assert cancelled.get(timeout=30) is True
        assert rung(system) == []
        assert [entry.event for entry in ringer.history()][-1] == "cancel"


def test_a_timer_that_waits_in_the_mailbox_behind_its_cancelling_does_not_fire(
    path: Path | None,
) -> None:
    # This clock waits for nothing: a test that has something stand still goes by it.
    clock, busy, go, rang = BareClock(), Event(), Event(), list[str]()

    class Slow(Workflow):
        workflow_name = "slow-to-cancel"
        on = State(initial=True)
        tea = on.to.itself(internal=True)
        cancel = on.to.itself(internal=True)

        def on_enter_on(self) -> None:
            self.timers.start("tea", after=60)

        def on_tea(self) -> None:
            rang.append("though it was cancelled")

        def on_cancel(self) -> bool:
            busy.set()
            assert go.wait(30)
            return self.timers.cancel("tea")

    with ActorSystem(path, clock=clock) as system:
        slow = system.start(Slow)
        cancelled = slow.ask("cancel", block=False)
        assert busy.wait(30)
        clock.advance(60)
        # What is due is in the mailbox once the persistence actor has answered after looking.
        ask_and_wait(system._services.persistence, Wake())
        go.set()
        assert cancelled.get(timeout=30) is True
        system.settle()
        assert [entry.event for entry in slow.history()] == ["__created__", "cancel"]
        assert rang == []
        assert system.verify() == []


def test_a_step_that_is_undone_sets_and_cancels_nothing(
    system: ActorSystem, ringer: WorkflowRef, clock: ManualClock
) -> None:
    start(ringer, "tea", after=60)
    with pytest.raises(HandlerFailed):
        ringer.ask("fail", name="egg", cancel="tea")
    clock.advance(60)
    assert rung(system) == ["tea"]


def test_a_step_that_could_not_be_written_sets_and_cancels_nothing() -> None:
    store, clock = FaultyStore(), ManualClock()
    with ActorSystem(store=store, clock=clock) as system:
        ringer = system.start(Ringer, id="r")
        start(ringer, "tea", after=60)
        store.break_for("r")
        for event, given in (("cancel", {"name": "tea"}), ("start", {"name": "egg", "given": {}})):
            given = {**given, "given": {"after": 1}} if event == "start" else given
            with pytest.raises(Exception, match="bad sector"):
                ringer.ask(event, **given)
        store.mend()
        assert ringer.ask("cancel", name="egg") is False
        clock.advance(60)
        system.settle()
        clock.advance(1)  # after a failure, what comes for it may be put off a little
        assert rung(system) == ["tea"]


def test_a_workflow_that_finishes_takes_its_timers_with_it(
    system: ActorSystem, ringer: WorkflowRef, clock: ManualClock
) -> None:
    start(ringer, "tea", after=60)
    start(ringer, "egg", every=60)
    ringer.ask("finish")
    assert pending(system) == []
    clock.advance(100)
    assert [entry.event for entry in ringer.history()][-1] == "finish"


def test_timers_outlive_the_process_and_fire_late_in_their_order(file: Path) -> None:
    clock = ManualClock()
    with ActorSystem(file, clock=clock) as system:
        ringer = system.start(Ringer, id="r")
        for name, after in (("c", 30), ("a", 10), ("b", 20), ("d", 1000)):
            start(ringer, name, after=after)
    clock.advance(500)
    with ActorSystem(file, clock=clock) as system:
        assert rung(system) == ["a", "b", "c"]
        assert system.get("r").ask("cancel", name="c") is False
        clock.advance(500)
        assert rung(system) == ["a", "b", "c", "d"]
        assert system.verify() == []


def test_a_timer_brings_a_workflow_back_that_has_left_memory(
    system: ActorSystem, ringer: WorkflowRef, clock: ManualClock
) -> None:
    start(ringer, "tea", after=60)
    system.stop("r")
    clock.advance(60)
    assert rung(system) == ["tea"]


def test_a_timer_at_a_time_that_is_past_fires_at_once(
    system: ActorSystem, clock: ManualClock
) -> None:
    class Past(Workflow):
        workflow_name = "timer-of-the-past"
        on, rang = State(initial=True), State(final=True)
        ring = on.to(rang)

        def on_enter_on(self) -> None:
            self.timers.start("ring", at=datetime(1999, 12, 31, tzinfo=UTC))

    assert system.start(Past).wait_for("rang", timeout=30).finished


def test_one_that_repeats_keeps_to_its_beat_and_ends_when_it_is_cancelled(
    system: ActorSystem, ringer: WorkflowRef, clock: ManualClock
) -> None:
    start(ringer, "beat", every=10)
    for _ in range(3):
        clock.advance(10)
        assert ringer.context.pending == ["beat"]
        rung(system)
    clock.advance(7)
    assert rung(system) == ["beat"] * 3
    clock.advance(3)
    assert rung(system) == ["beat"] * 4
    ringer.ask("cancel", name="beat")
    clock.advance(100)
    assert rung(system) == ["beat"] * 4


def test_one_that_repeats_can_be_cancelled_by_what_it_brings(
    system: ActorSystem, ringer: WorkflowRef, clock: ManualClock
) -> None:
    start(ringer, "beat", every=10, data={"n": "beat", "stop": True})
    clock.advance(100)
    assert rung(system) == ["beat"]
    assert pending(system) == []


def test_one_that_repeats_goes_on_when_what_it_brings_fails_or_is_refused(
    system: ActorSystem, ringer: WorkflowRef, clock: ManualClock
) -> None:
    start(ringer, "bad", every=10, event="break_", data={})
    for _ in range(3):
        clock.advance(10)
        system.settle()
    kinds = [(entry.kind, entry.event) for entry in ringer.history()]
    assert kinds[2:] == [("failed", "break_")] * 3
    assert [name for name, _ in pending(system)] == ["bad"]


@pytest.mark.parametrize(
    ("late", "rings", "next_in"), [("merge", 1, 5), ("skip", 0, 5), ("fire", 4, 5)]
)
def test_a_restart_finds_what_was_missed_and_does_with_it_what_was_asked(
    file: Path, late: str, rings: int, next_in: int
) -> None:
    clock = ManualClock()
    with ActorSystem(file, clock=clock) as system:
        start(system.start(Ringer, id="r"), "beat", every=10, late=late)
    clock.advance(45)
    with ActorSystem(file, clock=clock) as system:
        assert rung(system) == ["beat"] * rings
        assert [due - clock.now_us() for _, due in pending(system)] == [next_in * 1_000_000]
        skipped = [e for e in system.get("r").history() if e.kind == "refused"]
        assert [e.error and e.error["type"] for e in skipped] == ["TimerSkipped"] * (late == "skip")
        clock.advance(next_in)
        assert rung(system) == ["beat"] * (rings + 1)


def test_what_was_missed_comes_in_the_order_of_its_deadlines_whatever_timer_it_is_of(
    path: Path | None, system: ActorSystem, ringer: WorkflowRef, clock: ManualClock
) -> None:
    start(ringer, "beat", every=10, late="fire")
    start(ringer, "slow beat", every=15, late="fire")
    for name, after in (("d", 38), ("a", 12), ("b", 12), ("c", 25)):
        start(ringer, name, after=after)
    ringer.ask("cancel", name="b")
    clock.set_by(45)
    assert rung(system) == [
        "beat",
        "a",
        "slow beat",
        "beat",
        "c",
        "slow beat",
        "beat",
        "d",
        "beat",
        "slow beat",
    ]
    clock.advance(5)
    assert rung(system)[10:] == ["beat"]


def test_a_timer_that_is_skipped_when_late_fires_when_it_is_only_a_little_late(
    file: Path,
) -> None:
    clock = ManualClock()
    with ActorSystem(file, clock=clock) as system:
        ringer = system.start(Ringer, id="r")
        start(ringer, "little", after=100, late="skip")
        start(ringer, "much", after=10, late="skip")
    clock.advance(110)
    with ActorSystem(file, clock=clock) as system:
        assert rung(system) == ["little"]


@pytest.mark.parametrize(
    ("cron", "since", "fired"),
    [
        ("0 9 * * *", "03-27 12:00", ["03-28 08:00", "03-29 07:00", "03-30 07:00"]),
        ("30 2 * * *", "03-27 12:00", ["03-28 01:30", "03-29 01:00", "03-30 00:30"]),
        ("0 9 * * *", "10-23 12:00", ["10-24 07:00", "10-25 08:00", "10-26 08:00"]),
        ("30 2 * * *", "10-23 12:00", ["10-24 00:30", "10-25 00:30", "10-26 01:30"]),
        # Set while the hour comes for the second time.
        ("30 2 * * *", "10-25 01:10", ["10-26 01:30", "10-27 01:30", "10-28 01:30"]),
        ("*/30 2 * * *", "10-24 12:00", ["10-25 00:00", "10-25 00:30", "10-25 01:00"]),
        ("15 * * * *", "03-28 23:30", ["03-29 00:15", "03-29 01:15", "03-29 02:15"]),
    ],
)
def test_cron_minds_the_change_to_summer_time_and_back(
    system: ActorSystem,
    ringer: WorkflowRef,
    clock: ManualClock,
    cron: str,
    since: str,
    fired: list[str],
) -> None:
    clock.advance(datetime.fromisoformat(f"2026-{since}Z") - clock.now())
    start(ringer, "report", cron=cron, tz="Europe/Paris")
    at = []
    for _ in fired:
        ((_, due),) = pending(system)
        clock.advance((due - clock.now_us()) / 1e6)
        at.append(f"{clock.now():%m-%d %H:%M}")
        rung(system)
    assert at == fired
    assert rung(system) == ["report"] * len(fired)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "Give one of `after` and `at`"),
        ({"after": -5}, "is past"),
        ({"every": 0}, "would never end"),
        ({"every": 5, "cron": "* * * * *"}, "one of `every` and `cron`"),
        ({"cron": "every day"}, "is no cron expression"),
        ({"cron": "0 0 30 2 *"}, "cron expression"),
        ({"cron": "* * * * *", "tz": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
        ({"cron": "* * * * *", "after": 1}, "no `after` or `at` with it"),
        ({"after": 1, "late": "ignore"}, "'fire', 'skip' and 'merge'"),
        ({"after": 1, "event": "rang"}, "does not have"),
        ({"after": 1, "data": {"state": 1}}, "'state'"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_give(
    ringer: WorkflowRef, given: dict[str, Any], says: str
) -> None:
    with pytest.raises(HandlerFailed, match=says):
        start(ringer, "tea", **given)


def test_a_delayed_event_of_python_statemachine_is_a_durable_timer(
    system: ActorSystem, ringer: WorkflowRef, clock: ManualClock
) -> None:
    ringer.ask("later")
    ringer.ask("later", send_id="one")
    ringer.ask("later", send_id="gone")
    assert [name for name, _ in pending(system)] == ["ring", "ring 2", "one"]
    clock.advance(5)
    assert rung(system) == ["ring", "ring 2", "one"]


def test_a_rollback_takes_back_the_timers_set_since_and_keeps_those_from_before(
    system: ActorSystem, ringer: WorkflowRef, clock: ManualClock
) -> None:
    start(ringer, "before", after=60)  # step 2
    start(ringer, "fired", after=1)  # step 3
    clock.advance(1)
    assert rung(system) == ["fired"]  # step 4
    start(ringer, "since", after=60)  # step 5
    ringer.rollback(to=4)
    assert [name for name, _ in pending(system)] == ["before"]
    clock.advance(60)
    assert rung(system) == ["fired", "before"]


def test_a_fork_has_none_of_the_timers(
    system: ActorSystem, ringer: WorkflowRef, clock: ManualClock
) -> None:
    start(ringer, "tea", after=60)
    fork = ringer.fork(id="f")
    assert fork.ask("cancel", name="tea") is False
    clock.advance(60)
    assert rung(system) == ["tea"] and rung(system, "f") == []


def test_a_workflow_that_is_removed_and_made_again_has_none_of_the_old_timers(
    system: ActorSystem, ringer: WorkflowRef, clock: ManualClock
) -> None:
    start(ringer, "tea", after=60)
    system.remove("r")
    again = system.start(Ringer, id="r")
    assert again.ask("cancel", name="tea") is False
    clock.advance(60)
    assert rung(system) == []


def test_a_workflow_takes_its_timers_along_to_another_store(
    system: ActorSystem, ringer: WorkflowRef, clock: ManualClock
) -> None:
    start(ringer, "tea", after=60)
    start(ringer, "beat", every=100)
    document = system.export("r")
    system.remove("r")
    clock.advance(70)
    assert system.import_(document).id == "r"
    assert rung(system) == ["tea"]
    clock.advance(30)
    assert rung(system) == ["tea", "beat"]


def test_a_chart_without_a_system_shows_what_it_would_set() -> None:
    chart = Ringer()
    chart.send("start", name="tea", given={"after": 60})
    assert list(chart.timers.pending) == ["tea"]
    assert [(sent.name, sent.event) for sent in chart.outbox] == [("tea", "ring")]
    chart.send("cancel", name="tea")
    assert chart.outbox == [] and chart.timers.fired is None
