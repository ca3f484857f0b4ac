"""Events and states, given by name, as an enum member, or as an attribute of their class."""

from __future__ import annotations

from enum import Enum
from typing import Any

Name = str | Enum
"""An event or a state: "pay", `Events.PAY` or `Order.pay`."""


def event_name(event: Name) -> str:
    """Return the id of an event."""
    if isinstance(event, Enum):
        return event.value if isinstance(event.value, str) else event.name
    return str(event)


def state_name(state: Any) -> str:
    """Return the id of a state."""
    return event_name(getattr(state, "id", state))
