"""The workflows that are in memory: at most one live actor for each id."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import RLock
from typing import TYPE_CHECKING, Any, cast

from pykka import ActorDeadError

from ..persistence.errors import SystemStopped
from .answer import brought_by
from .position import Position
from .runtime import Envelope, PooledFuture, PooledRef

if TYPE_CHECKING:
    from .pipeline import Pipeline


class Activation:
    """One workflow's stay in memory.

    Attributes:
        ref: its actor.
        durable: where it stands as far as the store has it; None until that is known.
        used: grows with each use of any workflow, so that the least recently used is known.
        fresh: whether it has not been brought to where it stands yet.
        size: the bytes that it takes, by estimate.
        former: the steps on their way of an actor that has failed, for the next one; or None.
    """

    __slots__ = ("_counted", "durable", "former", "fresh", "ref", "size", "used")

    def __init__(self) -> None:
        self.ref: PooledRef[Any]
        self.durable: Position | None = None
        self.used = 0
        self.fresh = True
        self.size = 0
        self.former: Pipeline | None = None
        self._counted = 0


class Activations:
    """The table of activations, by workflow id.

    Senders look actors up here and put their messages straight into the mailbox. An actor leaves
    by closing its mailbox when nothing is in it; a sender that finds it closed makes the
    next one. So messages keep their order, and none is lost on the way out and in.

    Attributes:
        uses: how often a workflow was looked up to be sent something; two at the very same
            time may count once.
        activated: activations that were made.
        passivated: those that have left.
        fresh: those that are on their way in.
        weight: the bytes that all take, by estimate.
        arrived: called when one has come to where its workflow stands, or has left.
        formers: what `Activation.former` will be, by the id of the workflow.
        arrivals: those that were made, for whoever decides which ones leave; None: nobody does.
    """

    def __init__(self, activate: Callable[[str, Activation], PooledRef[Any]]) -> None:
        """Make an empty table.

        Arguments:
            activate: starts the actor for an id, which will read its state itself.
        """
        self._activate = activate
        self._table: dict[str, Activation] = {}
        self._lock = RLock()
        self._closed = False
        self.uses = 0
        self.activated = 0
        self.passivated = 0
        self.fresh = 0
        self.weight = 0
        self.arrived: Callable[[], None] = lambda: None
        self.formers: dict[str, Pipeline] = {}
        self.arrivals: deque[tuple[str, Activation]] | None = None

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
            self.uses = found.used = self.uses + 1
            return found
        with self._lock:
            found = self._table.get(workflow_id)
            if found is None:
                if self._closed:
                    raise SystemStopped(f"The system has stopped; {workflow_id!r} stays as it is.")
                found = self._make(workflow_id)
            return found

    def _make(self, workflow_id: str, waiting: Sequence[Envelope[Any]] = ()) -> Activation:
        found = Activation()
        if self.formers:
            found.former = self.formers.get(workflow_id)
        found.ref = self._activate(workflow_id, found)
        # Whoever hears of actors that start may have sent it something, in this thread.
        if (sooner := self._table.get(workflow_id)) is not None:
            found.ref.stop(block=False)
            found = sooner
        for number, envelope in enumerate(waiting):
            if envelope.reply_to is not None:
                brought_by(found.ref, cast("PooledFuture[Any]", envelope.reply_to))
            try:
                found.ref.actor_inbox.put(envelope)
            except ActorDeadError:  # it could not be read, and has left already
                self.leave(workflow_id, found)
                return self._make(workflow_id, waiting[number:])
        # Not before that: nobody may overtake what waits.
        if found is not sooner:
            self._table[workflow_id] = found
            if self.formers:
                self.formers.pop(workflow_id, None)
            self.activated += 1
            self.fresh += 1
            self.uses = found.used = self.uses + 1
            if self.arrivals is not None:
                self.arrivals.append((workflow_id, found))
        return found

    def succeed(
        self,
        workflow_id: str,
        activation: Activation,
        vacate: Callable[[], Sequence[Envelope[Any]]],
    ) -> None:
        """Let an activation leave though messages wait: the next one takes them, in order.

        When the system is closing there is no next one, and nobody takes them.

        Arguments:
            vacate: closes the mailbox, has it `leave`, and returns what was in it.
        """
        with self._lock:
            waiting = vacate()
            if waiting and not self._closed:
                self._make(workflow_id, waiting)
                return
        for envelope in waiting:
            ref = activation.ref
            ref.runtime.dead_letters.add(envelope, ref, "stopped before handling the message")

    def ready(self, activation: Activation) -> bool:
        """Note that an activation has come to where its workflow stands; tell if that is new."""
        with self._lock:
            if not activation.fresh:
                return False
            activation.fresh = False
            self.fresh -= 1
        self.arrived()
        return True

    def weigh(self, activation: Activation, size: int) -> None:
        """Note how many bytes an activation takes; what is little is summed up later."""
        activation.size = size
        if abs(size - activation._counted) * 16 > activation._counted:
            with self._lock:
                self.weight += size - activation._counted
                activation._counted = size

    def leave(self, workflow_id: str, activation: Activation) -> None:
        """Take an activation whose mailbox is closed out of the table."""
        with self._lock:
            if self._table.get(workflow_id) is activation:
                del self._table[workflow_id]
                self.passivated += 1
                self.fresh -= activation.fresh
                activation.fresh = False
                self.weight -= activation._counted
                activation._counted = 0
        self.arrived()

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
