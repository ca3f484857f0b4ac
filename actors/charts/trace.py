"""What a microstep did, recorded for whoever asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import msgspec

from .plan import Plan


@dataclass(frozen=True, slots=True)
class Taken:
    """A transition that was taken: the ids of its source and of its targets."""

    source: str
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Course:
    """What every run of one script does: worked out once, since a microstep costs less.

    Args:
        event: The event's name, None for an eventless step, `__initial__` for the first entry.
        transitions: The transitions taken.
        exited: Ids of the states that were left, in order.
        entered: Ids of the states that were entered, in order.
    """

    event: str | None
    transitions: tuple[Taken, ...]
    exited: tuple[str, ...]
    entered: tuple[str, ...]

    @classmethod
    def of(cls, plan: Plan, event: str | None) -> Course:
        """What this plan does when this event runs it."""
        taken = tuple(Taken(t.source.id, tuple(s.id for s in t.targets)) for t in plan.transitions)
        exited = tuple(exit.state.id for exit in plan.exits)
        return cls(event, taken, exited, tuple(entry.state.id for entry in plan.entries))

    @cached_property
    def told(self) -> bytes:
        """`event`, the sources, the targets and `entered` as JSON, without brackets around."""
        sources = [taken.source for taken in self.transitions if taken.source]
        targets = [target for taken in self.transitions for target in taken.targets]
        return msgspec.json.encode([self.event, sources, targets, self.entered])[1:-1]


class Microstep(msgspec.Struct, frozen=True, gc=False):
    """One microstep: what was taken, left and entered, in order.

    Args:
        course: What it did.
        began: When it began, in nanoseconds of `time.perf_counter_ns`.
        ended: When it ended, on the same clock.
    """

    course: Course
    began: int
    ended: int
