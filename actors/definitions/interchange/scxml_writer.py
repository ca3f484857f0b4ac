"""Writes a workflow as SCXML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from ..model import Document, StateDefinition, TransitionDefinition, WorkflowDefinition
from .extras import write_extras, write_timeout

SCXML = "http://www.w3.org/2005/07/scxml"
OURS = "urn:repertory:scxml"
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENTS = {"final": "final", "parallel": "parallel", "history": "history", "deep": "history"}


def write_scxml(workflow: WorkflowDefinition, document: Document | None = None) -> str:
    """Return a workflow as SCXML 1.0.

    Actions are written as `<log>` with their names, which every engine takes. What SCXML has no
    place for stands in elements and attributes of a namespace of ours, which others pass over.

    Arguments:
        workflow: the workflow.
        document: what its agents and resources are in, or None.
    """
    extras = write_extras(workflow, document)
    extras.pop("later", None)  # SCXML has elements for it
    if workflow.deadline is not None:
        extras["deadline"] = write_timeout(workflow.deadline)
    states: dict[str, Any] = {}
    for state in workflow.walk():
        kept: dict[str, Any] = {
            "title": state.title,
            "description": state.description,
            "agents": state.agents,
            "resources": state.resources,
        }
        if kept := {key: value for key, value in kept.items() if value}:
            states[state.name] = kept
    if states:
        extras["states"] = states
    head = _tag(
        "scxml",
        {
            "xmlns": SCXML,
            "xmlns:r": OURS,
            "version": "1.0",
            "name": workflow.name,
            "initial": workflow.initial,
        },
    )
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', head]
    if extras:
        # All but ASCII is escaped: XML has no place for some characters, and JSON has.
        lines.append(f"  <r:definition>{escape(json.dumps(extras))}</r:definition>")
    for state in workflow.states:
        lines += _indented(_state(workflow, state))
    return "\n".join([*lines, "</scxml>", ""])


def _state(workflow: WorkflowDefinition, state: StateDefinition) -> Iterator[str]:
    name = _ELEMENTS.get(state.kind, "state")
    attributes = {"id": state.name}
    if state.kind in ("history", "deep"):
        attributes["type"] = "deep" if state.kind == "deep" else "shallow"
    if state.initial:
        attributes["initial"] = state.initial
    yield _tag(name, attributes)
    timeout = state.timeout
    enter = [_action(workflow, name) for name in state.enter]
    leave = [_action(workflow, name) for name in state.exit]
    event = f"after.state.{state.name}"
    if timeout is not None:
        sent = {
            "id": f"timeout.{state.name}",
            "event": event if timeout.target else timeout.event or "",
            "delay": _seconds(timeout.seconds),
        }
        if timeout.target:
            sent["r:to"] = timeout.target
        enter.append(_tag("send", sent, empty=True))
        leave.append(_tag("cancel", {"sendid": sent["id"]}, empty=True))
    for where, what in (("onentry", enter), ("onexit", leave)):
        if what:
            yield f"  <{where}>"
            yield from _indented(_indented(what))
            yield f"  </{where}>"
    for transition in state.transitions:
        yield from _indented(_transition(workflow, transition))
    if timeout is not None and timeout.target:
        late = {"event": event, "target": timeout.target, "r:timeout": "true"}
        yield "  " + _tag("transition", late, empty=True)
    for inner in state.states:
        yield from _indented(_state(workflow, inner))
    yield f"</{name}>"


def _transition(workflow: WorkflowDefinition, transition: TransitionDefinition) -> Iterator[str]:
    attributes: dict[str, str] = {}
    if transition.events:
        attributes["event"] = " ".join(transition.events)
    if transition.guards:
        texts = [workflow.guards[name] or name for name in transition.guards]
        shown = texts[0] if len(texts) == 1 else " && ".join(f"({text})" for text in texts)
        attributes["cond"] = shown
        attributes["r:guards"] = json.dumps(transition.guards)
    if transition.targets:
        attributes["target"] = " ".join(transition.targets)
    if transition.internal:
        attributes["type"] = "internal"
    if not transition.actions:
        yield _tag("transition", attributes, empty=True)
        return
    yield _tag("transition", attributes)
    yield from _indented(_action(workflow, name) for name in transition.actions)
    yield "</transition>"


def _seconds(seconds: float) -> str:
    return f"{Decimal(repr(float(seconds))).normalize():f}s"


def _action(workflow: WorkflowDefinition, name: str) -> str:
    later = workflow.later.get(name)
    if later is not None and later.event is None:
        return _tag("cancel", {"sendid": later.name, "r:action": name}, empty=True)
    if later is not None:
        named = {"id": later.name} if later.name else {}
        sent = {**named, "event": later.event or "", "delay": _seconds(later.seconds)}
        return _tag("send", {**sent, "r:action": name}, empty=True)
    return _tag("log", {"label": name, "r:action": name}, empty=True)


def _tag(name: str, attributes: dict[str, str], *, empty: bool = False) -> str:
    written = "".join(
        f" {key}={quoteattr(_NO_XML.sub('�', value))}" for key, value in attributes.items()
    )
    return f"<{name}{written}{'/' if empty else ''}>"


def _indented(lines: Any) -> Iterator[str]:
    return (f"  {line}" for line in lines)
