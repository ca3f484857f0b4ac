"""What is wrong with a chart class, found before an instance of it runs."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from statemachine import State, StateChart
from statemachine.callbacks import CallbackGroup, CallbackSpec, SpecReference
from statemachine.event import Event
from statemachine.graph import iterate_states, iterate_states_and_transitions
from statemachine.spec_parser import Functions, names_in_boolean_expr
from statemachine.state import AnyState, HistoryState
from statemachine.transition import Transition

from ...persistence.annotated import annotated
from .circles import ASKING, circles
from .misspelt import misspelt
from .moment import CONFIGURATIONS, INJECTED
from .problem import Problem
from .source import Source
from .ways import dead_ends, endless, unreachable

Chart = type[StateChart[Any]]


def check(cls: Chart, known: Collection[str] = ()) -> list[Problem]:
    """Look for what can be known to be wrong with a chart class from the class alone.

    Args:
        cls: The chart class.
        known: Names that guards and actions may use besides the class's own: those of a
            model, of listeners given to instances, or of a context's fields.

    Returns:
        The problems, in the order of the source where that is known; none is a guess.

    Example:
        >>> check(Order)
        []
    """
    if not cls.states:
        return []
    source = Source(cls)
    if lost := [*_leading_nowhere(cls, source)]:
        return lost  # what is looked for beyond them would go through them
    finders = (
        _shared_ids(cls, source),
        unreachable(cls, source),
        dead_ends(cls, source),
        endless(cls, source),
        circles(cls, source),
        _never_taken(cls, source),
        _unknown_names(cls, source, known),
        _hiding_events(cls, source),
        _unprovided(cls, source),
        _misspelt(cls, source),
    )
    problems = list(dict.fromkeys(problem for found in finders for problem in found))
    return sorted(problems, key=lambda problem: problem.line or 0)


def _leading_nowhere(cls: Chart, source: Source) -> Iterator[Problem]:
    """A history state whose default leads to no other state."""
    for state in iterate_states(cls.states):
        if isinstance(state, HistoryState):
            for transition in state.transitions:
                if not transition.targets or state in transition.targets:
                    yield Problem(
                        f"The history state {state.id!r} of {cls.__name__} has a transition that "
                        f"leads to no other state.",
                        state.id,
                        "Name the one that is entered when there is nothing to remember.",
                        *source.of(state.id),
                    )


def _shared_ids(cls: Chart, source: Source) -> Iterator[Problem]:
    by_id: dict[str, list[State]] = defaultdict(list)
    for state in iterate_states(cls.states):
        by_id[state.id].append(state)
    for name, states in by_id.items():
        if len(states) > 1:
            yield Problem(
                f"{len(states)} states of {cls.__name__} have the id {name!r}: callbacks, "
                f"`done.state.{name}` and the history cannot tell them apart.",
                name,
                "Give each a name of its own.",
                *source.of(name),
            )


def _never_taken(cls: Chart, source: Source) -> Iterator[Problem]:
    general = _from_any(cls)
    for state in iterate_states(cls.states):
        if isinstance(state, HistoryState):
            continue
        # By what they are for, so that a state of many transitions is looked through once.
        always: dict[str | None, tuple[int, Transition]] = {}
        for number, transition in enumerate(state.transitions):
            if transition.initial:
                continue
            first = [_first(always, event) for event in _events(transition)]
            before = [earlier for earlier in first if earlier is not None]
            # What is declared for any state may well be overruled by one.
            if len(before) == len(first) and id(transition) not in general:
                yield Problem(
                    f"The transition from {state.id!r} to {_to(transition)} by "
                    f"{transition.event or 'no event'!r} is never taken: the one to "
                    f"{_to(before[0])} comes first and has no guard.",
                    f"{state.id} -> {_to(transition)}",
                    "Give the first a guard, or declare this one before it.",
                    *source.of(*(str(e) for e in transition.events), state.id),
                )
            if not any(s.group in ASKING for s in transition._specs):
                for event in _events(transition):
                    always.setdefault(event, (number, transition))


def _from_any(cls: Chart) -> set[int]:
    """Identities of the transitions that were declared for any state."""
    declared = [t for event in cls._events for t in event._transitions or ()]
    origins = [t.source for t in declared if isinstance(t.source, AnyState)]
    return {id(copy) for origin in origins for copy in origin._copies.values()}


def _events(transition: Transition) -> list[str | None]:
    """Its events, without the `.*` that a descriptor may end with; None when it has none."""
    events = [str(event) for event in transition.events]
    plain = [e if e == "*" else e.removesuffix(".*").removesuffix(".") for e in events]
    return [*plain] or [None]


def _first(
    always: Mapping[str | None, tuple[int, Transition]], event: str | None
) -> Transition | None:
    """The first of these transitions that takes the event."""
    asked: list[str | None] = [event]
    if event is not None:
        parts = event.split(".")
        asked = ["*", "", *(".".join(parts[:end]) for end in range(1, len(parts) + 1))]
    taking = [always[one] for one in asked if one in always]
    return min(taking, key=lambda one: one[0])[1] if taking else None


def _to(transition: Transition) -> str:
    return ", ".join(repr(state.id) for state in transition.targets) or "no state"


def _unknown_names(cls: Chart, source: Source, known: Collection[str]) -> Iterator[Problem]:
    """Names that neither the class, its bases nor its listeners have, nor any method sets."""
    names = {*dir(cls), *known}
    for base in cls.__mro__:
        names.update(annotated(base))
        if base.__module__.partition(".")[0] not in ("statemachine", "builtins", "typing"):
            names |= _assigned(base)
    for listener in cls._class_listeners:
        names.update(dir(listener))
        if not isinstance(listener, type) and callable(listener):
            return  # what a factory makes cannot be known
    names.update(state.id for state in iterate_states(cls.states))
    for part, specs in _specs(cls):
        for spec in specs:
            if spec.is_convention or spec.reference is not SpecReference.NAME:
                continue
            for name in sorted(_asked(spec) - names):
                yield Problem(
                    f"{cls.__name__} has nothing named {name!r}, which {part} uses as "
                    f"{_ROLES[spec.group]}.",
                    name,
                    f"Define a method {name!r}, or correct the name.",
                    *source.mention(name),
                )


def _assigned(base: type) -> frozenset[str]:
    """Names that a class's methods assign; its source is read once, whatever is derived of it."""
    known: frozenset[str] | None = vars(base).get("_assigned_names")
    if known is None:
        known = frozenset(Source(base).assigned())
        type.__setattr__(base, "_assigned_names", known)
    return known


