"""Activities that run while a state is active: started on entry, cancelled on exit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from inspect import Parameter, signature
from typing import Any

import msgspec

from ...persistence.errors import UnknownActivity
from ...persistence.records import Message, MessageKind
from ..agenda import Agenda
from ..charts import Invocation, Microstep
from ..pending import Pending
from .call import read_call, start
from .declared import activity, activity_of
from .starting import add


class Invoked(msgspec.Struct, frozen=True):
    """One activity of one state.

    Attributes:
        state: the state's id.
        name: what the workflow calls it.
        function: the function.
        done: the event for its result; "" for none.
        failed: the event for its failure, or None.
    """

    state: str
    name: str
    function: Callable[..., Any]
    done: str
    failed: str | None


def declare_invoked(
    workflow_name: str, invocations: Mapping[str, Invocation]
) -> tuple[Invoked, ...]:
    """Return what the states of a class invoke; functions that are no activities become some.

    Arguments:
        workflow_name: what the class is stored as.
        invocations: what its states invoke, by state.

    Raises:
        BadDefinition: another activity has the name of one.
    """
    found: list[Invoked] = []
    for state, invocation in invocations.items():
        names: set[str] = set()
        for number, function in enumerate(invocation.functions):
            name = f"{state}.{function.__name__}"
            if name in names:
                name += f".{number}"
            names.add(name)
            try:
                activity_of(function)
            except UnknownActivity:
                activity(name=f"{workflow_name}.{name}")(function)
            found.append(Invoked(state, name, function, invocation.done, invocation.failed))
    return tuple(found)


def invoke(
    invoked: Sequence[Invoked],
    chart: Any,
    before: Collection[str],
    after: Collection[str],
    microsteps: Sequence[Microstep],
    data: Mapping[str, Any],
) -> None:
    """Start and cancel what a macrostep has entered and left.

    Arguments:
        invoked: what the class's states invoke.
        chart: the workflow.
        before: the states that were active before it.
        after: those that are active after it.
        microsteps: what it did.
        data: the data of its event.

    Raises:
        TypeError: a parameter of an activity is neither in the data nor in the context.
        CodecError: an argument can't be written as JSON.
    """
    entered = {state for step in microsteps for state in step.course.entered}
    agenda: Agenda = chart._agenda
    for one in invoked:
        if one.state in before and (one.state not in after or one.state in entered):
            agenda.cancel(MessageKind.ACTIVITY, one.name)
        if one.state in after and one.state in entered:
            arguments = dict(_arguments(one, chart, data))
            started = start(
                one.function,
                (),
                arguments,
                name=one.name,
                done=one.done,
                failed=one.failed,
                state=one.state,
            )
            add(agenda, chart.workflow_id, started)


def _arguments(one: Invoked, chart: Any, data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    context = chart.context
    fields: Any = context if isinstance(context, Mapping) else None
    for parameter in signature(one.function).parameters.values():
        name = parameter.name
        if parameter.kind is Parameter.VAR_KEYWORD:
            yield from data.items()
        elif parameter.kind is Parameter.VAR_POSITIONAL:
            continue
        elif name in data:
            yield name, data[name]
        elif fields is not None and name in fields:
            yield name, fields[name]
        elif fields is None and hasattr(context, name):
            yield name, getattr(context, name)
        elif name == "workflow_id":
            yield name, chart.workflow_id
        elif parameter.default is Parameter.empty:
            raise TypeError(
                f"State {one.state!r} invokes {one.function.__name__}(), which needs {name!r}, and "
                f"neither the event nor the context has it."
            )


def left_behind(pending: Pending, configuration: Collection[str]) -> list[Message]:
    """Return the activities among those pending whose state is not active there."""
    return [
        message
        for message in pending.of_kind(MessageKind.ACTIVITY)
        if (state := read_call(message.data).state) is not None and state not in configuration
    ]
