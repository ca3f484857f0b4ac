"""For the tests of your workflows: a clock to turn, and what has happened at a glance."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Protocol
from weakref import WeakSet

from .charts import leaves
from .history import HistoryEntry
from .ref import WorkflowRef
from .runtime import Appointment, TimerHandle
from .runtime import ManualClock as BareClock
from .uneventful import FORKED
from .waiting import Deadline


class Settling(Protocol):
    """A system that can be waited for."""

    @property
    def is_open(self) -> bool:
        """Whether there is anything to wait for."""

    def settle(self, timeout: float | None = None, *, activities: bool = True) -> None:
        """Wait until all that was accepted so far is done, activities that run included or not."""


class ManualClock(BareClock):
    """A clock that stands still until a test turns it, and then waits for what that brings.

    Give it to systems as `clock=`; it follows those that are open. Timers, timeouts, backoff,
    passivation and retention go by it, so that a month is over in milliseconds.

    Arguments:
        start: the time that it shows at first; by default the start of 2026, UTC.
        timeout: seconds, of real time, that it waits at the most for what falls due at one time.

    Example:
        >>> clock = ManualClock()
        >>> with ActorSystem(clock=clock) as system:            # doctest: +SKIP
        ...     approval = system.start(Approval)
        ...     clock.advance(timedelta(days=30))
        ...     assert approval.state == "expired"
    """

    def __init__(self, start: datetime | None = None, *, timeout: float = 60.0) -> None:
        super().__init__(start)
        self._timeout = timeout
        self._systems: WeakSet[Any] = WeakSet()

    def follow(self, system: Settling) -> None:
        """Wait for this system too, from now on."""
        self._systems.add(system)

    def close(self) -> None:
        """Go on: other systems may go by this clock."""

    def settle(self, *, activities: bool = True) -> None:
        """Wait until every system that goes by this clock has done what it was sent.

        Arguments:
            activities: whether to wait for activities that run, too.

        Raises:
            Timeout: it took too long, of real time.
        """
        deadline = Deadline(self._timeout)
        for system in [*self._systems]:
            if system.is_open:
                system.settle(deadline.left(), activities=activities)

    def advance(self, by: float | timedelta, *, activities: bool = True) -> None:
        """Go on, from one durable deadline to the next, and wait each time for what it brings.

        Calls that are only to be made some time later (`call_later`) are made at the next
        deadline, or at the end: housekeeping every minute does not make a month long.

        Arguments:
            by: how far: seconds, or a `timedelta`.
            activities: whether to wait for activities that run, which take real time. Those that
                hang are not waited for with False, so that their own time is over on this clock.

        Raises:
            Timeout: what fell due was not done in time, of real time.
        """
        end = self._after(by)
        self.settle(activities=activities)
        while True:
            to = self._next_deadline(end)
            self._elapsed = max(self._elapsed, end if to is None else to)
            for due in self._take_due():
                due.run()
            self.settle(activities=activities)
            if to is None and self._next_deadline(end) is None:
                return

    def _next_deadline(self, end: int) -> int | None:
        with self._lock:
            moments = (
                round(handle.due * 1e6)
                for handle in self._heap
                if isinstance(handle, Appointment) and not handle.cancelled
            )
            return min((moment for moment in moments if moment <= end), default=None)

    def _take_due(self) -> Iterator[TimerHandle]:
        """Yield what is due now, and what of that makes due; deadlines last."""
        appointments: list[TimerHandle] = []
        while True:
            with self._lock:
                if not self._heap or self._heap[0].due > self.monotonic():
                    break
                handle = heapq.heappop(self._heap)
            if isinstance(handle, Appointment):
                appointments.append(handle)
            else:
                yield handle
        yield from appointments


def transitions(ref: WorkflowRef) -> list[str]:
    """Return what has happened to a workflow, a line for each step.

    A step is `"pay -> paid"`, the creation `"-> basket"`; what was refused or failed is
    `"pay (refused)"`. Of several active states those without inner ones are named, joined by "+".
    """
    services = ref._system._services
    workflow = services.workflow_class(ref.snapshot().type)

    def line(entry: HistoryEntry) -> str:
        if entry.kind in ("refused", "failed"):
            return f"{entry.event} ({entry.kind})"
        event = "" if entry.kind == "created" and entry.event != FORKED else f"{entry.event} "
        return f"{event}-> {'+'.join(leaves(workflow, entry.target))}"

    return [line(entry) for entry in ref.history()]


def assert_transitions(ref: WorkflowRef, *expected: str, last: bool = False) -> None:
    """Check what has happened to a workflow.

    Arguments:
        ref: the workflow.
        expected: what should have happened, as `transitions` returns it.
        last: whether only the last steps are meant, and not all.

    Raises:
        AssertionError: it was something else; says what.

    Example:
        >>> assert_transitions(order, "-> basket", "pay -> paid")   # doctest: +SKIP
    """
    found = transitions(ref)
    shown = found[-len(expected) :] if last and expected else found
    if shown != [*expected]:
        lines = [f"Workflow {ref.id!r} did something else than expected."]
        for number in range(max(len(shown), len(expected))):
            did = shown[number] if number < len(shown) else "nothing"
            wanted = expected[number] if number < len(expected) else "nothing"
            lines.append(f"  {did}" if did == wanted else f"  {did}, and not {wanted}")
        raise AssertionError("\n".join(lines))
