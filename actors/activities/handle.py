"""What the handle of a workflow tells of its activities, and does with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...persistence.errors import UnknownActivity
from ...persistence.records import MessageKind
from ..messages import Revive
from ..waiting import ask_and_wait
from .status import ActivityStatus, status_of


class HasActivities:
    """The part of a workflow's handle that is about activities."""

    __slots__ = ()

    if TYPE_CHECKING:
        id: str
        _system: Any

    def activities(self) -> list[ActivityStatus]:
        """Return the workflow's activities that have not come to their end, the oldest first."""
        services = self._system._services
        return [
            status_of(message, services)
            for message in services.store.pending(self.id)
            if message.kind is MessageKind.ACTIVITY
        ]

    def retry_activity(self, name: str | int, *, timeout: float | None = None) -> None:
        """Take up an activity that is dead, or waits for its next attempt, at once.

        It begins anew, with all its attempts and all its time, under the same idempotency key.

        Arguments:
            name: what the workflow calls it, or its number in the store. Of several with one name,
                all are taken up.
            timeout: seconds to wait until that is durable.

        Raises:
            UnknownActivity: the workflow has none of this name that has not come to its end.
        """
        self._system._check_writable()
        there = self.activities()
        found = [one for one in there if name in (one.name, one.id)]
        if not found:
            has = ", ".join(sorted({repr(one.name) for one in there})) or "none at all"
            raise UnknownActivity(
                f"Workflow {self.id!r} has no activity {name!r} to take up; it has {has}.",
                name=str(name),
            )
        for one in found:
            what = f"activity {one.name!r} of workflow {self.id!r}"
            ask_and_wait(self._system._services.persistence, Revive(one.id), timeout, what)
