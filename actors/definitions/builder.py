"""From a document's workflow to a class, through the compiler and checks of all classes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

import msgspec

from ..charts import After, ChartMeta, add_transition, after, make_state
from ..migration import Migration
from .actions import Source, as_method, find_actions
from .contracts import Checks, validator
from .definitions import Definitions
from .document_workflow import DocumentWorkflow, unbound
from .facts import facts_of
from .guards import compile_guards
from .later import method_of
from .model import DEADLINE, Field, StateDefinition, Timeout, WorkflowDefinition
from .names import identifier
from .types import python_type

Methods = Mapping[str, Callable[..., bool]]


def build(
    workflow: WorkflowDefinition,
    definitions: Definitions,
    *,
    origin: str = "<text>",
    guards: Methods | None = None,
    actions: Sequence[Source] = (),
    migrations: Sequence[Migration] = (),
) -> type[DocumentWorkflow]:
    """Make the class of a workflow that a document describes.

    Arguments:
        workflow: the workflow; what it names must be there, which loaders have made sure of.
        definitions: what is loaded with it.
        origin: the file's path; a class made anew from the same one takes the place of the former.
        guards: its guards as `compile_guards` gives them; compiled here when left out.
        actions: where to look the functions of its actions up, before all else.
        migrations: how what older versions have stored becomes one of this version.

    Returns:
        the class, known under the workflow's name as any other.

    Raises:
        BadDefinition: it can't be a workflow; says why.
    """
    if guards is None:
        guards, _ = compile_guards(workflow.guards, workflow.context)
    taken = {state.name for state in workflow.walk()}
    taken |= {e for s in workflow.walk() for t in s.transitions for e in t.events}
    taken.add(DEADLINE)
    named = _Names(taken)
    guard_names = {name: named.give("guard", name) for name in guards}
    action_names = {name: named.give("action", name) for name in workflow.actions()}
    # A guard without an expression is a function, bound as actions are.
    bound = {
        g: action_names.get(g) or named.give("guard", g) for g in workflow.guards.keys() - guards
    }
    guard_names |= bound
    free = {**bound, **{n: a for n, a in action_names.items() if n not in workflow.later}}
    events = {e for s in workflow.walk() for t in s.transitions for e in t.events}
    checks = {
        name: validator(contract)
        for name, contract in workflow.contracts.items()
        if contract.input and name in events
    }
    outputs = {n: Checks(one).output for n, one in workflow.contracts.items() if one.output}
    validators = {name: named.give("contract", name) for name in checks}
    assembly = _Assembly(workflow, guard_names, action_names, validators)
    namespace: dict[str, Any] = {
        "__module__": origin,
        # As for a class made within a function: two files may use one name.
        "__qualname__": f"load_definitions.<locals>.{workflow.name}",
        "__doc__": workflow.description or None,
        "workflow_name": workflow.name,
        "version": workflow.version,
        "definition": workflow,
        "definitions": definitions,
        "definition_facts": facts_of(workflow),
        "_notes": {
            state.name: f"agents: {', '.join(state.agents)}"
            for state in workflow.walk()
            if state.agents and not state.states
        },
        "_sources": tuple(actions),
        "_answers": {name: check for name, check in outputs.items() if name in events},
        "_results": {name: check for name, check in outputs.items() if name in action_names},
        "_attributes": free,
        **{guard_names[name]: method for name, method in guards.items()},
        **dict.fromkeys(free.values(), unbound),
        **{action_names[name]: method_of(one) for name, one in workflow.later.items()},
        # What a guard takes is settled when the class is made.
        **{bound[name]: as_method(f) for name, f in find_actions(bound, actions)[0].items()},
        **{attribute: checks[name] for name, attribute in validators.items()},
        **{f"migration_{number}": way for number, way in enumerate(migrations)},
        **assembly.top,
    }
    if workflow.deadline is not None:
        namespace["deadline"] = after(workflow.deadline.seconds, workflow.deadline_event)
    if workflow.context is not None:
        namespace["Context"] = context_type(workflow.name, workflow.context)
    made: Any = ChartMeta(workflow.name, (DocumentWorkflow,), namespace)
    return cast(type[DocumentWorkflow], made)


def context_type(workflow: str, fields: Mapping[str, Field]) -> type[msgspec.Struct]:
    """Return the type of a context that has these fields."""
    required: list[Any] = []
    optional: list[Any] = []
    for name, field in fields.items():
        python = python_type(field.type, f"{workflow} context {name}")
        if field.default is not msgspec.UNSET:
            default = field.default
            if isinstance(default, list | dict):
                default = msgspec.field(default_factory=_copies(default))
            optional.append((name, python, default))
        elif field.type.kind == "optional":
            optional.append((name, python, None))
        else:
            required.append((name, python))
    return msgspec.defstruct("Context", [*required, *optional], kw_only=True)


def _copies(default: Any) -> Callable[[], Any]:
    encoded = msgspec.json.encode(default)
    return lambda: msgspec.json.decode(encoded)


def _after(timeout: Timeout | None) -> After | None:
    if timeout is None:
        return None
    if timeout.target is not None:
        return after(timeout.seconds, target=timeout.target)
    return after(timeout.seconds, timeout.event)


class _Names:
    """Gives attributes of the class names that nothing else in it has."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def give(self, prefix: str, name: str) -> str:
        wanted = candidate = f"{prefix}_{identifier(name)}"[:120]
        number = 1
        while candidate in self._taken:
            number += 1
            candidate = f"{wanted}_{number}"
        self._taken.add(candidate)
        return candidate


class _Assembly:
    """Makes the states of a workflow, then the transitions between them."""

    def __init__(
        self,
        workflow: WorkflowDefinition,
        guards: Mapping[str, str],
        actions: Mapping[str, str],
        validators: Mapping[str, str],
    ) -> None:
        self._guards = guards
        self._actions = actions
        self._validators = validators
        self._states: dict[str, Any] = {}
        self.top = {
            state.name: self._make(state, state.name == workflow.initial)
            for state in workflow.states
        }
        for state in workflow.walk():
            self._connect(state)
        if workflow.deadline is not None and workflow.deadline.target is not None:
            late = self._states[workflow.deadline.target]
            for state in workflow.states:
                if state.kind != "final" and state.name != workflow.deadline.target:
                    source = self._states[state.name]
                    add_transition(source, [late], events=[workflow.deadline_event])

    def _make(self, state: StateDefinition, initial: bool) -> Any:
        inner = [self._make(child, child.name == state.initial) for child in state.states]
        made = make_state(
            state.name,
            kind=state.kind,
            title=state.title,
            initial=initial,
            inner=inner,
            enter=[self._actions[name] for name in state.enter],
            exit=[self._actions[name] for name in state.exit],
            timeout=_after(state.timeout),
        )
        self._states[state.name] = made
        return made

    def _connect(self, state: StateDefinition) -> None:
        for transition in state.transitions:
            contracts = [e for e in transition.events if e in self._validators]
            add_transition(
                self._states[state.name],
                [self._states[name] for name in transition.targets],
                events=transition.events,
                validators=[self._validators[event] for event in contracts],
                guards=[self._guards[name] for name in transition.guards],
                actions=[self._actions[name] for name in transition.actions],
                internal=transition.internal,
            )
