"""A scenario of timers, activities and children, to be crashed anywhere; and what must hold then.

Two errands do the same: a timer rings, another one is cancelled; one activity works at once and
one the second time; two children, which have an activity each, are joined; and a third one is
cancelled by the errand's end.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from repertory.actors import ActorSystem, RetryPolicy, State, Workflow, activity, current_activity
from repertory.actors.errors import WorkflowExists
from repertory.actors.runtime import ManualClock
from repertory.persistence.records import Kind

from .scenario import Note, nobody

ERRANDS = ("e-1", "e-2")
RING_SECONDS = 50
ROUNDS = 30
"""How often the clock goes on by ten seconds until all must have happened."""

tried: list[str] = []
"""The key of each attempt in this process: the outside world, as long as the process lasts."""


@activity(name="faults-work", retry=RetryPolicy(first=5, jitter=0))
def work(what: str) -> str:
    """Do it; what is flaky fails the first time."""
    key = current_activity().key
    tried.append(key)
    if what == "flaky" and tried.count(key) == 1:
        raise ConnectionError("the first time")
    return what


class Helper(Workflow):
    """Has something done, and has ended then; or waits until it is cancelled."""

    workflow_name = "faults-helper"

    working = State(initial=True)
    ended = State(final=True)
    done = working.to(ended)

    class Context:
        works: bool
        key: str = ""
        result: str = ""

    def on_enter_working(self) -> None:
        if self.context.works:
            self.context.key = self.start_activity(work, "help", done="done")

    def on_done(self, result: str) -> None:
        self.context.result = result


class Errand(Workflow):
    workflow_name = "faults-errand"

    open = State(initial=True)
    closed = State(final=True)
    begin = open.to.itself(internal=True)
    hush = open.to.itself(internal=True)
    ring = open.to.itself(internal=True)
    did = open.to.itself(internal=True)
    helped = open.to.itself(internal=True)
    together = open.to.itself(internal=True)
    end = open.to(closed)

    class Context:
        keys: list[str] = []
        due: int = 0
        rung: list[int] = []
        did: list[str] = []
        helped: list[str] = []
        joined: list[str] = []

    def on_begin(self) -> None:
        due = self.timers.start("bell", event="ring", after=RING_SECONDS)
        self.context.due = round(due.timestamp() * 1e6)
        self.timers.start("other", event="ring", after=2 * RING_SECONDS)
        for what in ("plain", "flaky"):
            self.context.keys.append(self.start_activity(work, what, name=what, done="did"))
        self.start_children(
            Helper, [{"works": True}] * 2, group="pair", done="helped", joined="together"
        )
        self.start_child(Helper, context={"works": False}, name="spare")

    def on_hush(self) -> None:
        self.timers.cancel("other")

    def on_ring(self) -> None:
        self.context.rung.append(self._agenda.now)

    def on_did(self, result: str) -> None:
        self.context.did.append(result)

    def on_helped(self, name: str, result: str) -> None:
        self.context.helped.append(f"{name}: {result}")

    def on_together(self, group: str) -> None:
        self.context.joined.append(group)


def opened(path: Path, clock: ManualClock, synchronous: Any = "OFF", checkpoint: int = 1000) -> Any:
    """Return a system that is open, with its log moved into the database every so many pages."""
    system = ActorSystem(path, clock=clock, synchronous=synchronous, max_active=3)
    system.open()
    store: Any = system._services.store
    with store._writing().transaction() as connection:  # in turn with what the system writes
        connection.execute(f"PRAGMA wal_autocheckpoint = {checkpoint}")
    return system


def record(path: Path, note: Note) -> None:
    """Run the scenario on a new store."""
    clock = ManualClock()
    system = opened(path, clock, "FULL", checkpoint=60)
    try:
        run(system, clock, note)
    finally:
        system.close()


def run(system: ActorSystem, clock: ManualClock, note: Note = nobody) -> None:
    """Do all of it, or, on a store on which some of it was done before, the rest."""
    for id in ERRANDS:
        try:
            system.start(Errand, id=id)
        except WorkflowExists:
            pass
        ask(system, id, "begin", note)
        ask(system, id, "hush", note)
    system.settle()
    for _ in range(ROUNDS):
        # Before it is that time: whoever opens what a crash leaves may find what it has brought.
        note("time", (clock.now() + timedelta(seconds=10)).timestamp())
        clock.advance(10)
        system.settle()
        if all(is_complete(system, id) for id in ERRANDS):
            break
    for id in ERRANDS:
        ask(system, id, "end", note)
    system.settle()


def ask(system: ActorSystem, id: str, event: str, note: Note) -> None:
    system.get(id).ask(event, key=event)
    note("acknowledged", (id, event))


def is_complete(system: ActorSystem, id: str) -> bool:
    ref = system.get(id)
    context = ref.context
    return bool(context.rung and len(context.did) > 1 and context.joined)


def recovered(path: Path, notes: Sequence[tuple[str, Any]]) -> None:
    """Open what a crash has left, check it, go on to the end, and check that."""
    begun = len(tried)
    clock = ManualClock()
    times = [about for what, about in notes if what == "time"]
    if times:
        clock.advance(times[-1] - clock.now().timestamp())
    system = opened(path, clock)
    try:
        assert system.verify() == []
        for what, about in notes:
            if what == "acknowledged":
                id, key = about
                assert key in {entry.key for entry in system.get(id).history()}, f"{about} is gone"
        run(system, clock)
        keys: set[str] = set()
        for id in ERRANDS:
            keys |= all_has_happened_once(system, id)
        assert {*tried[begun:]} <= keys, "an activity has run under another key than its own"
        assert [*system.messages(), *system.messages(dead=True), *system.activities()] == []
        assert system.timers() == []
        assert system.verify() == []
    finally:
        system.close()


def all_has_happened_once(system: ActorSystem, id: str) -> set[str]:
    """Check an errand that is over; return the keys of its activities."""
    errand = system.get(id)
    context = errand.context
    (rung,) = context.rung
    assert rung >= context.due, "never early"
    assert sorted(context.did) == ["flaky", "plain"], "each result once"
    assert sorted(context.helped) == ["pair.1: help", "pair.2: help"], "each child once"
    assert context.joined == ["pair"], "joined once"
    assert errand.children() == []
    spare = system.get(f"{id}/spare").history()
    assert [entry.kind for entry in spare] == [Kind.CREATED, Kind.CANCELLED]
    helpers = [system.get(f"{id}/pair.{n}") for n in (1, 2)]
    for helper in helpers:
        assert [entry.event for entry in helper.history()] == ["__created__", "done"]
    return {*context.keys, *(helper.context.key for helper in helpers)}
