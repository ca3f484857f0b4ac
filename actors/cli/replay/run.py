"""The replay itself: each row of a log to its case, in order, exactly once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

import msgspec

from ....persistence.errors import (
    ContextInvalid,
    HandlerFailed,
    InvalidTransition,
    SerializationFailed,
    UnknownEvent,
    WorkflowError,
    WorkflowNotFound,
)
from ...ref import WorkflowRef
from ...runtime import PooledFuture
from ...system import ActorSystem
from ...workflow import Workflow
from ..errors import CommandFailed, listed, nearest
from ..eventlog import LogEvent
from .activities import Activities
from .rows import at_end_key, is_row_key, row_data, row_key

AHEAD = 500
"""Rows read ahead, so that the cases among them begin together."""

IN_FLIGHT = 1000
"""Rows that have been sent and not been answered, so that commits have something to group."""

_RECORDED = (InvalidTransition, UnknownEvent, HandlerFailed, SerializationFailed)
"""What a case may say to a row without ending the run: it is in the case's history."""


class ReplayFailed(CommandFailed):
    """The replay can't go on. What was sent is in the store; started again it goes on there."""


class Sent(msgspec.Struct):
    """What a run has done.

    Attributes:
        rows: rows that were read.
        sent: those that were sent.
        earlier: those that the store had already.
        foreign: rows that the store has for these cases from another log, or another state of it.
        unborn: for each case that could not begin, why; and how many of its rows are not kept.
        before: for each case that was there before, the sequence that it had then.
        cases: every case of the log.
        seconds: from the first row to the last answer.
    """

    rows: int = 0
    sent: int = 0
    earlier: int = 0
    foreign: int = 0
    unborn: dict[str, tuple[str, int]] = msgspec.field(default_factory=dict)
    before: dict[str, int] = msgspec.field(default_factory=dict)
    cases: set[str] = msgspec.field(default_factory=set)
    seconds: float = 0.0