_ROLES = {
    CallbackGroup.COND: "a guard",
    CallbackGroup.VALIDATOR: "a validator",
    CallbackGroup.ENTER: "an entry action",
    CallbackGroup.EXIT: "an exit action",
    CallbackGroup.INVOKE: "an invocation",
    CallbackGroup.PREPARE: "its preparation",
    CallbackGroup.BEFORE: "an action",
    CallbackGroup.ON: "an action",
    CallbackGroup.AFTER: "an action",
}


def _asked(spec: CallbackSpec) -> set[str]:
    if not spec.may_contain_boolean_expression:
        return {spec.attr_name}
    return {n for n in names_in_boolean_expr(spec.attr_name) if n.lower() not in Functions.registry}


def _specs(cls: Chart) -> Iterator[tuple[str, Iterable[CallbackSpec]]]:
    for part in iterate_states_and_transitions(cls.states):
        if isinstance(part, State):
            yield f"state {part.id!r}", part._specs
        else:
            yield f"the transition from {part.source.id!r} to {_to(part)}", part._specs


def _hiding_events(cls: Chart, source: Source) -> Iterator[Problem]:
    for event in cls._events:
        for base in cls.__mro__[1:]:
            hidden = getattr(base, str(event), None) if str(event) in vars(base) else None
            if hidden is None or isinstance(hidden, (Event, State)):
                continue
            yield Problem(
                f"The event {str(event)!r} of {cls.__name__} hides `{base.__name__}.{event}`.",
                str(event),
                "Give the event another name.",
                *source.of(str(event)),
            )
            break


def _misspelt(cls: Chart, source: Source) -> Iterator[Problem]:
    for name, meant in misspelt(cls):
        yield Problem(
            f"{name}() of {cls.__name__} is never called: it is named after nothing there is.",
            name,
            f"Call it {meant}." if meant else "Name it after a state, or otherwise.",
            *source.mention(name),
        )


def _unprovided(cls: Chart, source: Source) -> Iterator[Problem]:
    """Required parameters of what runs on an eventless transition, which has no data at all."""
    if hasattr(cls, "prepare_event") or cls._class_listeners:
        return  # these may provide anything
    for state in iterate_states(cls.states):
        if isinstance(state, HistoryState):
            continue
        for transition in state.transitions:
            if transition.initial or not transition.is_eventless:
                continue
            for spec in transition._specs:
                function = _function(cls, spec)
                told = {*INJECTED, *(CONFIGURATIONS if spec.group is CallbackGroup.ON else ())}
                for name in _required(function) - told if function else ():
                    yield Problem(
                        f"{function.__name__}() of {cls.__name__} needs {name!r}, and nothing "
                        f"provides it: the transition from {state.id!r} to {_to(transition)} is "
                        "taken without an event, so there is no event data.",
                        function.__name__,
                        f"Give {name!r} a default value, or keep what it needs on the chart.",
                        *source.function(function),
                    )


def _function(cls: Chart, spec: CallbackSpec) -> Any:
    """The plain function behind a callback, where there is no doubt which one it is."""
    if spec.reference is SpecReference.CALLABLE:
        return spec.func if inspect.isfunction(spec.func) else None
    if spec.reference is not SpecReference.NAME or not spec.attr_name.isidentifier():
        return None
    if spec.is_convention and spec.cond is not None:
        return None  # it is called for an event
    found = inspect.getattr_static(cls, spec.attr_name, None)
    return found if inspect.isfunction(found) else None


def _required(function: Any) -> set[str]:
    parameters = list(inspect.signature(function).parameters.values())
    if parameters and parameters[0].name == "self":
        del parameters[0]
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {p.name for p in parameters if p.kind in kinds and p.default is p.empty}
