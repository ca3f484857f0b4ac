"""The workflows that the tests of the system run."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from repertory.actors import HistoryState, State, Workflow


class Order(Workflow):
    """An order, from basket to doorstep."""

    workflow_name = "order"

    basket = State(initial=True)
    paid = State()
    shipped = State(final=True)

    pay = basket.to(paid, cond="covers_total") | basket.to.itself(internal=True)
    ship = paid.to(shipped)
    spoil = basket.to(paid)

    class Context:
        total: int
        received: int = 0
        notes: list[str] = []

    def covers_total(self, amount: int) -> bool:
        return self.context.received + amount >= self.context.total

    def on_pay(self, amount: int) -> int:
        self.context.received += amount
        return self.context.received

    def on_spoil(self) -> None:
        self.context.received = -1
        self.context.notes.append("spoilt")
        raise ValueError("no such luck")


class Review(Workflow):
    """Two reviews side by side, that can be interrupted and taken up again."""

    class work(State.Parallel, initial=True):
        class legal(State.Compound):
            reading = State(initial=True)
            agreed = State(final=True)
            agree = reading.to(agreed)

        class tech(State.Compound):
            testing = State(initial=True)
            fixing = State()
            passed = State(final=True)
            broken = testing.to(fixing)
            fixed = fixing.to(testing)
            passes = testing.to(passed)

        memory = HistoryState(type="deep")

    asleep = State()
    accepted = State(final=True)

    interrupt = work.to(asleep)
    take_up = asleep.to(work.memory)
    done_state_work = work.to(accepted)


class Counter(Workflow):
    """Counts, by itself, up to what it is told."""

    counting = State(initial=True)
    stepping = State()
    done = State(final=True)

    go = counting.to(stepping)
    stepping.to(done, cond="enough")
    stepping.to(counting)
    counting.to(stepping, cond="running")

    def on_go(self, upto: int) -> None:
        self.context["upto"] = upto
        self.context["n"] = 0

    def on_enter_stepping(self) -> None:
        self.context["n"] += 1

    def enough(self) -> bool:
        return bool(self.context["n"] >= self.context["upto"])

    def running(self) -> bool:
        return "upto" in self.context


class Traced(Workflow):
    """Notes the order in which its callbacks are called."""

    class outer(State.Compound, initial=True):
        one = State(initial=True)
        two = State()
        move = one.to(two)

    end = State(final=True)
    leave = outer.to(end)
    stay = outer.to.itself(internal=True)

    def note(self, what: str) -> None:
        self.context.setdefault("log", []).append(what)

    def on_enter_outer(self) -> None:
        self.note("+outer")

    def on_exit_outer(self) -> None:
        self.note("-outer")

    def on_enter_one(self) -> None:
        self.note("+one")

    def on_exit_one(self) -> None:
        self.note("-one")

    def on_enter_two(self) -> None:
        self.note("+two")

    def on_exit_two(self) -> None:
        self.note("-two")

    def before_leave(self) -> None:
        self.note("before leave")

    def on_leave(self) -> None:
        self.note("on leave")

    def after_leave(self) -> None:
        self.note("after leave")

    def on_enter_end(self) -> None:
        self.note("+end")


class Fetch(Workflow):
    """An async one: its actions wait without holding up others."""

    idle = State(initial=True)
    fetched = State()
    fetch = idle.to(fetched)
    again = fetched.to(idle)
    fail = idle.to(fetched)

    async def on_fetch(self, url: str) -> str:
        await asyncio.sleep(0)
        self.context["url"] = url
        return url.upper()

    async def on_fail(self) -> None:
        self.context["url"] = "half"
        await asyncio.sleep(0)
        raise OSError("no network")


class Gate(Workflow):
    """Its action waits until the test opens the gate of its name."""

    shut = State(initial=True)
    through = State(final=True)
    enter = shut.to(through)
    knock = shut.to.itself(internal=True)

    gates: dict[str, threading.Event] = {}
    entered: dict[str, threading.Event] = {}

    def on_enter_through(self, gate: str) -> None:
        self.entered[gate].set()
        assert self.gates[gate].wait(30)

    @classmethod
    def make(cls, name: str) -> threading.Event:
        cls.entered[name] = threading.Event()
        return cls.gates.setdefault(name, threading.Event())


class Tally(Workflow):
    """Adds up what it is told."""

    open = State(initial=True)
    add = open.to.itself(internal=True)

    class Context:
        total: int = 0
        seen: list[int] = []

    def on_add(self, n: int) -> int:
        self.context.total += n
        self.context.seen.append(n)
        return self.context.total

    def on_enter_open(self, event: Any) -> None:
        assert str(event) == "__initial__"
