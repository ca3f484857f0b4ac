"""Writes a workflow in python-statemachine's own form, as JSON or YAML."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import msgspec

from ....persistence.errors import RepertoryError
from ..model import StateDefinition, TransitionDefinition, WorkflowDefinition
from ..names import identifier

LATE = "after.state."
"""What the event of a time-out that leads to a state begins with."""


class MissingLibrary(RepertoryError):
    """A library that an extra brings is not installed; says which extra."""


def write_statechart(workflow: WorkflowDefinition, *, yaml: bool = False) -> str:
    """Return a workflow as JSON, or YAML, that `statemachine.io.load` takes.

    Guards and actions go by their names, which are methods of the model there.

    Arguments:
        workflow: the workflow.
        yaml: whether it is to be YAML.

    Raises:
        MissingLibrary: YAML is written with a library that is not installed.
    """
    fields = workflow.context or {}
    defaults = {k: repr(f.default) for k, f in fields.items() if f.default is not msgspec.UNSET}
    document = {
        "name": workflow.name,
        **({"description": workflow.description} if workflow.description else {}),
        **({"datamodel": defaults} if defaults else {}),
        "states": {s.name: _state(s, s.name == workflow.initial) for s in workflow.states},
    }
    if not yaml:
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if find_spec("yaml") is None:
        what = "YAML is written with a library; install it: pip install 'repertory[yaml]'."
        raise MissingLibrary(what)
    dump = import_module("yaml").safe_dump
    return str(dump(document, sort_keys=False, allow_unicode=True, default_flow_style=False))


def _state(state: StateDefinition, initial: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"initial": True} if initial else {}
    if state.kind in ("final", "parallel"):
        found[state.kind] = True
    enter: list[Any] = list(state.enter)
    leave: list[Any] = list(state.exit)
    ways = [_way(way) for way in state.transitions]
    if state.timeout is not None:
        event = state.timeout.event or f"{LATE}{state.name}"
        delay = f"{Decimal(repr(float(state.timeout.seconds))).normalize():f}s"
        sent = f"timeout.{state.name}"
        enter.append({"send": {"event": event, "delay": delay, "id": sent}})
        leave.append({"cancel": {"sendid": sent}})
        if state.timeout.target:
            ways.append({"event": event, "target": state.timeout.target})
    for key, value in (("enter", enter), ("exit", leave), ("transitions", ways)):
        if value:
            found[key] = value
    if ordinary := [one for one in state.states if one.kind not in ("history", "deep")]:
        found["states"] = {one.name: _state(one, one.name == state.initial) for one in ordinary}
    history = {
        one.name: {
            "type": "deep" if one.kind == "deep" else "shallow",
            "transitions": [_way(way) for way in one.transitions[:1]],
        }
        for one in state.states
        if one.kind in ("history", "deep")
    }
    return {**found, "history": history} if history else found


def _way(way: TransitionDefinition) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if way.events:
        found["event"] = " ".join(way.events)
    if way.targets:
        found["target"] = " ".join(way.targets)
    if way.guards:
        found["cond"] = [_method(name) for name in way.guards]
    if way.internal and way.targets:
        found["internal"] = True
    if way.actions:
        found["on"] = list(way.actions)
    return found


def _method(guard: str) -> str:
    """Return the name of the method that a guard is; one that is an expression gets a name."""
    return guard if guard.isidentifier() else f"guard_{identifier(guard)}"
