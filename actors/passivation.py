"""Which workflows leave memory by themselves: the idle, and the least recently used."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from threading import Lock
from typing import Any, Literal

import msgspec

from .activations import Activation, Activations
from .limits import Limits
from .runtime import Runtime
from .runtime.ending import retire_idle

PARTS = 4
"""An idle time is measured in so many parts; a workflow leaves when all of them have passed."""

AT_ONCE = 1000
"""Workflows that leave before others get the clock's thread."""

BUSY_IN_A_ROW = 16
"""So many busy ones one after another, and it is tried again later: there may be thousands."""

TRY_AGAIN = 1.0
"""Seconds until then, if no activation comes sooner."""

_UNTRACKED = 4096
"""Arrivals after which those that have left again meanwhile are forgotten."""

Reason = Literal["idle", "limit", "finished", "stopped"]


class WorkflowActivated(msgspec.Struct, frozen=True):
    """Published on the event stream: a stored workflow is in memory again.

    Attributes:
        workflow_id: the workflow.
    """

    workflow_id: str


class WorkflowPassivated(msgspec.Struct, frozen=True):
    """Published on the event stream: a workflow has left memory. Its next event brings it back.

    Attributes:
        workflow_id: the workflow.
        reason: "idle" for so long, over a "limit", "finished", or "stopped" by somebody.
    """

    workflow_id: str
    reason: Reason


class Passivation:
    """Has workflows leave memory when they are idle for long, or when there are too many.

    One that runs, waits in an async action, has messages or steps that are not written counts as
    just used, and stays.
    """

    def __init__(
        self,
        runtime: Runtime,
        activations: Activations,
        limits: Limits,
        may_leave: Callable[[Any], bool],
    ) -> None:
        """Make one that has not begun.

        Arguments:
            runtime: whose clock counts.
            activations: those that are in memory.
            limits: how long, and how many.
            may_leave: whether an actor, that nobody runs at the moment, has nothing to lose.
        """
        self._runtime = runtime
        self._activations = activations
        self._limits = limits
        self._may_leave = may_leave
        self._one = Lock()
        # By the use that each one had when it was put here; it may have had others since.
        self._queue: list[tuple[int, int, str, Activation]] = []
        self._numbers = count()
        self._marks: deque[tuple[float, int]] = deque()
        self._next = 0.0
        self._pending = False
        self._ended = False
        if limits.passivates:
            activations.arrivals = deque()

    def begin(self) -> None:
        """Begin to look for idle ones."""
        if self._limits.passivate_after is not None:
            part = self._limits.passivate_after / PARTS
            self._next = self._runtime.clock.monotonic() + part
            self._later(part, self._tick)

    def end(self) -> None:
        """Let everything stay where it is from now on."""
        self._ended = True

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the clock has stopped
            self._runtime.clock.call_later(seconds, call)

    # --- too many ---

    def look(self) -> None:
        """Make room, if there are too many. Called when one has come in, in any thread."""
        arrivals = self._activations.arrivals
        if arrivals is not None and (self._crowded() or len(arrivals) > _UNTRACKED):
            self._make_room()

    def _crowded(self) -> bool:
        limits, activations = self._limits, self._activations
        return (limits.max_active is not None and len(activations) > limits.max_active) or (
            limits.max_memory is not None and activations.weight > limits.max_memory
        )

    def _make_room(self, patience: int = BUSY_IN_A_ROW) -> None:
        if self._ended or not self._one.acquire(blocking=False):
            return  # somebody is at it
        try:
            self._gather()
            busy = 0
            while self._crowded() and busy < patience and self._queue:
                left = self._next_one("limit")
                busy = 0 if left else busy + (left is False)
        finally:
            self._one.release()
        if self._crowded() and not self._pending:
            self._pending = True
            self._later(TRY_AGAIN, self._look_again)

    def _look_again(self) -> None:
        self._pending = False
        self._make_room(patience=AT_ONCE)

    # --- idle ---

    def _tick(self) -> None:
        if self._ended or self._limits.passivate_after is None:
            return
        now = self._runtime.clock.monotonic()
        long_ago = now - self._limits.passivate_after + 0.001  # less than a clock's parts add up to
        # If this is late, a test has turned the clock, or the machine was busy with something else:
        # what was used, was used before this was due.
        self._marks.append((self._next, self._activations.uses))
        mark = None
        while self._marks and self._marks[0][0] <= long_ago:
            mark = self._marks.popleft()[1]
        if mark is not None:
            self._leave_if_unused_since(mark)
        self._make_room(patience=AT_ONCE)
        self._next = max(self._next + self._limits.passivate_after / PARTS, now)
        self._later(self._next - now, self._tick)

    def _leave_if_unused_since(self, mark: int) -> None:
        if self._ended:
            return
        with self._one:
            self._gather()
            for _ in range(AT_ONCE):
                if not self._queue or self._queue[0][0] > mark:
                    return
                self._next_one("idle")
        self._later(0, lambda: self._leave_if_unused_since(mark))

    # --- either ---

    def _gather(self) -> None:
        arrivals, activations = self._activations.arrivals, self._activations
        assert arrivals is not None
        while arrivals:
            workflow_id, activation = arrivals.popleft()
            self._put(workflow_id, activation)
        if len(self._queue) > 2 * len(activations) + _UNTRACKED:
            self._queue = [one for one in self._queue if activations.find(one[2]) is one[3]]
            heapq.heapify(self._queue)

    def _put(self, workflow_id: str, activation: Activation) -> None:
        entry = (activation.used, next(self._numbers), workflow_id, activation)
        heapq.heappush(self._queue, entry)

    def _next_one(self, reason: Reason) -> bool | None:
        """Have the first one leave; False if it is busy, None if it was used or is gone."""
        used, _, workflow_id, activation = heapq.heappop(self._queue)
        activations = self._activations
        if activations.find(workflow_id) is not activation:
            return None
        if activation.used != used:
            self._put(workflow_id, activation)
            return None
        if self.passivate(workflow_id, activation, reason):
            return True
        activations.uses = activation.used = activations.uses + 1
        self._put(workflow_id, activation)
        return False

    def passivate(self, workflow_id: str, activation: Activation, reason: Reason) -> bool:
        """Have a workflow leave if it has nothing to do; tell whether it has left."""
        if not retire_idle(activation.ref.actor_inbox, self._may_leave):
            return False
        self.left(workflow_id, activation, reason)
        return True

    def left(self, workflow_id: str, activation: Activation, reason: Reason | None) -> None:
        """Note that an actor has ended, whose mailbox is closed and was empty."""
        self._activations.leave(workflow_id, activation)
        if reason is not None and self._runtime.events:
            self._runtime.events.publish(WorkflowPassivated(workflow_id, reason))
