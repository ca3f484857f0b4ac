"""What is ready to run, by kind, and which of it may: limits, rates, and turns."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from .attempt import Work
from .declared import Activity
from .limits import Gate

Ready = tuple[Work, Activity]


class Lanes:
    """One lane for each kind of activity, first in, first out; the kinds take turns.

    Arguments:
        most: how many run at once, of all kinds.
        processes: how many of those that run in processes do.

    Attributes:
        soonest: seconds until a rate lets the next one start, as far as that is all it waits for;
            None: nothing waits for that.
    """

    def __init__(self, most: int, processes: int) -> None:
        self._all = Gate(most)
        self._processes = Gate(processes)
        self._gates: dict[str, Gate] = {}
        self._lanes: dict[str, deque[Ready]] = {}
        self.soonest: float | None = None

    def put(self, work: Work, activity: Activity) -> None:
        """Have an activity wait for its turn."""
        work.queued = True
        self._lanes.setdefault(activity.kind, deque()).append((work, activity))

    def clear(self) -> None:
        """Let nothing start any more."""
        self._lanes.clear()

    def start(self, now: float, at: int) -> Iterator[Ready]:
        """Yield those that may start now, and count them as started.

        Arguments:
            now: the time, in seconds of the clock's `monotonic`.
            at: the same; UTC, in microseconds since 1970.
        """
        more = True
        while more and self._lanes:
            more = False
            self.soonest = None
            for kind in (*self._lanes,):
                ready = self._next(kind, now, at)
                if ready is not None:
                    more = True
                    yield ready

    def _next(self, kind: str, now: float, at: int) -> Ready | None:
        lane = self._lanes[kind]
        while lane and not _waits(lane[0][0], at):
            lane.popleft()
        if not lane:
            del self._lanes[kind]
            return None
        ready = lane[0]
        gates = self._gates_of(ready[1])
        if any(gate.full for gate in gates):
            return None
        if (wait := gates[0].wait(now)) > 0:
            self.soonest = wait if self.soonest is None else min(self.soonest, wait)
            return None
        lane.popleft()
        ready[0].queued = False
        self._lanes[kind] = self._lanes.pop(kind)  # the others come first next time
        for gate in gates:
            gate.start(now)
        return ready

    def end(self, activity: Activity) -> None:
        """Count one that has ended."""
        for gate in self._gates_of(activity):
            gate.end()

    def _gates_of(self, activity: Activity) -> tuple[Gate, ...]:
        gate = self._gates.get(activity.kind)
        if gate is None:
            gate = self._gates[activity.kind] = Gate()
        gate.limit, gate.rate = activity.limit, activity.rate
        if activity.on == "process":
            return gate, self._all, self._processes
        return gate, self._all


def _waits(work: Work, at: int) -> bool:
    """Whether an activity is still wanted; whose time is over will be told so."""
    return work.queued and (work.end is None or at < work.end)
