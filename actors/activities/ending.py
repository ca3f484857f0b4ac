"""How activities end with their system: told to stop, waited for a while, and left to the next."""

from __future__ import annotations

from contextlib import suppress

from ..answer import ask
from ..runtime import PooledFuture
from ..services import Services
from ..waiting import Deadline
from .signals import Abandon, WindDown


def wind_down(services: Services, grace: float, deadline: Deadline) -> None:
    """Begin no activity any more; let those that run come to their end, or else break them off.

    What was not reported by then runs again in the next system, as the same attempt.

    Arguments:
        services: the actors of the system.
        grace: seconds to wait for them.
        deadline: until when the system is to be closed, in all.
    """
    left = deadline.left()
    seconds = grace if left is None else min(grace, left)
    for message in (WindDown(), Abandon()):
        done: PooledFuture[None] = ask(services.activities, message)
        with suppress(Exception):  # it took too long, or the runner is gone
            done.get(timeout=seconds)
