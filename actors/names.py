"""Events and states, given by name, as an enum member, or as an attribute of their class."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import deepcopy
from enum import Enum
from typing import Any
from uuid import uuid4

from ..persistence.errors import ContextInvalid, RepertoryError, SerializationFailed

_IMMUTABLE = frozenset((str, int, float, bool, bytes, type(None)))

Name = str | Enum
"""An event or a state: "pay", `Events.PAY` or `Order.pay`."""


def text(given: Any, what: str) -> str:
    """Return an id or a key, which are text.

    Raises:
        TypeError: it is something else.
        SerializationFailed: it has half a surrogate pair, which UTF-8 has no way to write.
    """
    if not isinstance(given, str):
        raise TypeError(
            f"{what} is text, not {given!r} of type {type(given).__name__}; make it text, such as "
            f"{str(given)!r}."
        )
    try:
        given.encode()
    except UnicodeEncodeError as error:
        raise SerializationFailed(
            f"{what} can't be written as UTF-8: {given!r} has half a surrogate pair.",
            workflow_id=given,
        ) from error
    return str(given)


def checked_key(key: str | None) -> str | None:
    """Return an idempotency key, which is text, or None.

    Raises:
        TypeError: it is something else.
        RepertoryError: it is empty.
    """
    if key == "":
        raise RepertoryError("An idempotency key can't be empty; leave it out to send without one.")
    return None if key is None else text(key, "An idempotency key")


def new_id(given: str | None) -> str:
    """Return the id for a new workflow: the one given, or a random one.

    Raises:
        ContextInvalid: it is empty.
    """
    if given is None:
        return uuid4().hex
    text(given, "A workflow's id")
    if not given:
        raise ContextInvalid("A workflow's id can't be empty.", workflow_id=given)
    return given


def event_name(event: Name) -> str:
    """Return the id of an event."""
    if isinstance(event, Enum):
        return event.value if isinstance(event.value, str) else event.name
    return str(event)


def event_fields(data: Mapping[str, Any] | None, fields: dict[str, Any]) -> dict[str, Any]:
    """Return an event's data: a copy, so that nobody changes it once it is sent.

    Arguments:
        data: what was given as a mapping, or None.
        fields: what was given by name, and is the callee's own.

    Raises:
        TypeError: the data is no mapping.
    """
    if data is not None:
        if not isinstance(data, Mapping):
            raise TypeError(
                f"An event's data is a mapping of names to values, not {data!r}; give values by "
                f"name."
            )
        fields = {**data, **fields}
    for name, value in fields.items():
        if type(value) not in _IMMUTABLE:
            fields[name] = _copy(name, value)
    return fields


def _copy(name: str, value: Any) -> Any:
    try:
        return deepcopy(value)
    except Exception as error:
        raise TypeError(f"Event data {name!r} can't be copied: {error}") from error


def state_name(state: Any) -> str:
    """Return the id of a state."""
    return event_name(getattr(state, "id", state))


def state_names(state: Any) -> tuple[str, ...]:
    """Return the ids of a state, or of several that are written with "+" between them."""
    return tuple(name.strip() for name in state_name(state).split("+"))


def find_name(name: object, among: Collection[str]) -> str | None:
    """Return which of these an event or a state given by name, or as an enum member, is."""
    if type(name) is str:  # as nearly always
        return name if name in among else None
    candidates = [name] if isinstance(name, str) else []
    if isinstance(name, Enum):
        candidates = [name.value, name.name]
    return next((str(c) for c in candidates if isinstance(c, str) and c in among), None)
