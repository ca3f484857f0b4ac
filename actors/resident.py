"""How the actor of a workflow comes into memory, and leaves it."""

from __future__ import annotations

from contextlib import suppress

from ..persistence.errors import RepertoryError
from .activations import Activation
from .messages import Leave
from .passivation import Reason
from .pipeline import Pipeline
from .position import Position
from .runtime import PooledActor
from .services import Services


class Resident(PooledActor):
    """An actor that stays in memory as long as there is a reason to.

    It leaves by closing its mailbox when nothing is in it, so no message is lost; whoever sends
    it one then makes the next activation, which finds in the store where this one stood.
    """

    stop_on_failure = False

    def __init__(self, services: Services, workflow_id: str, activation: Activation) -> None:
        super().__init__()
        self._services = services
        self._id = workflow_id
        self._activation = activation
        self._position: Position | None = None
        self._leaving: Leave | None = None
        self._pipeline = Pipeline(services, workflow_id, activation, self.actor_inbox.ref)

    def _arrived(self) -> bool:
        """Note that the workflow is where it stands; tell if it was not in memory before."""
        assert self._position is not None
        new = self._services.activations.ready(self._activation)
        if new:
            self._pipeline.weigh(self._position)
            self._services.passivation.look()
        return new

    def _leave(self, message: Leave) -> None:
        if self._leaving is not None and self._leaving is not message:
            # Of two that let each other pass, none would ever leave.
            self._leaving.left.add_done_callback(message.follow)
            return
        self._leaving = message
        with suppress(RepertoryError):  # those who sent what was not written know
            self._pipeline.settle()
        if self._depart("stopped"):
            message.left.set(None)
        else:
            self.actor_ref.tell(message)  # there are messages; after those

    def may_leave(self) -> bool:
        """Tell whether nothing would be lost if it left memory now, but messages that wait."""
        return self._position is not None and self._pipeline.settled

    def _depart(self, reason: Reason | None = None) -> bool:
        """Leave memory, unless there are messages; the next one makes another activation."""
        if not self.retire():
            return False
        self._services.passivation.left(self._id, self._activation, reason)
        return True
