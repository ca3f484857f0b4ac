"""Random programs of timers against a model: each fires once, never early, cancelled ones never."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repertory.actors import (
    ActorSystem,
    State,
    Workflow,
    agenda,
    due,
    presence,
    recurrence,
    to_come,
)
from repertory.actors.testing import ManualClock
from repertory.persistence.memory import MemoryStore

NAMES = ("a", "b", "c")

Program = list[tuple[Any, ...]]


class Played(Workflow):
    """Does with its timers what the program says."""

    workflow_name = "played-timers"

    on = State(initial=True)
    start = on.to.itself(internal=True)
    cancel = on.to.itself(internal=True)
    ring = on.to.itself(internal=True)

    def on_start(self, name: str, given: dict[str, Any]) -> None:
        self.timers.start(name, event="ring", **given)

    def on_cancel(self, name: str) -> bool:
        return self.timers.cancel(name)

    def on_ring(self) -> None:
        fired = self.timers.fired
        assert fired is not None
        rung = self.context.setdefault("rung", [])
        rung.append([fired.name, round(fired.due.timestamp() * 1e6)])


class Model:
    """What must happen, worked out in the simplest way."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.numbers = count()
        self.pending: dict[str, tuple[int, int, int | None, str]] = {}
        self.fired: list[list[Any]] = []

    def start(self, name: str, after: int, every: int | None, late: str) -> None:
        self.pending[name] = (self.now + after, next(self.numbers), every, late)

    def go_on(self, by: int, *, running: bool) -> None:
        end = self.now + by
        if not running:
            self.now = end
        while True:
            name = min(self.pending, key=lambda name: self.pending[name][:2], default=None)
            if name is None or self.pending[name][0] > end:
                break
            moment, _, every, late = self.pending.pop(name)
            self.now = max(self.now, moment)
            if every is not None:
                again = moment + every
                while late != "fire" and again <= self.now:
                    again += every
                self.pending[name] = (again, next(self.numbers), every, late)
            missed = self.now - moment > 60_000_000 or (
                every is not None and moment + every <= self.now
            )
            if not (late == "skip" and missed):
                self.fired.append([name, moment])
        self.now = end


seconds = st.integers(0, 200)
moves = st.one_of(
    st.tuples(
        st.just("start"),
        st.sampled_from(NAMES),
        seconds,
        st.none() | st.integers(5, 100),
        st.sampled_from(["fire", "skip", "merge"]),
    ),
    st.tuples(st.just("cancel"), st.sampled_from(NAMES)),
    st.tuples(st.just("advance"), seconds),
    st.tuples(st.just("jump"), st.integers(-200, 200)),
    st.tuples(st.just("restart"), seconds),
    st.tuples(st.just("stop")),
)


def play(program: Program) -> None:
    """Run a program, and compare it with the model all the time."""
    clock, store = ManualClock(), MemoryStore()
    model = Model(clock.now_us())
    system = ActorSystem(store=store, clock=clock).open()
    try:
        ref = system.start(Played, id="p")
        for move in [*program, ("advance", 300)]:
            match move:
                case ("start", name, after, every, late):
                    ref.ask("start", name=name, given=_given(after, every, late))
                    model.start(name, after * 1_000_000, every and every * 1_000_000, late)
                    clock.settle()
                    model.go_on(0, running=True)
                case ("cancel", name):
                    found = ref.ask("cancel", name=name)
                    assert found == (model.pending.pop(name, None) is not None), name
                case ("advance", by):
                    clock.advance(by)
                    model.go_on(by * 1_000_000, running=True)
                case ("restart", down):
                    system.close()
                    clock.advance(timedelta(seconds=down))
                    system = ActorSystem(store=store, clock=clock).open()
                    ref = system.get("p")
                    clock.settle()
                    model.go_on(down * 1_000_000, running=False)
                case ("jump", by):
                    clock.set_by(by)
                    clock.settle()
                    model.go_on(by * 1_000_000, running=False)
                case ("stop",):
                    system.stop("p")
            assert ref.context.get("rung", []) == model.fired, move
            assert {t.name: round(t.due.timestamp() * 1e6) for t in ref.timers()} == {
                name: due for name, (due, *_) in model.pending.items()
            }, move
        for entry in ref.history():
            if entry.timer is not None and entry.kind == "step":
                assert entry.at.timestamp() * 1e6 >= entry.context["rung"][-1][1], "early"
        assert system.verify() == []
    finally:
        system.close()


def _given(after: int, every: int | None, late: str) -> dict[str, Any]:
    given: dict[str, Any] = {"after": after, "late": late}
    return given if every is None else {**given, "every": every}


@settings(max_examples=300, deadline=None)
@given(st.lists(moves, max_size=12))
def test_timers_fire_as_the_model_says(program: Program) -> None:
    play(program)


TELLING: Program = [
    ("start", "a", 10, 20, "fire"),
    ("start", "b", 15, None, "merge"),
    ("start", "c", 30, 10, "skip"),
    ("advance", 12),
    ("cancel", "b"),
    ("advance", 40),
    ("restart", 45),
    ("start", "a", 5, None, "merge"),
    ("advance", 100),
]
"""A program in which each of the ways to be wrong below shows."""


def early(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        due.Due, "take", _with_clock(due.Due.take, lambda clock: clock.now_us() + 2_000_000)
    )


def _with_clock(take: Callable[..., Any], now: Callable[[ManualClock], int]) -> Any:
    class Ahead:
        def __init__(self, clock: ManualClock) -> None:
            self._clock = clock

        def now_us(self) -> int:
            return now(self._clock)

        def call_at(self, at: int, *rest: Any) -> Any:
            return self._clock.call_at(at - 2_000_000, *rest)

    def taken(self: Any, under_way: int) -> Any:
        if not isinstance(self._clock, Ahead):
            self._clock = Ahead(self._clock)
        return take(self, under_way)

    return taken


def cancelled_ones_fire(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(agenda.Agenda, "take_back", lambda self, one: None)


def twice(patch: pytest.MonkeyPatch) -> None:
    leave = to_come.leave

    def keeps(done: Any, agenda: Any, *rest: Any) -> Any:
        left = leave(done, agenda, *rest)
        came = left.received
        if came is None or came.options is not None:
            return left
        sends = (*left.sends, _copy(came, rest[-1]()))
        return type(left)(**{**_fields(left), "sends": sends})

    patch.setattr(presence, "leave", keeps)


def _fields(struct: Any) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def _copy(message: Any, id: int) -> Any:
    return type(message)(**{**_fields(message), "id": id, "due": message.due + 3_000_000})


def not_after_a_restart(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(due.Due, "begin_anew", lambda self: None)
    patch.setattr(due.Due, "take", lambda self, under_way: [])


def all_that_was_missed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(recurrence.Recurrence, "skips", lambda self, due, now: False)


def off_the_beat(patch: pytest.MonkeyPatch) -> None:
    following = recurrence.Recurrence.next
    patch.setattr(
        recurrence.Recurrence,
        "next",
        lambda self, due, now: None if (n := following(self, due, now)) is None else n + 1,
    )


@pytest.fixture(
    params=[
        early,
        cancelled_ones_fire,
        twice,
        not_after_a_restart,
        all_that_was_missed,
        off_the_beat,
    ],
    ids=lambda broken: broken.__name__,
)
def broken(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        request.param(patch)
        yield


def test_the_program_that_tells_passes_when_nothing_is_broken() -> None:
    play(TELLING)


@pytest.mark.usefixtures("broken")
def test_timers_that_are_broken_are_found() -> None:
    with pytest.raises(AssertionError):
        play(TELLING)
