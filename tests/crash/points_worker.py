"""A process that kills itself at a named point of a timer's, an activity's or a child's life.

points_worker.py FILE EFFECTS POINT WHEN       WHEN: before or after; see `POINTS`
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from repertory.actors import ActorSystem, RetryPolicy, State, Workflow, activity, current_activity
from repertory.actors.errors import WorkflowExists
from repertory.persistence.records import Kind, Message, MessageKind, Step
from repertory.persistence.sqlite import SqliteStore

POINTS = (
    *("timer set", "timer due", "timer fired"),
    *("activity scheduled", "activity running", "activity done", "activity reported"),
    *("child started", "child born", "child finished", "child reported", "child joined"),
    "child cancelled",
)
"""Each has a moment before it and one after it."""

RING_SECONDS = 0.05
LONG = 60.0

_deadly: tuple[str, str] | None = None
"""The point at which this process dies, or None."""


def reached(point: str, when: str) -> None:
    """Die, if it is to be here."""
    if _deadly == (point, when):
        os.kill(os.getpid(), signal.SIGKILL)


@activity(name="points-pay", retry=RetryPolicy(first=0.001, longest=0.01))
def pay(effects: str) -> int:
    """Leave a line in the outside world, which no crash undoes."""
    current = current_activity()
    reached("activity running", "after")
    with Path(effects).open("a") as file:
        file.write(f"{current.key}\n")
    reached("activity done", "before")
    return 30


class PointsPart(Workflow):
    making = State(initial=True)
    done = State(final=True)
    finish = making.to(done)


class PointsTrip(Workflow):
    """Has a timer, an activity, children that are joined, and one that is cancelled."""

    on = State(initial=True)
    wind = on.to.itself(internal=True)
    ring = on.to.itself(internal=True)
    hire = on.to.itself(internal=True)
    paid = on.to.itself(internal=True)
    bear = on.to.itself(internal=True)
    part_done = on.to.itself(internal=True)
    assembled = on.to.itself(internal=True)

    class Context:
        effects: str
        key: str = ""
        due: int = 0
        rung: list[int] = []
        paid: list[int] = []
        parts: list[str] = []
        joined: list[str] = []

    def on_wind(self) -> None:
        due = self.timers.start("ring", after=RING_SECONDS)
        self.context.due = round(due.timestamp() * 1e6)

    def on_ring(self) -> None:
        reached("timer due", "after")
        self.context.rung.append(self._agenda.now)

    def on_hire(self) -> None:
        self.context.key = self.start_activity(pay, self.context.effects, done="paid")

    def on_paid(self, result: int) -> None:
        reached("activity done", "after")
        self.context.paid.append(result)

    def on_bear(self) -> None:
        for group, need in (("parts", "all"), ("race", "any")):
            told = {"done": "part_done", "joined": "assembled", "join": need}
            self.start_children(PointsPart, [{}, {}], group=group, **told)

    def on_part_done(self, name: str) -> None:
        self.context.parts.append(name)

    def on_assembled(self, group: str) -> None:
        self.context.joined.append(group)


class Deadly(SqliteStore):
    """Kills its process before, or right after, it writes what makes a point."""

    def commit(self, steps: Sequence[Step]) -> Any:
        points = {point for step in steps for point in _points(step)}
        for point in points:
            reached(point, "before")
        done = super().commit(steps)
        for point in points:
            reached(point, "after")
        return done

    def postpone_all(self, rows: Any, **options: Any) -> None:
        reached("activity running", "before")
        super().postpone_all(rows, **options)

    def due(self, **options: Any) -> list[Message]:
        found = super().due(**options)
        if any(0 < message.due <= options["by"] < 2**62 for message in found):
            reached("timer due", "before")
        return found


def _points(step: Step) -> Iterator[str]:
    """Yield the points that the writing of a step makes."""
    sent = {message.kind for message in step.sends}
    if MessageKind.TIMER in sent:
        yield "timer set"
    if MessageKind.ACTIVITY in sent:
        yield "activity scheduled"
    if MessageKind.CHILD in sent:
        yield "child started"
    if step.record.type == PointsPart.workflow_name:
        if step.entry.kind is Kind.CREATED:
            yield "child born"
        elif step.entry.kind is Kind.CANCELLED:
            yield "child cancelled"
        elif step.record.finished:
            yield "child finished"
    taken = {
        "ring": "timer fired",
        "paid": "activity reported",
        "part_done": "child reported",
        "assembled": "child joined",
    }
    if step.entry.event in taken:
        yield taken[step.entry.event]


def drive(system: ActorSystem, effects: Path) -> None:
    """Do all of it, or, on a store on which some of it was done before, the rest."""
    try:
        trip = system.start(PointsTrip, id="trip", context={"effects": str(effects)})
    except WorkflowExists:
        trip = system.get("trip")
    for event in ("wind", "hire", "bear"):
        trip.ask(event, key=event)
    system.settle()
    for part in ("parts.1", "parts.2", "race.1"):
        system.get(f"trip/{part}").ask("finish", key="finish")
    trip.wait_for(
        lambda seen: seen.context.rung and seen.context.paid and len(seen.context.joined) > 1,
        timeout=LONG,
    )
    system.settle()


def main(file: Path, effects: Path, point: str, when: str) -> None:
    global _deadly
    _deadly = (point, when)
    with ActorSystem(store=Deadly(file)) as system:
        drive(system, effects)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:5])
