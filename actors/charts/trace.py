"""What a microstep did, recorded for whoever asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .binding import Script


@dataclass(frozen=True, slots=True)
class Taken:
    """A transition that was taken: the ids of its source and of its targets."""

    source: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Microstep:
    """One microstep: what was taken, left and entered, in order.

    Args:
        event: The event's name, None for an eventless step, `__initial__` for the first entry.
        transitions: The transitions taken.
        exited: Ids of the states that were left, in order.
        entered: Ids of the states that were entered, in order.
        began: When it began, in nanoseconds of `time.perf_counter_ns`.
        ended: When it ended, on the same clock.
    """

    event: str | None
    transitions: tuple[Taken, ...]
    exited: tuple[str, ...]
    entered: tuple[str, ...]
    began: int
    ended: int

    @classmethod
    def of(cls, script: Script, event: str | None, began: int, ended: int) -> Microstep:
        """The record of a script that was run."""
        plan = script.plan
        return cls(
            event,
            tuple(Taken(t.source.id, tuple(s.id for s in t.targets)) for t in plan.transitions),
            tuple(exit.state.id for exit in plan.exits),
            tuple(entry.state.id for entry in plan.entries),
            began,
            ended,
        )
