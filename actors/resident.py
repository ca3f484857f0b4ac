"""How the actor of a workflow comes into memory, and leaves it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast

from pykka import ActorDeadError

from ..persistence.errors import RepertoryError, WorkflowError, WorkflowNotFound
from .activations import Activation
from .messages import CommitFailed, Deliver, Leave, Passivate, Undelivered
from .passivation import Reason
from .pipeline import Pipeline, Reply
from .position import Position
from .runtime import Envelope, PooledActor
from .services import Services

_ITS_OWN = (CommitFailed, Passivate)
"""Messages that are about one activation alone: the next one need not know."""


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
        if activation.former is not None:
            self._pipeline.follow(activation.former)

    # --- what the supervisor decides ---

    def origin(self) -> tuple[Services, str, Activation]:
        """Return what its next instance is made with."""
        return self._services, self._id, self._activation

    def pre_restart(self, error: BaseException | None) -> None:
        # Where it stands the next instance finds in the store; what is not there yet, it awaits.
        self._activation.former = self._pipeline
        self._activation.durable = None

    def given_up(self, error: BaseException) -> None:
        """Leave memory, since it fails again and again; the next message makes another one."""
        services = self._services
        failure = WorkflowError(
            f"Workflow {self._id!r} has left memory, since it fails again and again: "
            f"{type(error).__name__}: {error}; look at the log, its next message tries again.",
            workflow_id=self._id,
        )
        failure.__cause__ = error
        services.quarantine.note(self._id, failure)
        if not self._pipeline.settled:
            services.activations.formers[self._id] = self._pipeline
        for envelope in self.vacate():
            if not isinstance(envelope.message, _ITS_OWN):
                self._refuse_message(failure, cast("Reply", envelope.reply_to), envelope.message)
        services.passivation.left(self._id, self._activation, None)

    def _settle_former(self) -> None:
        """Wait for the steps of an instance that has failed: then the store has what counts."""
        if self._activation.former is None:
            return
        try:
            self._pipeline.settle()
        except RepertoryError:  # those who sent what was not written know
            self._pipeline.begin_anew()
            self._services.stalled.add(self._id)
        self._activation.former = None

    def _refuse_message(self, error: Exception, reply: Reply, message: Any) -> None:
        """Answer with an error that leaves no trace, once all before it is durable."""
        if isinstance(message, Leave):
            message.refused(error)
        elif isinstance(message, Deliver) and message.message is not None:
            if not isinstance(error, WorkflowNotFound):
                # What comes after it may find it all well again, but must not overtake it.
                self._services.stalled.add(self._id)
            with suppress(ActorDeadError):
                self._services.persistence.tell(Undelivered(message.message, error))
        else:
            self._pipeline.answer(reply, error)

    # --- coming and leaving ---

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
            left = [one for one in self.vacate() if not isinstance(one.message, _ITS_OWN)]
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
        # One that is on its way in has something coming; one that was restarted may have nothing.
        there = self._position is not None or not self._activation.fresh
        return there and self._pipeline.settled

    def _depart(self, reason: Reason | None = None) -> bool:
        """Leave memory, unless there are messages; the next one makes another activation."""
        if not self.retire():
            return False
        self._services.passivation.left(self._id, self._activation, reason)
        return True
