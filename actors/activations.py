"""The workflows that are in memory: at most one live actor for each id."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

from pykka import ActorDeadError

from ..persistence.errors import SystemStopped
from .position import Position
from .runtime import PooledRef


class Activation:
    """One workflow's stay in memory.

    Attributes:
        ref: its actor.
        durable: where it stands as far as the store has it; None until that is known.
    """

    __slots__ = ("durable", "ref")

    def __init__(self) -> None:
        self.ref: PooledRef[Any]
        self.durable: Position | None = None


class Activations:
    """The table of activations, by workflow id.

    Senders look actors up here and put their messages straight into the mailbox. An actor leaves
    by closing its mailbox when nothing is in it; a sender that finds it closed makes the
    next one. So messages keep their order, and none is lost on the way out and in.
    """

    def __init__(self, activate: Callable[[str, Activation], PooledRef[Any]]) -> None:
        """Make an empty table.

        Arguments:
            activate: starts the actor for an id, which will read its state itself.
        """
        self._activate = activate
        self._table: dict[str, Activation] = {}
        self._lock = Lock()
        self._closed = False

    def close(self) -> None:
        """Make no activation from now on."""
        with self._lock:
            self._closed = True

    def __len__(self) -> int:
        return len(self._table)

    def find(self, workflow_id: str) -> Activation | None:
        """Return the activation of a workflow, if it is in memory."""
        return self._table.get(workflow_id)

    def ids(self) -> list[str]:
        """Return the ids of the workflows in memory, the oldest activation first."""
        with self._lock:
            return list(self._table)

    def enter(self, workflow_id: str) -> Activation:
        """Return the activation of a workflow, made if need be.

        Raises:
            SystemStopped: it would have to be made, and the system is closing.
        """
        found = self._table.get(workflow_id)
        if found is not None:
            return found
        with self._lock:
            found = self._table.get(workflow_id)
            if found is None:
                if self._closed:
                    raise SystemStopped(f"The system has stopped; {workflow_id!r} stays as it is.")
                found = Activation()
                found.ref = self._activate(workflow_id, found)
                self._table[workflow_id] = found
            return found

    def leave(self, workflow_id: str, activation: Activation) -> None:
        """Take an activation whose mailbox is closed out of the table."""
        with self._lock:
            if self._table.get(workflow_id) is activation:
                del self._table[workflow_id]

    def deliver(self, workflow_id: str, put: Callable[[PooledRef[Any]], None]) -> None:
        """Give a message to a workflow, in memory or not.

        Arguments:
            put: puts it into the mailbox of an actor, or raises `pykka.ActorDeadError`.
        """
        while True:
            activation = self.enter(workflow_id)
            try:
                put(activation.ref)
            except ActorDeadError:
                self.leave(workflow_id, activation)
            else:
                return
