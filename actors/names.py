"""Events and states, given by name, as an enum member, or as an attribute of their class."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from enum import Enum
from typing import Any
from uuid import uuid4

from ..persistence.errors import ContextInvalid

_IMMUTABLE = frozenset((str, int, float, bool, bytes, type(None)))

Name = str | Enum
"""An event or a state: "pay", `Events.PAY` or `Order.pay`."""


def new_id(given: str | None) -> str:
    """Return the id for a new workflow: the one given, or a random one.

    Raises:
        ContextInvalid: it is empty.
    """
    if given is None:
        return uuid4().hex
    if not given:
        raise ContextInvalid("A workflow's id can't be empty.", workflow_id=given)
    return given


def event_name(event: Name) -> str:
    """Return the id of an event."""
    if isinstance(event, Enum):
        return event.value if isinstance(event.value, str) else event.name
    return str(event)


def event_fields(data: Mapping[str, Any] | None, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event's data: a copy, so that nobody changes it once it is sent."""
    return {
        name: value if type(value) in _IMMUTABLE else deepcopy(value)
        for name, value in {**(data or {}), **fields}.items()
    }


def state_name(state: Any) -> str:
    """Return the id of a state."""
    return event_name(getattr(state, "id", state))
