"""The timeouts of a workflow class: its states', and its own deadline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..persistence.errors import BadDefinition
from .charts import After, takes, timeouts_of
from .timers import WHOLE


def checked_timeouts(workflow: Any, where: str) -> Mapping[str, tuple[After, ...]]:
    """Return the timeouts of each state that has any, and under "*" that of the whole workflow.

    Raises:
        BadDefinition: one brings an event that the class, or the state, does not take.
    """
    timeouts = timeouts_of(workflow)
    for state, several in timeouts.items():
        for timeout in several:
            if not takes(workflow, state, timeout.event):
                raise BadDefinition(
                    f"{where}: the timeout of state {state!r} brings event {timeout.event!r}, for "
                    f"which there is no transition from it; add one, or give another event."
                )
        if len({timeout.event for timeout in several}) < len(several):
            raise BadDefinition(
                f"{where}: state {state!r} has two timeouts that bring the same event."
            )
    deadline = workflow.deadline
    if deadline is None:
        return timeouts
    if not isinstance(deadline, After) or deadline.target is not None:
        raise BadDefinition(f"{where}: deadline is {deadline!r}; give after(seconds, event).")
    if deadline.event not in workflow._public:
        raise BadDefinition(
            f"{where}: the deadline brings event {deadline.event!r}, which the class has not; it "
            f"has {', '.join(sorted(workflow._public))}."
        )
    return {**timeouts, WHOLE: (deadline,)}
