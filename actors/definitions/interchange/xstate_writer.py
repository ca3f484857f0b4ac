"""Writes a workflow as the JSON of a machine of XState v5."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as Set
from decimal import Decimal
from typing import Any

import msgspec

from ..model import Document, StateDefinition, Timeout, TransitionDefinition, WorkflowDefinition
from .extras import write_extras

RAISE = "xstate.raise"
AND = "xstate.and"
_TYPES = {"final": "final", "parallel": "parallel", "history": "history", "deep": "history"}


def write_xstate(workflow: WorkflowDefinition, document: Document | None = None) -> str:
    """Return a workflow as JSON that `createMachine` of XState v5 takes.

    Arguments:
        workflow: the workflow.
        document: what its agents and resources are in, or None.
    """
    text = msgspec.json.encode(_Writer(workflow).machine(document))
    return msgspec.json.format(text, indent=2).decode() + "\n"


class _Writer:
    def __init__(self, workflow: WorkflowDefinition) -> None:
        self._workflow = workflow
        self._ids: dict[str, str] = {}
        self._within: dict[str, frozenset[str]] = {}
        self._recorded: dict[str, frozenset[str]] = {}
        """The states that each history state may stand for."""
        for state in workflow.states:
            self._place(state, workflow.name)

    def _place(self, state: StateDefinition, around: str) -> None:
        self._ids[state.name] = f"{around}.{state.name}"
        self._within[state.name] = frozenset(one.name for one in state.walk())
        for inner in state.states:
            self._place(inner, self._ids[state.name])
            if inner.kind in ("history", "deep"):
                self._recorded[inner.name] = self._within[state.name]

    def machine(self, document: Document | None) -> dict[str, Any]:
        """Return the whole machine."""
        workflow = self._workflow
        extras = write_extras(workflow, document)
        extras.pop("description", None)
        found: dict[str, Any] = {"id": workflow.name, "version": str(workflow.version)}
        if workflow.description:
            found["description"] = workflow.description
        found["initial"] = workflow.initial
        fields = workflow.context or {}
        defaults = {k: f.default for k, f in fields.items() if f.default is not msgspec.UNSET}
        if defaults:
            found["context"] = defaults
        found["states"] = {state.name: self._state(state) for state in workflow.states}
        if workflow.deadline is not None:
            found["after"] = self._after(workflow.deadline)
        if extras:
            found["meta"] = {"repertory": extras}
        return found

    def _state(self, state: StateDefinition) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if state.kind in _TYPES:
            found["type"] = _TYPES[state.kind]
        if state.description:
            found["description"] = state.description
        if state.kind in ("history", "deep"):
            found["history"] = "deep" if state.kind == "deep" else "shallow"
            for transition in state.transitions[:1]:
                found |= self._way(state, transition)
        else:
            if state.initial:
                found["initial"] = state.initial
            if state.enter:
                found["entry"] = list(state.enter)
            if state.exit:
                found["exit"] = list(state.exit)
            found |= self._transitions(state)
        if state.timeout is not None:
            found["after"] = self._after(state.timeout, self._within[state.name])
        if state.states:
            found["states"] = {one.name: self._state(one) for one in state.states}
        kept = {"title": state.title, "agents": state.agents, "resources": state.resources}
        if kept := {key: value for key, value in kept.items() if value}:
            found["meta"] = {"repertory": kept}
        return found

    def _transitions(self, state: StateDefinition) -> dict[str, Any]:
        """Return `on`, `onDone` and `always`; those whose order that loses are numbered."""
        keys: dict[tuple[str, str], list[tuple[int, TransitionDefinition]]] = {}
        for number, transition in enumerate(state.transitions):
            for key in self._keys(state, transition):
                keys.setdefault(key, []).append((number, transition))
        ordered = sorted(keys, key=lambda key: ("on", "onDone", "always").index(key[0]))
        natural = [number for key in ordered for number, _ in keys[key]]
        plain = natural == list(range(len(state.transitions)))
        found: dict[str, Any] = {}
        for key in ordered:
            ways = []
            for number, transition in keys[key]:
                way = self._way(state, transition)
                if not plain:
                    way["meta"] = {"repertory": {"way": number}}
                ways.append(way)
            if key[0] == "on":
                found.setdefault("on", {})[key[1]] = ways
            else:
                found[key[0]] = ways
        return found

    def _keys(
        self, state: StateDefinition, transition: TransitionDefinition
    ) -> Iterator[tuple[str, str]]:
        if not transition.events:
            yield "always", ""
        for event in transition.events:
            ended = event.removeprefix("done.state.")
            if ended == state.name and ended != event:
                yield "onDone", ""
            elif ended != event and ended in self._ids:
                yield "on", f"xstate.done.state.{self._ids[ended]}"
            else:
                yield "on", event

    def _way(self, state: StateDefinition, transition: TransitionDefinition) -> dict[str, Any]:
        found: dict[str, Any] = {}
        targets = [self._target(name) for name in transition.targets]
        if targets:
            found["target"] = targets[0] if len(targets) == 1 else targets
        if len(transition.guards) == 1:
            found["guard"] = {"type": transition.guards[0]}
        elif transition.guards:
            found["guard"] = {"type": AND, "params": {"guards": list(transition.guards)}}
        if transition.actions:
            found["actions"] = list(transition.actions)
        internal = transition.internal and state.keeps(transition.targets)
        # XState stays in a state that leads into itself, also by what a history state recorded.
        back = any(state.name in self._recorded.get(name, ()) for name in transition.targets)
        if (back or stays(self._within[state.name], transition.targets)) and not internal:
            found["reenter"] = True
        return found

    def _after(self, timeout: Timeout, within: Set[str] = frozenset()) -> dict[str, Any]:
        delay = f"{(Decimal(repr(float(timeout.seconds))) * 1000).normalize():f}"
        if timeout.target is not None:
            late: dict[str, Any] = {"target": self._target(timeout.target)}
            if timeout.target in within:
                late["reenter"] = True
            return {delay: late}
        raised = {"type": RAISE, "params": {"event": {"type": timeout.event}}}
        return {delay: {"actions": [raised]}}

    def _target(self, name: str) -> str:
        return f"#{self._ids.get(name, name)}"


def stays(within: Set[str], targets: Sequence[str]) -> bool:
    """Tell whether XState does not leave the source of a transition, if nothing else is said."""
    return bool(targets) and all(name in within for name in targets)
