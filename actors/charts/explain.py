"""The compiled tables of a chart class, for a person to read."""

# python-statemachine is typed only in part, and its untyped parts are called here.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from statemachine import StateChart
from statemachine.callbacks import CallbacksRegistry
from statemachine.transition import Transition

from .binding import Binding, Calls, Script, binding_of
from .callbacks import Call, SignatureCall
from .chart import CompiledChart, configuration_of, furnish
from .tables import Configuration, Tables, tables_of

_MOST_SHOWN = 200


def explain(cls: type[StateChart[Any]]) -> str:
    """What the compiler made of a class: each configuration, and what each event does there.

    Args:
        cls: The chart class.

    Returns:
        Text. Its last part is the list of what is left to the stock library, and why.

    Example:
        >>> print(explain(Door))
        Door: 2 states, 2 transitions
        [shut], where it starts
          push: shut -> [open]
        [open]
          push: open -> [shut]
        Everything is compiled.
    """
    binding = _binding(cls)
    tables = binding.tables
    transitions = {id(t) for state in tables.states.values() for t in state.transitions}
    lines = [f"{cls.__name__}: {len(tables.states)} states, {len(transitions)} transitions"]
    seen = _reachable(cls, tables)
    for index, configuration in enumerate(seen):
        start = ", where it starts" if index == 0 else ""
        lines.append(f"[{_names(configuration)}]{start}")
        for event in (None, *_events(configuration)):
            lines += _row(binding, configuration, event)
    if len(seen) >= _MOST_SHOWN:
        lines.append(f"… and more: {_MOST_SHOWN} configurations are shown.")
    left = _left_to_stock(cls, binding)
    lines += ["Left to the stock library:", *(f"  {reason}" for reason in left)] if left else []
    return "\n".join(lines if left else [*lines, "Everything is compiled."])


def falls_back(cls: type[StateChart[Any]]) -> list[str]:
    """What of a class is left to the stock library, and why: empty when nothing is.

    Args:
        cls: The chart class.
    """
    return _left_to_stock(cls, _binding(cls))


def _binding(cls: type[StateChart[Any]]) -> Binding:
    """The binding of an instance that is never started."""
    chart = cls.__new__(cls)
    furnish(chart)
    if not isinstance(chart, CompiledChart):
        chart._config = configuration_of(chart)
        chart._callbacks = CallbacksRegistry()
        chart._register_callbacks([])
        return Binding(tables_of(chart), chart)
    return binding_of(chart)


def _reachable(cls: type[StateChart[Any]], tables: Tables) -> list[Configuration]:
    """Configurations in the order in which events can lead to them, guards aside."""
    values = list(cls.start_configuration_values)
    initial = [cls.states_map[value] for value in values]
    if not initial and cls.initial_state is not None:
        initial = [cls.initial_state]
    seen = [tables.initial(initial).arrives]
    for configuration in seen:
        for event in (None, *_events(configuration)):
            for enabled in _choices(tables, configuration, event):
                found = configuration.plan(enabled, {}).arrives
                if found not in seen and len(seen) < _MOST_SHOWN:
                    seen.append(found)
    return seen


def _events(configuration: Configuration) -> list[str]:
    """The events that some active state has a transition for."""
    found: dict[str, None] = {}
    for state in configuration.states:
        for transition in state.transitions:
            found.update(dict.fromkeys(str(event) for event in transition.events))
    return list(found)


def _choices(
    tables: Tables, configuration: Configuration, event: str | None
) -> Iterator[tuple[Transition, ...]]:
    """What an event may take: all regions' first choices together, and each other one alone."""
    tries = [tables.candidates(state, event) for state in configuration.atomic]
    first = tuple(dict.fromkeys(choices[0] for choices in tries if choices))
    if first:
        yield first
    if len(first) > 1:
        yield from ((transition,) for transition in first)
    rest = dict.fromkeys(t for choices in tries for t in choices if t not in first)
    yield from ((transition,) for transition in rest)


def _row(binding: Binding, configuration: Configuration, event: str | None) -> list[str]:
    lines: list[str] = []
    row = binding.row(configuration, event)
    shown: dict[int, None] = {}
    for tries in row.asks:
        for guarded in tries:
            if guarded.key in shown:
                continue
            shown[guarded.key] = None
            plan = configuration.plan((guarded.transition,), {})
            asked = _calls(guarded.validators + guarded.guards)
            guard = f" if {asked}" if asked else ""
            lines.append(
                f"  {event or '(no event)'}: {guarded.transition.source.id}{guard} -> "
                f"[{_names(plan.arrives)}]"
            )
            lines += [f"    {did}" for did in _told(binding.scripted(plan, event))]
    if row.fixed is not None and len(row.fixed) > 1:
        together = configuration.plan(row.fixed, {})
        lines.append(f"  {event}: all of these at once -> [{_names(together.arrives)}]")
    return lines


def _told(script: Script) -> Iterator[str]:
    """The calls of a microstep, in the order in which they are made."""
    for action in script.before:
        yield f"before: {_calls(action.calls)}"
    for leave in script.leave:
        if leave.calls:
            yield f"leaving {leave.state.id}: {_calls(leave.calls)}"
    for action in script.on:
        yield f"on: {_calls(action.calls)}"
    for enter in script.enter:
        if enter.calls or enter.initial:
            yield f"entering {enter.state.id}: {_calls(enter.calls + enter.initial)}"
    for action in script.after:
        yield f"after: {_calls(action.calls)}"


def _calls(calls: Calls) -> str:
    return ", ".join(("not " if call.unless else "") + _signature(call) for call in calls)


def _signature(call: Call) -> str:
    if isinstance(call, SignatureCall):
        return f"{call.label}({', '.join(map(str, call.signature.parameters))})"
    return call.label


def _names(configuration: Configuration) -> str:
    return ", ".join(configuration.tables.names[value] for value in configuration.values)


def _left_to_stock(cls: type[StateChart[Any]], binding: Binding) -> list[str]:
    reasons = [
        f"{call.label}: {why}" for call in binding.every_call() if (why := call.left_to_stock())
    ]
    if binding.prepare:
        reasons.append("prepare_event: what it adds is only known when it is called")
    if binding.invokes:
        reasons.append("invocations: they run in the stock library's threads and tasks")
    if binding.asynchronous:
        reasons.append("coroutines: the stock library's loop hands out and awaits their futures")
    reasons += [
        f"event {event}: it has a delay, which the stock queue waits for"
        for event in sorted(binding.tables.delayed)
    ]
    return list(dict.fromkeys(reasons))
