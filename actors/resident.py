"""How the actor of a workflow comes into memory, and leaves it."""

from __future__ import annotations

from typing import Any

from ..persistence.errors import RepertoryError
from .activations import Activation
from .messages import CommitFailed, Leave, Passivate
from .passivation import Reason
from .pipeline import Pipeline
from .position import Position
from .runtime import Envelope, PooledActor
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
        self._pipeline = Pipeline(services, workflow_id, activation, self.actor_inbox.ref)

    def _arrived(self) -> bool:
        """Note that the workflow is on its way in no longer; tell if that is new."""
        new = self._services.activations.ready(self._activation)
        if new:
            self._services.passivation.look()
        return new

    def _leave(self, message: Leave) -> None:
        """End this activation; the next one takes what waits, in order.

        Were it taken before the end, there might be no end: somebody may always send one more.
        """
        together, settled = [message], True
        try:
            self._pipeline.settle()
        except RepertoryError:  # those who sent what was not written know
            settled = False

        def vacate() -> list[Envelope[Any]]:
            own = (CommitFailed, Passivate)  # these are about this activation alone
            left = [one for one in self.vacate() if not isinstance(one.message, own)]
            self._services.passivation.left(self._id, self._activation, "stopped")
            while left and isinstance(left[0].message, Leave):
                together.append(left.pop(0).message)
            if left and not settled:
                left.insert(0, Envelope(CommitFailed(0)))  # the next one must know
            return left

        if not self._depart("stopped"):
            self._services.activations.succeed(self._id, self._activation, vacate)
        for one in together:
            one.left.set(None)

    def may_leave(self) -> bool:
        """Tell whether nothing would be lost if it left memory now, but messages that wait."""
        return self._position is not None and self._pipeline.settled

    def _depart(self, reason: Reason | None = None) -> bool:
        """Leave memory, unless there are messages; the next one makes another activation."""
        if not self.retire():
            return False
        self._services.passivation.left(self._id, self._activation, reason)
        return True
