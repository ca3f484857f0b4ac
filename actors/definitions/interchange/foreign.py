"""What all readers of other tools' documents do: find names, and say what does not carry over."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec.structs import replace

from ..draft import Draft
from ..model import (
    Document,
    Field,
    StateDefinition,
    Timeout,
    TransitionDefinition,
    WorkflowDefinition,
)
from ..names import is_name
from ..places import Path
from ..source import Source
from .extras import Extras

WORDS = {
    "final": "final",
    "final = true": "final",
    "transitions": "transitions",
    "timeout": "time-out",
}
_UNITS = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "h": Decimal(3600)}
Places = dict[tuple[str | int, ...], Path]


def not_carried(source: Source, path: Path, what: str, name: str = "") -> None:
    """Note that something does not carry over."""
    source.fault(path, f"{what}, which does not carry over; remove it here.", name)


def good_name(text: str) -> str:
    """Return a name for a state or a workflow that is as near to a text as can be."""
    name = re.sub(r"[^\w-]+", "_", text).strip("_")[:90]
    return name if is_name(name) else f"s_{name}" if name else "workflow"


def finish(
    source: Source,
    format: str,
    paths: Places,
    *,
    name: str,
    initial: str,
    states: tuple[StateDefinition, ...],
    extras: Extras,
    fields: Mapping[str, Field] | None = None,
    title: str = "",
) -> tuple[Document, list[Draft]]:
    """Return the document and its workflow, as a reader must.

    Guards that are only named get no expression: they are functions, bound as actions are.
    """
    guards = dict(extras.guards)
    for state in (one for top in states for one in top.walk()):
        for transition in state.transitions:
            for guard in transition.guards:
                guards.setdefault(guard, "")
    workflow = WorkflowDefinition(
        name=name,
        initial=initial,
        states=states,
        version=extras.version,
        description=extras.description,
        guards=guards,
        context=extras.context if extras.context is not None else fields,
        contracts=extras.contracts,
        deadline=extras.deadline,
        retry=extras.retry,
        later=extras.later,
    )
    document = Document(
        format,
        (),
        extras.agents,
        extras.resources,
        title or name,
        str(extras.version),
        extras.description,
    )
    return document, [Draft(source, workflow, (), paths, WORDS)]


def nested_initial(
    state: StateDefinition, wanted: str, refuse: Callable[[str], None]
) -> StateDefinition:
    """Return a state that begins in one within it, at any depth."""

    for index, child in enumerate(state.states):
        if any(one.name == wanted for one in child.walk()):
            inner = child if child.name == wanted else nested_initial(child, wanted, refuse)
            states = (*state.states[:index], inner, *state.states[index + 1 :])
            if state.kind == "parallel":
                return replace(state, states=states)
            return replace(state, states=states, initial=child.name)
    refuse(f"State {state.name!r} begins in {wanted!r}, which is not within it")
    return state


def timed(
    state: str, seconds: float, way: TransitionDefinition
) -> tuple[Timeout, tuple[TransitionDefinition, ...]]:
    """Return what happens after a time: at once to a state, or by an event if there is more."""
    if len(way.targets) == 1 and not (way.guards or way.actions or way.internal):
        return Timeout(seconds, way.targets[0]), ()
    event = f"{state}_timed_out"
    return Timeout(seconds, None, event), (
        TransitionDefinition((event,), way.targets, way.guards, way.actions, way.internal),
    )


def known(data: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
    """Return the keys of some data that say something and are not among those."""
    plain = set(keys)
    return [key for key in data if key not in plain and data[key] not in (None, [], {}, "", False)]


def seconds_of(text: str) -> float | None:
    """Return how many seconds a delay is, such as "1.5s" or "20ms"; None if it is none."""
    unit = next((unit for unit in _UNITS if text.endswith(unit)), "")
    try:
        seconds = float(Decimal(text.removesuffix(unit)) * _UNITS[unit]) if unit else None
    except (InvalidOperation, OverflowError):
        return None
    return seconds if seconds is not None and 0 <= seconds <= 1e11 else None
