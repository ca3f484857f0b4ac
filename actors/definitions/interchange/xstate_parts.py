"""Small parts of a machine of XState, told from its JSON."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ..model import Field, StateDefinition, TransitionDefinition
from ..source import Source
from ..types import type_of, violation
from .foreign import not_carried
from .xstate_writer import AND, RAISE

Keys = tuple[str, ...]


def raised_of(way: Any) -> str:
    """Return the event that a transition raises, if that is all that it does."""
    if not isinstance(way, dict) or set(way) != {"actions"}:
        return ""
    actions = way["actions"]
    action = actions[0] if isinstance(actions, list) and len(actions) == 1 else actions
    if not isinstance(action, dict) or action.get("type") != RAISE:
        return ""
    params = action.get("params", action)
    event = params.get("event") if isinstance(params, dict) else None
    return text_of(event.get("type")) if isinstance(event, dict) else ""


def in_order_of(
    found: list[TransitionDefinition], numbers: list[int]
) -> list[TransitionDefinition]:
    """Return transitions as they were numbered; those with one number are for several events."""
    merged: dict[int, TransitionDefinition] = {}
    for number, way in sorted(zip(numbers, found, strict=True), key=lambda pair: pair[0]):
        before = merged.get(number)
        if before is not None:
            way = replace(before, events=(*before.events, *way.events))
        merged[number] = way
    return list(merged.values())


def number_of(way: Any) -> int | None:
    """Return the number that an exported transition has, or None."""
    meta = way.get("meta") if isinstance(way, dict) else None
    ours = meta.get("repertory") if isinstance(meta, dict) else None
    number = ours.get("way") if isinstance(ours, dict) else None
    return number if type(number) is int else None


def odd_of(type: Any, value: Any) -> bool:
    """Tell whether a value has no sound type."""
    try:
        return bool(violation(type, value))
    except ValueError:
        return True


def path_of(keys: Keys) -> tuple[str | int, ...]:
    """Return where a state stands in the document."""
    return tuple(part for key in keys for part in ("states", key))


def listed_of(value: Any) -> list[Any]:
    """Return a value as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def text_of(value: Any) -> str:
    """Return a text, or "" for anything else."""
    return value if isinstance(value, str) else ""


def guards_of(source: Source, path: tuple[str | int, ...], given: Any) -> tuple[str, ...]:
    """Return the names of a transition's guards."""
    if given is None:
        return ()
    if isinstance(given, str) and given:
        return (given,)
    if isinstance(given, dict):
        params = given.get("params") or {}
        if given.get("type") == AND and isinstance(params, dict):
            names = params.get("guards")
            if isinstance(names, list) and all(isinstance(n, str) and n for n in names):
                return tuple(names)
        kind = text_of(given.get("type"))
        if kind and not params and not kind.startswith("xstate."):
            return (kind,)
    not_carried(source, (*path, "guard"), "The guard is more than a name", "guard")
    return ()


def fields_of(source: Source) -> dict[str, Field] | None:
    """Return the fields that a machine's context gives."""
    given = source.data.get("context")
    if not given:
        return None
    if not isinstance(given, dict):
        not_carried(source, ("context",), "The context is no object", "context")
        return None
    found = {}
    for key, value in given.items():
        type = type_of(value)
        if type is None or not key.isidentifier() or key.startswith("_") or odd_of(type, value):
            what = f"Field {key[:60]!r} of the context has no type that a field can have"
            not_carried(source, ("context", key), what, key)
        else:
            found[key] = Field(type, value)
    return found


def with_way(state: StateDefinition, way: TransitionDefinition) -> StateDefinition:
    """What the machine does in every state, each of those at the top does."""
    if state.kind in ("final", "history", "deep"):
        return state
    # The machine's own transitions leave whatever state it is in.
    return replace(state, transitions=(*state.transitions, replace(way, internal=False)))