class Replay:
    """Sends the rows of a log to the workflows of one system.

    Each row carries an idempotency key, so one that the store has already takes no effect again. A
    row that the case can't take is kept in the case's history as refused, or as failed.

    Example:
        >>> with ActorSystem("permits.db", retention=Retention(None, None)) as system:
        ...     Replay(system, PermitApplication).run(read_log("permits.csv"))  # doctest: +SKIP
    """

    def __init__(
        self, system: ActorSystem, workflow: type[Workflow], *, at_end: str | None = None
    ) -> None:
        """Prepare a replay.

        Arguments:
            system: where the workflows run. It must keep all history: the keys are in it.
            workflow: what each case is.
            at_end: an event, as an id or as a name, that every open case gets after the last row.

        Raises:
            CommandFailed: the workflow has no such event.
        """
        self._system = system
        self._workflow = workflow
        self.activities = Activities(workflow)
        self._at_end = None if at_end is None else self.activities.event(at_end)
        if at_end is not None and self._at_end is None:
            known = workflow.public_events()
            raise CommandFailed(
                f"{workflow.workflow_name} has no event {at_end!r} for the end of the log; it "
                f"takes {listed(known)}{nearest(at_end, known)}"
            )
        self._sent = Sent()
        self._starting: dict[str, PooledFuture[WorkflowRef]] = {}
        self._kept: dict[str, set[str]] = {}
        self._in_flight: deque[tuple[str, PooledFuture[Any]]] = deque()

    def run(
        self,
        events: Iterable[LogEvent],
        *,
        told: Callable[[int], object] = lambda rows: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Sent:
        """Replay a log, and return what was done once all of it is durable.

        Arguments:
            events: the rows, in the order in which they are to be sent.
            told: called with the number of rows that are in the store, as it grows.
            stopped: asked before each row; True ends the run after what was sent.

        Raises:
            KeyboardInterrupt: it was stopped.
            ReplayFailed: a case exists and is something else, or has lost rows to retention; or
                the context of a new one can't be made of defaults.
            LogError: the log can't be read on. What came before is in the store.
            StoreError: the store can't be written.
        """
        began = perf_counter()
        self._told = told
        ahead: deque[LogEvent] = deque()
        try:
            for event in events:
                if stopped():
                    raise KeyboardInterrupt
                self._sent.rows += 1
                self._meet(event.case)
                ahead.append(event)
                if len(ahead) > AHEAD:
                    self._send(ahead.popleft())
        finally:
            # What was read before a broken row, or before Ctrl-C, is not lost with it.
            while ahead:
                self._send(ahead.popleft())
            self._settle(0)
        if self._at_end is not None:
            self._end(self._at_end, stopped)
        self._sent.foreign = sum(map(len, self._kept.values()))
        self._sent.seconds = perf_counter() - began
        return self._sent

    def _meet(self, case: str) -> None:
        """See to it that a case exists, and find out which rows it has already."""
        if case in self._sent.cases:
            return
        try:
            record = self._system.metadata(case)
        except WorkflowNotFound:
            self._starting[case] = self._start(case)
            self._sent.cases.add(case)
            return
        name = self._workflow.workflow_name
        if record.type != name:
            raise ReplayFailed(
                f"The store has a workflow {case!r} that is a {record.type}, not a {name}; replay "
                f"this log into another store."
            )
        if record.first_sequence > 1:
            raise ReplayFailed(
                f"Retention has removed the beginning of case {case!r}, so nobody can tell which "
                f"rows it has had; replay this log into a new store."
            )
        history = WorkflowRef(self._system, case).history()
        self._kept[case] = {entry.key for entry in history if entry.key and is_row_key(entry.key)}
        self._sent.before[case] = record.sequence
        self._sent.cases.add(case)

    def _start(self, case: str) -> PooledFuture[WorkflowRef]:
        try:
            return self._system.start(self._workflow, id=case, block=False)
        except ContextInvalid as error:
            raise ReplayFailed(
                f"{str(error).rstrip('.')}. A replay starts each case with a context made of "
                f"defaults: give every field of {self._workflow.workflow_name}.Context a default."
            ) from error

    def _send(self, event: LogEvent) -> None:
        case = event.case
        if not self._has_begun(case):
            why, rows = self._sent.unborn[case]
            self._sent.unborn[case] = (why, rows + 1)
            return
        key = row_key(event)
        kept = self._kept.get(case)
        if kept and key in kept:
            kept.discard(key)
            self._sent.earlier += 1
            self._tell()
            return
        # An activity without an event goes under its own name, so that history has it.
        name = self.activities.event(event.activity) or event.activity
        future = WorkflowRef(self._system, case).ask(
            name, row_data(event), key=key, keep_refused=True, block=False
        )
        self._in_flight.append((f"row {event.row}", future))
        self._sent.sent += 1
        self._settle(IN_FLIGHT)

    def _has_begun(self, case: str) -> bool:
        starting = self._starting.pop(case, None)
        if starting is not None:
            try:
                starting.get()
            except HandlerFailed as error:
                self._sent.unborn[case] = (str(error), 0)
        return case not in self._sent.unborn

    def _settle(self, most: int) -> None:
        """Wait until at the most so many rows are unanswered."""
        while len(self._in_flight) > most:
            what, future = self._in_flight.popleft()
            try:
                future.get()
            except _RECORDED:
                pass
            except WorkflowError as error:
                raise ReplayFailed(f"The replay can't go on at {what}: {error}") from error
            self._tell()

    def _tell(self) -> None:
        self._told(self._sent.earlier + self._sent.sent - len(self._in_flight))

    def _end(self, event: str, stopped: Callable[[], bool]) -> None:
        """Send an event to every open case; one that refuses it is still open, no more."""
        after = 0
        self._told = lambda rows: None
        while page := self._system.list(self._workflow, finished=False, after=after, limit=1000):
            after = page[-1].number
            for record in page:
                if stopped():
                    raise KeyboardInterrupt
                if record.id in self._sent.cases:
                    ref = WorkflowRef(self._system, record.id)
                    future = ref.ask(event, key=at_end_key(event), block=False)
                    self._in_flight.append((f"the end of case {record.id!r}", future))
                    self._settle(IN_FLIGHT)
        self._settle(0)
