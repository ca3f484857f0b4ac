"""What is sent for later: it arrives when it is due, once, whatever happens meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, State, Workflow
from repertory.actors.due import WINDOW
from repertory.actors.errors import HandlerFailed
from repertory.actors.testing import ManualClock

from .charts import Tally
from .faulty import FaultyStore


class Sender(Workflow):
    """Sends a number to another one, to arrive later."""

    workflow_name = "later-sender"

    here = State(initial=True)
    later = here.to.itself(internal=True)
    fail = here.to.itself(internal=True)
    many = here.to.itself(internal=True)

    def on_later(self, to: str, n: int, seconds: float) -> None:
        self.tell(to, Tally.add, n=n, after=seconds)

    def on_fail(self, to: str, n: int, seconds: float) -> None:
        self.on_later(to, n, seconds)
        raise ValueError("no")

    def on_many(self, to: str, upto: int, seconds: float) -> None:
        for n in range(upto):
            self.on_later(to, n, seconds)


def seen(system: ActorSystem, id: str = "t") -> list[int]:
    system.settle()
    got: list[int] = system.get(id).context.seen
    return got


def test_a_message_for_later_arrives_when_it_is_due_and_not_before(
    path: Path | None, clock: ManualClock
) -> None:
    with ActorSystem(path, clock=clock) as system:
        sender, _ = system.start(Sender, id="s"), system.start(Tally, id="t")
        for n, seconds in ((1, 10), (2, 5), (3, 10), (4, 0)):
            sender.ask("later", to="t", n=n, seconds=seconds)
        assert seen(system) == [4]
        clock.advance(4.999999)
        assert seen(system) == [4]
        clock.advance(0.000001)
        assert seen(system) == [4, 2]
        clock.advance(timedelta(days=1))
        assert seen(system) == [4, 2, 1, 3]
        assert system.messages() == []
        assert system.verify() == []


def test_what_falls_due_while_nobody_runs_arrives_when_the_system_is_opened(file: Path) -> None:
    clock = ManualClock()
    with ActorSystem(file, clock=clock) as system:
        sender, _ = system.start(Sender, id="s"), system.start(Tally, id="t")
        for n, seconds in ((1, 30), (2, 20), (3, 3000)):
            sender.ask("later", to="t", n=n, seconds=seconds)
    clock.advance(100)
    with ActorSystem(file, clock=clock) as system:
        assert seen(system) == [2, 1]
    with ActorSystem(file, clock=clock) as system:
        clock.advance(3000)
        assert seen(system) == [2, 1, 3]


def test_a_step_that_is_undone_sends_nothing_later(path: Path | None, clock: ManualClock) -> None:
    with ActorSystem(path, clock=clock) as system:
        sender, _ = system.start(Sender), system.start(Tally, id="t")
        with pytest.raises(HandlerFailed):
            sender.ask("fail", to="t", n=1, seconds=5)
        clock.advance(10)
        assert seen(system) == [] == system.messages()


def test_a_clock_that_is_set_forward_makes_things_due_and_one_set_back_does_not(
    path: Path | None, clock: ManualClock
) -> None:
    with ActorSystem(path, clock=clock) as system:
        sender, _ = system.start(Sender), system.start(Tally, id="t")
        sender.ask("later", to="t", n=1, seconds=100)
        clock.set_by(-50)
        clock.advance(149)
        assert seen(system) == []
        clock.advance(1)
        assert seen(system) == [1]
        sender.ask("later", to="t", n=2, seconds=100)
        clock.set_by(timedelta(hours=1))
        assert seen(system) == [1, 2]
        clock.set_by(timedelta(hours=-1))
        sender.ask("later", to="t", n=3, seconds=1)
        clock.advance(1)
        assert seen(system) == [1, 2, 3]


def test_more_than_a_window_of_them_arrives_in_order_and_once(
    path: Path | None, clock: ManualClock
) -> None:
    with ActorSystem(path, clock=clock, synchronous="OFF") as system:
        sender, _ = system.start(Sender), system.start(Tally, id="t")
        sender.ask("many", to="t", upto=2 * WINDOW + 10, seconds=5)
        clock.advance(5)
        assert seen(system) == [*range(2 * WINDOW + 10)]


def test_a_receiver_that_cannot_take_it_gets_it_later_in_order() -> None:
    store, clock = FaultyStore(), ManualClock()
    with ActorSystem(store=store, clock=clock) as system:
        sender, _ = system.start(Sender), system.start(Tally, id="t")
        sender.ask("later", to="t", n=1, seconds=5)
        sender.ask("later", to="t", n=2, seconds=5.1)
        store.break_for("t")
        clock.advance(5)
        assert seen(system) == []
        clock.advance(0.1)
        assert seen(system) == []
        store.mend()
        clock.advance(1)
        assert seen(system) == [1, 2]


class Wrong(Workflow):
    """Gives times that can't be."""

    workflow_name = "later-wrong"

    here = State(initial=True)
    go = here.to.itself(internal=True)

    def on_go(self, what: str) -> None:
        times: dict[str, Any] = {
            "past": {"after": -1},
            "both": {"after": 1, "at": datetime(2030, 1, 1, tzinfo=UTC)},
            "zone": {"at": datetime(2030, 1, 1)},  # noqa: DTZ001 - what is refused
            "text": {"after": "soon"},
            "nan": {"after": float("nan")},
            "far": {"after": timedelta.max},
            "day": {"at": "2030-01-01"},
        }
        self.tell("x", "e", **times[what])


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("past", "`after` is -1, which is past"),
        ("both", "Give one of"),
        ("zone", "without a time zone"),
        ("text", "give seconds, or a timedelta"),
        ("nan", "seconds that can be counted"),
        ("far", "after the year 9999"),
        ("day", "a datetime with a time zone"),
    ],
)
def test_a_time_that_cannot_be_is_an_error_that_says_what_to_give(
    system: ActorSystem, what: str, says: str
) -> None:
    with pytest.raises(HandlerFailed, match=says):
        system.start(Wrong).ask("go", what=what)


def test_at_gives_the_time_of_day_in_any_zone(path: Path | None, clock: ManualClock) -> None:
    class Caller(Workflow):
        workflow_name = "later-caller"
        here = State(initial=True)
        go = here.to.itself(internal=True)

        def on_go(self) -> None:
            at = datetime.fromisoformat("2026-01-01T03:00:05+03:00")
            self.tell("t", Tally.add, n=7, at=at)

    with ActorSystem(path, clock=clock) as system:
        caller, _ = system.start(Caller), system.start(Tally, id="t")
        caller.ask("go")
        assert seen(system) == []
        clock.advance(5)
        assert seen(system) == [7]
