"""Which event of a workflow an activity of a log is."""

from __future__ import annotations

import re

from ...charts import events_of
from ...workflow import Workflow
from ..errors import CommandFailed

_NO_WORD = re.compile(r"[\W_]+")


class Activities:
    """Finds events for activities: by the event's id, by its name, or by either in slug form.

    Example:
        >>> Activities(Order).event("Ship the order")       # doctest: +SKIP
        'ship_the_order'
    """

    def __init__(self, workflow: type[Workflow]) -> None:
        self._workflow = workflow
        public = workflow.public_events()
        self._names = {id: str(n) for id, n in events_of(workflow).items() if id in public}
        self._known: dict[str, str | None] = {}

    def event(self, activity: str) -> str | None:
        """Return the id of the event that an activity is, or None when there is none.

        Raises:
            CommandFailed: several events have that name.
        """
        if activity not in self._known:
            self._known[activity] = self._find(activity)
        return self._known[activity]

    def label(self, event: str) -> str:
        """Return what people call an event: its name, or what it was sent as when unknown."""
        return self._names.get(event, event)

    def _find(self, activity: str) -> str | None:
        if activity in self._names:
            return activity
        named = [id for id, name in self._names.items() if name == activity]
        wanted = slug(activity)
        alike = named or [
            id for id, name in self._names.items() if wanted in (slug(id), slug(name))
        ]
        if len(alike) > 1:
            raise CommandFailed(
                f"The activity {activity!r} could be any of the events {', '.join(alike)} of "
                f"{self._workflow.workflow_name}; give them names that differ."
            )
        return alike[0] if alike else None


def slug(text: str) -> str:
    """Return a text as an identifier: lower case, words joined by underscores.

    Example:
        >>> slug("T02 Check confirmation")
        't02_check_confirmation'
    """
    return _NO_WORD.sub("_", text.casefold()).strip("_")
