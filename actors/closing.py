"""How a system comes to its end."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from pykka import ActorDeadError

from .activities.lifetime import is_activity, wind_down
from .messages import Leave
from .runtime import PooledFuture
from .runtime.context import here
from .services import Services
from .subscribing import finish_all
from .waiting import Deadline

BROKEN_OFF_SECONDS = 5.0
"""How long a system that is left by Ctrl-C, or a cancelled task, waits for its workflows."""


def patience(kind: type[BaseException] | None) -> float | None:
    """Return for how many seconds whoever leaves a `with` waits; None: as long as it takes."""
    broken_off = kind is not None and issubclass(kind, KeyboardInterrupt | asyncio.CancelledError)
    return BROKEN_OFF_SECONDS if broken_off else None


def is_within(services: Services) -> bool:
    """Tell whether whoever calls this would have to end before the system could."""
    ours = here.dispatcher is services.runtime.dispatcher
    return ours or here.serves_loop or here.mailbox is not None or is_activity(services)


def let_finish(services: Services, deadline: Deadline) -> None:
    """Have every workflow finish what it was sent and leave, and subscribers what they tell.

    Arguments:
        services: the system's, which is sent nothing more.
        deadline: until when to wait for them.
    """
    services.closing = True
    wind_down(services, deadline)
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
