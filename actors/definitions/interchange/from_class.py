"""Any workflow, from a document or a class of Python, as a document of another tool."""

from __future__ import annotations

from typing import Any

from ...charts import After
from ...workflow import Workflow
from ..document_workflow import DocumentWorkflow
from ..model import (
    Document,
    StateDefinition,
    StateKind,
    Timeout,
    TransitionDefinition,
    WorkflowDefinition,
)
from ..names import identifier, is_event
from .scxml_writer import write_scxml
from .statechart_writer import write_statechart
from .xstate_writer import write_xstate


def to_scxml(workflow: type[Workflow]) -> str:
    """Return a workflow as SCXML, for editors, viewers and engines of statecharts.

    Arguments:
        workflow: its class. Guards and actions of a Python class go by their names.

    Example:
        >>> Path("order.scxml").write_text(to_scxml(Order))      # doctest: +SKIP
    """
    return write_scxml(definition_of(workflow), _document(workflow))


def to_xstate(workflow: type[Workflow]) -> str:
    """Return a workflow as the JSON of a machine of XState v5, for Stately's tools.

    Arguments:
        workflow: its class. Guards and actions of a Python class go by their names.
    """
    return write_xstate(definition_of(workflow), _document(workflow))


def to_statechart(workflow: type[Workflow], *, yaml: bool = False) -> str:
    """Return a workflow in python-statemachine's own form, which its `statemachine.io.load` takes.

    Arguments:
        workflow: its class. Guards and actions go by their names: methods of the model there.
        yaml: whether it is to be YAML and not JSON.

    Raises:
        MissingLibrary: YAML is written with a library that is not installed.
    """
    return write_statechart(definition_of(workflow), yaml=yaml)


def _document(workflow: type[Workflow]) -> Document | None:
    if issubclass(workflow, DocumentWorkflow):
        return workflow.definitions.document
    return None


def definition_of(workflow: type[Workflow]) -> WorkflowDefinition:
    """Return what a document would say of a workflow.

    Of a class of Python: its states, transitions and times, and the names of its guards and
    actions. What it checks of its context, and validators, stay with the class.
    """
    if issubclass(workflow, DocumentWorkflow):
        return workflow.definition
    chart: Any = workflow
    states = tuple(_state(workflow, state) for state in chart.states)
    guards = {g: "" for top in states for s in top.walk() for t in s.transitions for g in t.guards}
    deadline: Any = getattr(workflow, "deadline", None)
    return WorkflowDefinition(
        name=workflow.workflow_name,
        initial=next((state.id for state in chart.states if state.initial), states[0].name),
        states=states,
        version=workflow.version,
        description=" ".join((workflow.__doc__ or "").split()),
        guards=guards,
        deadline=_timeout(deadline) if isinstance(deadline, After) else None,
    )


def _state(workflow: type[Workflow], state: Any) -> StateDefinition:
    inner = tuple(_state(workflow, one) for one in (*state.states, *getattr(state, "history", ())))
    kind: StateKind
    if (memory := getattr(state, "type", None)) is not None:
        kind = "deep" if memory.value == "deep" else "history"
    elif state.parallel:
        kind = "parallel"
    elif inner:
        kind = "compound"
    else:
        kind = "final" if state.final else "state"
    timeouts = [_timeout(one) for one in getattr(state, "timeouts", ())]
    own = f"after.state.{state.id}"
    transitions = tuple(
        _transition(workflow, one)
        for one in state.transitions
        if not (one.initial and kind not in ("history", "deep"))
        and not any(str(event).startswith(own) for event in one._events)
    )
    initial = None
    if kind == "compound":
        initial = next((one.id for one in state.states if one.initial), inner[0].name)
    return StateDefinition(
        name=state.id,
        kind=kind,
        title="" if state.name == state.id else str(state.name),
        initial=initial,
        states=inner,
        transitions=transitions,
        enter=_names(workflow, state.enter),
        exit=_names(workflow, state.exit),
        timeout=timeouts[0] if timeouts else None,
    )


def _transition(workflow: type[Workflow], transition: Any) -> TransitionDefinition:
    return TransitionDefinition(
        events=tuple(sorted(str(event) for event in transition._events)),
        targets=tuple(state.id for state in transition.targets),
        guards=tuple(str(spec) for spec in transition.cond if not spec.is_convention),
        actions=_names(workflow, [*transition.before, *transition.on, *transition.after]),
        internal=bool(
            transition.internal
            and transition.source.is_compound
            and transition.targets
            and all(target.is_descendant(transition.source) for target in transition.targets)
        ),
    )


def _names(workflow: type[Workflow], specs: Any) -> tuple[str, ...]:
    found = []
    for spec in specs:
        name = str(spec)
        if spec.is_convention and (not hasattr(workflow, name) or hasattr(Workflow, name)):
            continue
        found.append(name if is_event(name) else f"action_{identifier(name)}")
    return tuple(found)


def _timeout(one: After) -> Timeout:
    target = getattr(one.target, "id", one.target)
    if target is not None:
        return Timeout(one.length / 1e6, str(getattr(target, "value", target)))
    return Timeout(one.length / 1e6, None, one.event)
