"""When activities begin to run, with their system, and how they end with it."""

from __future__ import annotations

from contextlib import suppress

from ...persistence.records import MessageKind
from ..answer import ask
from ..runtime import PooledFuture
from ..services import Services
from ..waiting import Deadline
from .carrier import ActivityCarrier
from .current import running
from .runner import ActivityRunner
from .signals import Abandon, WindDown


def run_activities(services: Services) -> None:
    """Start what runs the activities of a system, as many as its limits allow."""
    services.activities = services.runtime.start(ActivityRunner, services)
    services.carriers[MessageKind.ACTIVITY] = ActivityCarrier(services.activities)


def is_activity(services: Services) -> bool:
    """Tell whether the calling code is an activity of this system."""
    current = running()
    attempts = (work.running for work in [*services.works.values()])
    return any(one is not None and one.current is current for one in attempts)


def wind_down(services: Services, deadline: Deadline) -> None:
    """Begin no activity any more; let those that run come to their end, or else break them off.

    What was not reported by then runs again in the next system, as the same attempt.

    Arguments:
        services: the system's.
        deadline: until when it is to be closed, in all.
    """
    left, grace = deadline.left(), services.limits.activity_grace
    seconds = grace if left is None else min(grace, left)
    for message in (WindDown(), Abandon()):
        done: PooledFuture[None] = ask(services.activities, message)
        with suppress(Exception):  # it took too long, or the runner is gone
            done.get(timeout=seconds)
