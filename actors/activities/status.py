"""The view of an activity that others get."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from ...persistence.records import Message
from ..position import utc
from ..services import Services
from .call import read_call, read_course


class ActivityStatus(msgspec.Struct, frozen=True):
    """An activity that has not come to its end, as it was at one moment.

    Attributes:
        id: its number in the store.
        workflow_id: the workflow that started it.
        name: what the workflow calls it.
        activity: the name of the activity.
        key: its idempotency key.
        status: "waiting" for its turn, "running", "retrying" (it waits for its next attempt),
            "reporting" (its workflow has still to take the result), or "dead": out of attempts, set
            aside until somebody takes it up by hand.
        attempt: the number of the attempt that runs, or of the last one that has failed; 0: none.
        started: when it was started, UTC.
        began: when the attempt that runs has begun, UTC; None: none runs.
        due: when the next attempt begins, UTC, if it is retrying.
        progress: what its last heartbeat has said.
        error: why the last attempt failed: `{"type": …, "message": …}`.
        why: why it is dead.
    """

    id: int
    workflow_id: str
    name: str
    activity: str
    key: str
    status: str
    attempt: int
    started: datetime
    began: datetime | None
    due: datetime | None
    progress: Any
    error: dict[str, str] | None
    why: str | None


def status_of(message: Message, services: Services) -> ActivityStatus:
    """Return the view of a stored activity.

    Arguments:
        message: its row.
        services: of the system that looks; it may know more than the store.
    """
    call, course = read_call(message.data), read_course(message.options)
    work = services.works.get(message.id)
    attempt = None if work is None else work.running
    began = attempt.began if attempt is not None else course.began
    retrying = message.due > services.runtime.clock.now_us()
    if message.dead is not None:
        status = "dead"
    elif work is not None and work.report is not None:
        status = "reporting"
    elif attempt is not None or (work is None and began is not None):
        status = "running"
    else:
        status = "retrying" if retrying else "waiting"
    running = status == "running"
    return ActivityStatus(
        id=message.id,
        workflow_id=message.sender,
        name=message.name or "",
        activity=call.activity,
        key=call.key,
        status=status,
        attempt=message.attempt + running,
        started=utc(message.at),
        began=utc(began) if running and began is not None else None,
        due=utc(message.due) if status == "retrying" else None,
        progress=course.progress if work is None else work.progress(attempt),
        error=course.error,
        why=message.dead,
    )
