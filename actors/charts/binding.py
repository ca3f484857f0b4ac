"""The tables of a class, with its callbacks bound into them: what the engine runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from statemachine import State, StateChart
from statemachine.callbacks import CallbackWrapper, SpecReference, allways_true
from statemachine.event import Event
from statemachine.graph import iterate_states_and_transitions
from statemachine.model import Model
from statemachine.spec_parser import names_in_boolean_expr
from statemachine.transition import Transition

from .callbacks import Call, compile_callback, forget_signatures
from .moment import MOMENTARY
from .plan import Entry, Plan, Remembered, Transitions
from .tables import Configuration, Tables, tables_of
from .trace import Course

Calls: TypeAlias = tuple[Call, ...]
_MOST_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Guarded:
    """A transition to try: it is enabled when its validators are silent and its guards agree."""

    transition: Transition
    key: int
    validators: Calls
    guards: Calls
    bare: bool


@dataclass(frozen=True, slots=True)
class Row:
    """What an event can enable in a configuration.

    `fixed` is the answer when no guard has a say; otherwise `asks` are the transitions to try,
    in order, for each active atomic state. `scripts` keeps what each answer has led to.
    """

    fixed: Transitions | None
    asks: tuple[tuple[Guarded, ...], ...]
    scripts: dict[Transitions, Script] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Action:
    """The actions of one transition in one phase of a step."""

    key: Any
    transition: Transition
    target: State | None
    calls: Calls
    bare: bool
    """Whether the event and its data are all that the calls ask for."""
    catch: bool
    """Whether their errors may become events, one by one."""


@dataclass(frozen=True, slots=True)
class Leave:
    """A state to leave, with its exit actions."""

    key: Any
    state: State
    transition: Transition
    calls: Calls
    bare: bool


@dataclass(frozen=True, slots=True)
class Enter:
    """A state to enter, with its entry actions."""

    key: Any
    state: State
    transition: Transition
    calls: Calls
    bare: bool
    recorded: bool
    initial: Calls
    content: tuple[Action, ...]
    invokes: bool


@dataclass(frozen=True, slots=True)
class Script:
    """One microstep, ready to run: the plan, and the calls to make along it."""

    plan: Plan
    silent: bool
    """Nothing is called, recorded or raised: only the configuration changes."""
    before: tuple[Action, ...]
    leave: tuple[Leave, ...]
    on: tuple[Action, ...]
    enter: tuple[Enter, ...]
    after: tuple[Action, ...]
    arrives: Configuration
    departs: Configuration | None
    """What is left when the states of the exit set are gone, if nobody is told of each."""
    enters_quietly: bool
    """Whether nothing comes with entering the states but the configuration."""
    tells: bool
    """Whether an action may ask for the configurations before and after the step."""
    brief: Calls | None
    """The calls, if they are all that there is to it beside the change of configuration."""
    course: Course
    """What a trace says of it."""


class Binding:
    """Callbacks bound into the tables of a class.

    Most instances share their class's binding. One is made for a single chart when that has
    listeners, or a model or attributes of its own that take part.
    """

    def __init__(self, tables: Tables, chart: StateChart[Any]) -> None:
        forget_signatures()
        self.tables = tables
        self.listeners = len(chart._listeners)
        self._groups: dict[str, list[tuple[CallbackWrapper, Call]]] = {
            key: [(wrapper, compile_callback(wrapper, chart)) for wrapper in executor]
            for key, executor in chart._callbacks._registry.items()
            if not key.startswith("INVOKE@")
        }
        self._invoked = {key for key in chart._callbacks._registry if key.startswith("INVOKE@")}
        self.prepare = self.calls(tables.cls.prepare.key, None)
        self.portable = all(call.portable for group in self._groups.values() for _, call in group)
        self.asynchronous = chart._callbacks.has_async_callbacks
        self.brief: dict[tuple[Configuration, str | None], Script] = {}
        """What an event does when nobody has a say, and nothing but the event is told of."""
        self.certain: dict[tuple[Configuration, str | None], Script] = {}
        """What an event does when nobody has a say."""
        self._rows: dict[tuple[Configuration, str | None], Row] = {}
        self._scripts: dict[tuple[int, str | None], Script] = {}

    @property
    def invokes(self) -> bool:
        """Whether any state has invocations."""
        return bool(self._invoked)

    def every_call(self) -> list[Call]:
        """All callbacks of the class."""
        return [call for group in self._groups.values() for _, call in group]

    def calls(self, key: str, event: str | None) -> Calls:
        """The callbacks of one group, without those that belong to another event."""
        return tuple(call for wrapper, call in self._groups.get(key, ()) if _heeds(wrapper, event))

    def row(self, configuration: Configuration, event: str | None) -> Row:
        """What this event can enable here (None: what is taken without an event)."""
        found = self._rows.get((configuration, event))
        if found is None:
            if len(self._rows) >= _MOST_ROWS:
                self._rows.clear()
            found = self._rows[configuration, event] = self._row(configuration, event)
        return found

    def settle(self, configuration: Configuration, event: str | None, script: Script) -> None:
        """Remember a step that always follows; a brief one for the engine's shortest path."""
        if script.plan.depends:
            return
        if len(self.certain) >= _MOST_ROWS:
            self.certain.clear()
            self.brief.clear()
        self.certain[configuration, event] = script
        settled = not (configuration.eventless or script.arrives.eventless)
        if script.brief is not None and settled:
            self.brief[configuration, event] = script

    def _row(self, configuration: Configuration, event: str | None) -> Row:
        asks = []
        fixed: list[Transition] | None = []
        for state in configuration.atomic:
            tries: list[Guarded] = []
            for transition in self.tables.candidates(state, event):
                validators = self.calls(transition.validators.key, event)
                guards = self.calls(transition.cond.key, event)
                guarded = Guarded(
                    transition, id(transition), validators, guards, self._bare(validators + guards)
                )
                tries.append(guarded)
                if not (guarded.validators or guarded.guards):
                    break  # always enabled: those after it are never tried
            asks.append(tuple(tries))
            if tries and (self.prepare or tries[0].validators or tries[0].guards):
                fixed = None
            elif tries and fixed is not None and tries[0].transition not in fixed:
                fixed.append(tries[0].transition)
        return Row(None if fixed is None else tuple(fixed), tuple(asks))

    def script(
        self,
        configuration: Configuration,
        enabled: Transitions,
        event: str | None,
        remembered: Remembered,
    ) -> Script:
        """The microstep that takes these transitions."""
        return self.scripted(configuration.plan(enabled, remembered), event)

    def scripted(self, plan: Plan, event: str | None) -> Script:
        """The plan with its calls."""
        found = self._scripts.get((id(plan), event))
        if found is None or found.plan is not plan:
            if len(self._scripts) >= _MOST_ROWS:
                self._scripts.clear()
            found = self._scripts[id(plan), event] = self._script(plan, event)
        return found

    def _script(self, plan: Plan, event: str | None) -> Script:
        taken = plan.transitions
        before = self._actions(taken, "before", event)
        on = self._actions(taken, "on", event)
        after = self._actions(taken, "after", event)
        leave = tuple(self._leave(exit.state, exit.transition, event) for exit in plan.exits)
        enter = tuple(self._enter(entry, taken, event) for entry in plan.entries)
        parts: tuple[Action | Leave | Enter, ...] = (*before, *on, *after, *leave, *enter)
        calls = any(part.calls for part in parts)
        more = any(e.initial or e.content or e.invokes or e.state.final for e in enter)
        told = bool(self.prepare or self._invoked)
        silent = not (calls or more or told or plan.records)
        rest = None
        if not told and not any(step.calls for step in leave):
            rest = plan.origin
            for step in leave:
                rest = rest.less(step.state)
        quietly = not (told or more or any(step.calls for step in enter))
        tells = any(not act.bare for act in on) or any(e.content for e in enter)
        brief = None
        if quietly and rest is not None and not (before or after or tells or plan.records):
            brief = tuple(call for action in on for call in action.calls)
        ends = plan.arrives, rest, quietly, tells, brief, Course.of(plan, event)
        return Script(plan, silent, before, leave, on, enter, after, *ends)

    def _actions(
        self, transitions: Transitions, phase: str, event: str | None
    ) -> tuple[Action, ...]:
        actions = []
        for transition in transitions:
            calls = self.calls(getattr(transition, phase).key, event)
            bare = self._bare(calls)
            target = transition.target if phase == "after" else None
            # Without a target, `after` is told what `on` was: see `Moment`.
            shares = not transition.targets and phase != "before"
            if phase == "on" and shares:
                bare = bare and self._bare(self.calls(transition.after.key, event))
            if calls or not bare:
                key = (id(transition), id(target), "in") if target else id(transition)
                catch = phase == "on" or shares
                actions.append(Action(key, transition, target, calls, bare, catch))
        return tuple(actions)

    def _leave(self, state: State, transition: Transition, event: str | None) -> Leave:
        calls = self.calls(state.exit.key, event)
        key = (id(transition), id(state), "out")
        return Leave(key, state, transition, calls, self._bare(calls))

    def _enter(self, entry: Entry, taken: Transitions, event: str | None) -> Enter:
        state = entry.state
        calls = self.calls(state.enter.key, event)
        initial = self.calls(entry.initial.on.key, event) if entry.initial else ()
        content = self._actions(entry.content, "on", event)
        return Enter(
            key=(id(entry.transition), id(state), "again" if entry.recorded else "in"),
            state=state,
            transition=entry.transition,
            calls=calls,
            bare=self._bare(calls + initial),
            recorded=entry.recorded,
            initial=initial,
            content=tuple(replace(act, catch=act.transition in taken) for act in content),
            invokes=state.invoke.key in self._invoked,
        )

    def _bare(self, calls: Calls) -> bool:
        names = [call.names() for call in calls]
        return not self.prepare and not any(n is None or n & MOMENTARY for n in names)


