"""Clocks, timers and the event stream."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repertory.actors.runtime import (
    EventStream,
    ManualClock,
    PooledActor,
    ReceiveTimeout,
    Runtime,
    SteppedDispatcher,
    SystemClock,
)


class Listener(PooledActor):
    stop_on_failure = False

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []

    def on_receive(self, message: Any) -> Any:
        if callable(message):
            return message(self)
        self.heard.append(message)
        return None


def heard(ref: Any) -> Any:
    return ref.ask(lambda self: list(self.heard), timeout=20)


def test_a_manual_clock_makes_the_calls_that_are_due_in_order() -> None:
    clock = ManualClock(datetime(2026, 5, 1, tzinfo=UTC))
    calls: list[Any] = []
    clock.call_later(3, calls.append, "late")
    clock.call_later(1, lambda: (calls.append("early"), clock.call_later(1, calls.append, "next")))
    clock.call_later(1, calls.append, "same time, later")
    clock.call_later(2.5, calls.append, "never").cancel()
    clock.advance(2)
    assert calls == ["early", "same time, later", "next"]
    assert clock.pending == 1
    clock.advance(1)
    assert calls[-1] == "late"
    assert clock.monotonic() == 3
    assert clock.now() == datetime(2026, 5, 1, 0, 0, 3, tzinfo=UTC)
    assert clock.now_us() == 1_777_593_603_000_000


# How long it takes says more about the machine than about the code.
@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 50), st.booleans()), max_size=30), st.floats(0.1, 20))
def test_a_timer_fires_once_never_early_and_not_when_cancelled(
    timers: list[tuple[float, bool]], step: float
) -> None:
    clock = ManualClock()
    fired: list[tuple[int, float]] = []
    for number, (due, cancelled) in enumerate(timers):
        handle = clock.call_later(due, lambda n=number: fired.append((n, clock.monotonic())))
        if cancelled:
            handle.cancel()
    while clock.monotonic() < 50:
        clock.advance(step)
    assert sorted(number for number, _ in fired) == [
        number for number, (_, cancelled) in enumerate(timers) if not cancelled
    ]
    assert all(moment >= timers[number][0] for number, moment in fired)


def test_the_system_clock_serves_timers_in_order_and_survives_a_failing_one() -> None:
    clock = SystemClock("test-clock")
    all_set, done = threading.Event(), threading.Event()
    order: list[int] = []

    def hold() -> None:
        # On a busy machine time passes between two of the calls below: none is served before
        # the due times of all are known.
        all_set.wait(20)
        raise ValueError("one that fails")

    def note(number: int) -> None:
        order.append(number)
        if len(order) == 3:
            done.set()

    clock.call_later(3600, note, 0)
    clock.call_later(0, hold)
    due = {number: clock.call_later(number / 100, note, number).due for number in (3, 2, 1)}
    all_set.set()
    assert done.wait(20)
    clock.close()
    assert order == sorted(due, key=due.__getitem__)
    assert not any(thread.name == "test-clock" for thread in threading.enumerate())
    assert abs(clock.now_us() - clock.now().timestamp() * 1e6) < 60e6


def test_an_actor_sends_itself_messages_later_once_and_repeatedly(
    runtime: Runtime, clock: ManualClock
) -> None:
    ref = runtime.start(Listener)
    ref.ask(lambda self: self.schedule_once(5, "once"))
    timer = ref.ask(lambda self: self.schedule_every(2, "tick"))
    clock.advance(4)
    assert heard(ref) == ["tick", "tick"]
    clock.advance(1)
    assert heard(ref) == ["tick", "tick", "once"]
    timer.cancel()
    clock.advance(100)
    assert heard(ref) == ["tick", "tick", "once"]


def test_an_actors_timers_end_with_it(runtime: Runtime, clock: ManualClock) -> None:
    ref = runtime.start(Listener)
    ref.ask(lambda self: (self.schedule_once(5, "once"), self.schedule_every(2, "tick")))
    ref.ask(lambda self: self.set_receive_timeout(7))
    assert clock.pending == 3
    ref.stop()
    assert ref.actor_stopped.wait(20)
    assert clock.pending == 0


def test_a_receive_timeout_comes_after_silence_only(runtime: Runtime, clock: ManualClock) -> None:
    ref = runtime.start(Listener)
    ref.ask(lambda self: self.set_receive_timeout(10))
    clock.advance(6)
    assert heard(ref) == []
    clock.advance(6)
    assert heard(ref) == []
    clock.advance(12)
    assert heard(ref) == [ReceiveTimeout()]
    ref.ask(lambda self: self.set_receive_timeout(None))
    clock.advance(100)
    assert heard(ref) == [ReceiveTimeout()]


def test_subscribers_hear_their_types_until_they_cancel_and_do_no_harm() -> None:
    events = EventStream()
    numbers: list[Any] = []
    everything: list[Any] = []

    def broken(event: object) -> None:
        raise ValueError(event)

    events.subscribe(broken)
    subscription = events.subscribe(numbers.append, int, float)
    events.subscribe(everything.append)
    for event in (1, "two", 3.0):
        events.publish(event)
    subscription.cancel()
    subscription.cancel()
    events.publish(4)
    assert numbers == [1, 3.0]
    assert everything == [1, "two", 3.0, 4]


def test_an_appointment_of_a_manual_clock_follows_the_time_of_day() -> None:
    clock = ManualClock(datetime(2026, 5, 1, tzinfo=UTC))
    calls: list[Any] = []
    at = clock.now_us() + 10_000_000
    clock.call_at(at, lambda: calls.append(clock.now_us() - at))
    clock.call_at(at + 1, calls.append, "never").cancel()
    clock.call_later(20, calls.append, "later")
    clock.advance(9)
    clock.set_by(-5)
    clock.advance(5.999999)
    assert calls == []
    clock.advance(0.000001)
    assert calls == [0]
    clock.call_at(clock.now_us() + 3_600_000_000, calls.append, "jumped over")
    clock.set_by(7200)
    assert calls == [0, "jumped over"]
    clock.advance(5)
    assert calls == [0, "jumped over", "later"]


@settings(deadline=None)
@given(st.lists(st.integers(1, 3_000_000), min_size=1, max_size=20))
def test_a_manual_clock_that_goes_on_in_steps_comes_to_the_microsecond(steps: list[int]) -> None:
    clock = ManualClock()
    calls: list[int] = []
    clock.call_at(clock.now_us() + sum(steps), calls.append, 1)
    clock.call_later(sum(steps) / 1e6, calls.append, 2)
    for step in steps[:-1]:
        clock.advance(step / 1e6)
    assert calls == []
    clock.advance(steps[-1] / 1e6)
    assert sorted(calls) == [1, 2]


class ClockThatIsSet(SystemClock):
    """The machine's clock, which somebody sets."""

    ahead = 0

    def now_us(self) -> int:
        return super().now_us() + self.ahead


