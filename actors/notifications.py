"""Telling whoever asked of steps that are durable."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

import msgspec
from pykka import ActorDeadError

from ..persistence.records import Entry, WorkflowRecord
from .position import Position
from .runtime import PooledActor, PooledRef, Runtime


class Committed(msgspec.Struct, frozen=True):
    """A step that has become durable.

    Attributes:
        position: where the workflow stands after it.
        entry: its entry in the history.
    """

    position: Position
    entry: Entry


@dataclass(frozen=True)
class Interest:
    """Which committed steps a subscriber wants to hear of; None is any.

    Attributes:
        workflow_id: of this workflow.
        type: of workflows stored under this class name.
        states: that lead into these states: all of them are active then, and were not before.
        event: that this event caused.
    """

    workflow_id: str | None = None
    type: str | None = None
    states: tuple[str, ...] = ()
    event: str | None = None

    def covers(self, record: WorkflowRecord, entry: Entry) -> bool:
        """Tell whether a step is of interest.

        Arguments:
            record: the row of its workflow.
            entry: its entry.
        """
        return (
            (self.workflow_id is None or self.workflow_id == record.id)
            and (self.type is None or self.type == record.type)
            and (self.event is None or self.event == entry.event)
            and (
                not self.states
                or (
                    set(self.states).issubset(entry.target)
                    and not set(self.states).issubset(entry.source)
                )
            )
        )


class Subscriber(PooledActor):
    """Calls one subscriber's callback, one committed step at a time, in their order."""

    stop_on_failure = False

    def __init__(self, callback: Callable[[Committed], Any]) -> None:
        super().__init__()
        self._callback = callback

    def on_receive(self, message: Any) -> Any:
        return self._callback(message)


class Look(msgspec.Struct, frozen=True):
    """To a durable subscriber: something was committed."""


class Notifications:
    """The subscribers of a system. A slow one holds up nobody, a failing one goes on.

    Attributes:
        live: the subscribers that are told at once, and what each wants to hear of.
        durable: the durable subscribers by name; they read what was committed from the store.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._numbers = count()
        self.live: dict[int, tuple[Interest, Any]] = {}
        self.durable: dict[str, PooledRef[Any]] = {}

    def subscribe(
        self, interest: Interest, callback: Callable[[Committed], Any]
    ) -> Callable[[], None]:
        """Have `callback` called with each committed step of interest from now on.

        Returns:
            what ends it when it is called.
        """
        number = next(self._numbers)
        ref = self._runtime.start(Subscriber, callback)
        self.live[number] = (interest, ref)

        def unsubscribe() -> None:
            if self.live.pop(number, None) is not None:
                ref.stop(block=False)

        return unsubscribe

    def publish(self, committed: Committed) -> None:
        """Tell the subscribers of one step. Called in the order of the commits."""
        for interest, ref in tuple(self.live.values()):
            if interest.covers(committed.position.record, committed.entry):
                with suppress(ActorDeadError):  # it has just unsubscribed
                    ref.tell(committed)

    def wake(self) -> None:
        """Have the durable subscribers look at what was committed."""
        for ref in tuple(self.durable.values()):
            with suppress(ActorDeadError):  # it has just unsubscribed
                ref.tell(Look())