def binding_of(chart: StateChart[Any]) -> Binding:
    """The binding for this chart: that of its class, where nothing sets the chart apart."""
    tables = tables_of(chart)
    if chart._listeners or not stands_alone(tables, chart):
        return Binding(tables, chart)
    shared = shared_binding(tables)
    if shared is None:
        shared = Binding(tables, chart)
        if shared.portable:
            vars(tables)["_shared"] = shared
    return shared


def shared_binding(tables: Tables) -> Binding | None:
    """The binding that a class's plain instances share, once one of them has been made."""
    shared: Binding | None = vars(tables).get("_shared")
    return shared


def stands_alone(tables: Tables, chart: StateChart[Any]) -> bool:
    """Whether only the chart's class says what its callbacks are."""
    names = vars(tables).get("_names")
    if names is None:
        names = vars(tables)["_names"] = frozenset(callback_names(tables.cls))
    model = chart.model
    return type(model) is Model and names.isdisjoint(vars(model)) and names.isdisjoint(vars(chart))


def callback_names(cls: type[StateChart[Any]]) -> Iterable[str]:
    """Every name under which the class looks for a callback."""
    lists = [
        cls._specs,
        *(visited._specs for visited in iterate_states_and_transitions(cls.states)),
    ]
    for specs in lists:
        for spec in specs:
            if spec.may_contain_boolean_expression:
                yield from names_in_boolean_expr(spec.attr_name)
            elif spec.reference is SpecReference.NAME:
                yield spec.attr_name
            else:
                yield from (spec.attr_name, spec.lookup_name)


def _heeds(wrapper: CallbackWrapper, event: str | None) -> bool:
    """Whether the callback is called for this event; `before_pay` is, for `pay` alone."""
    if wrapper.condition is allways_true:
        return True
    own = getattr(wrapper.condition, "__self__", None)
    if not isinstance(own, Event):
        raise TypeError(
            f"Callback {wrapper} has a condition that is not its event: {wrapper.condition!r}."
        )
    return own == event