def test_an_appointment_of_the_system_clock_is_kept_when_the_clock_is_set_forward() -> None:
    clock, rung = ClockThatIsSet("set-clock", look_again=0.01), threading.Event()
    clock.call_at(clock.now_us() + 3_600_000_000, rung.set)
    clock.ahead += 3_600_000_000
    assert rung.wait(20)
    clock.close()


def test_an_appointment_of_the_system_clock_is_not_kept_early_when_it_is_set_back() -> None:
    clock, rung, looked = ClockThatIsSet("set-clock"), threading.Event(), threading.Event()
    early: list[int] = []
    at = clock.now_us() + 100_000

    def ring() -> None:
        early.append(at - clock.now_us())
        rung.set()

    clock.call_at(at, ring)
    clock.ahead -= 1_000_000
    clock.call_later(0.2, looked.set)
    assert looked.wait(20) and not rung.is_set()
    clock.ahead += 1_000_000
    assert rung.wait(20)
    clock.close()
    assert early[0] <= 0


def test_cancelled_calls_leave_the_clock_long_before_their_time() -> None:
    clock = SystemClock()
    kept = clock.call_later(3600, print)
    for _ in range(5000):
        clock.call_later(3600, print).cancel()
    assert len(clock._heap) < 2500
    assert kept in clock._heap
    clock.close()


def test_who_is_at_a_message_for_long_has_no_receive_timeout_meanwhile(clock: ManualClock) -> None:
    with Runtime(clock=clock, dispatcher=SteppedDispatcher()) as runtime:
        ref: Any = runtime.start(Listener)
        ref.ask(lambda self: self.set_receive_timeout(5))
        ref.ask(lambda self: clock.advance(12))
        assert ref.ask(lambda self: list(self.heard)) == []
        clock.advance(5)
        assert ref.ask(lambda self: list(self.heard)) == [ReceiveTimeout()]


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_no_time_at_all_is_no_interval(runtime: Runtime, seconds: float) -> None:
    ref: Any = runtime.start(Listener)
    for set_up in (
        lambda self: self.schedule_every(seconds, "tick"),
        lambda self: self.set_receive_timeout(seconds),
    ):
        with pytest.raises(ValueError, match="no time at all"):
            ref.ask(set_up)
