"""Says what to do instead when an event of a class is called: it is one of no instance."""

from __future__ import annotations

from typing import Any

from statemachine.event import Event

from ...persistence.errors import RepertoryError


class NoInstance:
    """Stands where python-statemachine looks for the instance, and would merely assert."""

    def __init__(self, event: str) -> None:
        self._event = event

    @property
    def model(self) -> Any:
        """What is looked at first."""
        raise RepertoryError(
            f"{self._event} is the event of a class, and can't be called; send it to a workflow: "
            f"ref.ask({self._event}, …)."
        )


def explain_calls(cls: Any) -> None:
    """Have the events of a class say this when they are called."""
    for event in cls.events:
        found: Any = getattr(cls, event.id, None)
        if isinstance(found, Event) and found._sm is None:
            found._sm = NoInstance(f"{cls.__name__}.{event.id}")  # type: ignore[assignment]
