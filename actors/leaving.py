"""How a workflow that was told to leave memory does so, though messages may wait for it."""

from __future__ import annotations

from typing import Any

from ..persistence.errors import RepertoryError
from .activations import Activation
from .messages import CommitFailed, Leave, Passivate
from .pipeline import Pipeline
from .runtime import Envelope, PooledActor
from .services import Services


def leave(
    actor: PooledActor,
    message: Leave,
    services: Services,
    workflow_id: str,
    activation: Activation,
    pipeline: Pipeline,
) -> None:
    """End an activation, from inside its handler; the next one takes what waits, in order.

    Were it taken before the end, there might be no end: somebody may always send one more.

    Arguments:
        actor: the actor.
        message: what told it to leave.
        services: those of its system.
        workflow_id: its workflow.
        activation: that which ends.
        pipeline: its steps on their way to the disk, for which it waits.
    """
    together, settled = [message], True
    try:
        pipeline.settle()
    except RepertoryError:  # those who sent what was not written know
        settled = False

    def vacate() -> list[Envelope[Any]]:
        own = (CommitFailed, Passivate)  # these are about this activation alone
        left = [one for one in actor.vacate() if not isinstance(one.message, own)]
        services.passivation.left(workflow_id, activation, "stopped")
        while left and isinstance(left[0].message, Leave):
            together.append(left.pop(0).message)
        if left and not settled:
            left.insert(0, Envelope(CommitFailed(0)))  # the next one must know
        return left

    if actor.retire():
        services.passivation.left(workflow_id, activation, "stopped")
    else:
        services.activations.succeed(workflow_id, activation, vacate)
    for one in together:
        one.left.set(None)
