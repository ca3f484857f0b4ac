"""How a workflow that was told to leave memory does so though messages wait for it."""

from __future__ import annotations

from typing import Any

from .activations import Activation
from .messages import CommitFailed, Leave, Passivate
from .runtime import Envelope, PooledActor
from .services import Services


def hand_over(
    actor: PooledActor,
    services: Services,
    workflow_id: str,
    activation: Activation,
    settled: bool,
) -> list[Leave]:
    """End an activation, from inside its handler; the next one takes what waits, in order.

    Were it taken before the end, there might be no end: somebody may always send one more.

    Arguments:
        actor: the actor, which has steps to wait for no more.
        services: those of its system.
        workflow_id: its workflow.
        activation: that which ends.
        settled: whether all its steps were written; if not, the next one must know.

    Returns:
        the messages that wait for the same end.
    """
    together: list[Leave] = []

    def vacate() -> list[Envelope[Any]]:
        own = (CommitFailed, Passivate)  # these are about this activation alone
        left = [one for one in actor.vacate() if not isinstance(one.message, own)]
        services.passivation.left(workflow_id, activation, "stopped")
        while left and isinstance(left[0].message, Leave):
            together.append(left.pop(0).message)
        if left and not settled:
            left.insert(0, Envelope(CommitFailed(0)))
        return left

    services.activations.succeed(workflow_id, activation, vacate)
    return together
