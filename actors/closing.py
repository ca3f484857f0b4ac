"""How a system comes to its end."""

from __future__ import annotations

from contextlib import suppress

from pykka import ActorDeadError

from .messages import Leave
from .runtime import PooledFuture
from .services import Services
from .subscribing import finish_all
from .waiting import Deadline


def let_finish(services: Services, deadline: Deadline) -> None:
    """Have every workflow finish what it was sent and leave, and subscribers what they tell.

    Arguments:
        services: the system's, which is sent nothing more.
        deadline: until when to wait for them.
    """
    services.activations.close()
    services.passivation.end()
    left: list[PooledFuture[None]] = []
    for workflow_id in services.activations.ids():
        activation = services.activations.find(workflow_id)
        if activation is not None:
            future: PooledFuture[None] = PooledFuture()
            with suppress(ActorDeadError):  # it has just left by itself
                activation.ref.tell(Leave(future))
                left.append(future)
    for future in left:
        try:
            future.get(timeout=deadline.left())
        except Exception:  # it could not be written, or took too long: its senders know
            continue
    finish_all(services, deadline.left)
