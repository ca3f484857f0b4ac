"""What an event is answered with, when it is taken and when it is asked about again."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..persistence.codec import CodecError, decode_json, encode_json
from ..persistence.errors import (
    HandlerFailed,
    InvalidTransition,
    SerializationFailed,
    UnknownEvent,
    WorkflowError,
)
from ..persistence.records import Entry, Kind, MessageKind
from .charts import RESERVED, asked, leaves, offered
from .children.joining import CANCEL
from .messages import Deliver
from .position import Position
from .stepping import CREATED
from .workflow import Workflow

_MOST = 12
"""Events that a refusal names at the most."""


def unwelcome(
    message: Deliver, position: Position, workflow: type[Workflow]
) -> WorkflowError | None:
    """Return why an event is refused without asking the chart, or None."""
    workflow_id = position.record.id
    events = workflow.public_events()
    if (came := message.message) is not None and came.name is not None:
        events = workflow._all_events  # the system's own: what a chart gives itself among them
    # An activity or a child reports what the chart had a transition for when it was started.
    report = came is not None and came.kind in (MessageKind.ACTIVITY, MessageKind.CHILD)
    if message.event not in events and not report and message.event != CANCEL:
        known = ", ".join(sorted(workflow.public_events()))
        return UnknownEvent(
            f"Workflow {workflow_id!r} has no event {message.event!r}; "
            f"{workflow.workflow_name} takes {known}.",
            workflow_id=workflow_id,
            event=message.event,
        )
    if position.record.finished:
        return refusal(message, position, workflow)
    return None


def refusal(message: Deliver, position: Position, workflow: type[Workflow]) -> InvalidTransition:
    """Return the error for an event that the workflow's state does not allow.

    Arguments:
        message: the event.
        position: where the workflow stands.
        workflow: its class.
    """
    record = position.record
    where = "+".join(leaves(workflow, record.configuration) or record.configuration)
    ways = [] if record.finished else asked(workflow, record.configuration, message.event)
    return InvalidTransition(
        f"Workflow {record.id!r} has finished in {where!r} and takes no more events, not "
        f"{message.event!r} either."
        if record.finished
        else f"Workflow {record.id!r} can't take event {message.event!r} in {where!r}{_no(ways)}"
        f"{_others(workflow, record.configuration, message.event)}.",
        workflow_id=record.id,
        event=message.event,
        configuration=record.configuration,
        finished=record.finished,
        guards=tuple(dict.fromkeys(guard for way in ways for guard in way)),
    )


def _no(ways: list[list[str]]) -> str:
    if not ways:
        return ""
    needs = ", or ".join(dict.fromkeys(" and ".join(map(repr, way)) for way in ways))
    one = len(ways) == len(ways[0]) == 1
    return (
        f": its guard {needs} says no" if one else f": its guards say no; the event needs {needs}"
    )


@lru_cache(maxsize=10_000)
def _others(workflow: type[Workflow], configuration: tuple[str, ...], refused: str) -> str:
    """Return how a sentence ends: with the events that some states take instead of one."""
    public = workflow.public_events()
    taken = [e for e in offered(workflow, configuration) if e in public and e != refused]
    more = f" and {len(taken) - _MOST} more" if len(taken) > _MOST else ""
    return f"; it takes {', '.join(taken[:_MOST])}{more} there" if taken else ""


def recorded_outcome(workflow_id: str, entry: Entry) -> tuple[Any, Exception | None]:
    """Return the value, or the error, that an entry of the history was answered with."""
    if entry.kind is Kind.CREATED and entry.event == CREATED:
        return workflow_id, None
    if entry.error is None:
        return (decode_json(entry.result) if entry.result else None), None
    error = decode_json(entry.error)
    name, message = error["type"], error["message"]
    if name == "UnknownEvent":
        return None, UnknownEvent(message, workflow_id=workflow_id, event=entry.event)
    if name == "SerializationFailed":
        return None, SerializationFailed(message, workflow_id=workflow_id)
    if entry.kind is Kind.REFUSED:
        return None, InvalidTransition(
            message, workflow_id=workflow_id, event=entry.event, configuration=entry.source
        )
    return None, HandlerFailed(message, workflow_id=workflow_id, event=entry.event, error_type=name)


def event_data(message: Deliver, workflow: type[Workflow], workflow_id: str) -> bytes | None:
    """Return an event's data as JSON, or None when it has none.

    Raises:
        SerializationFailed: it can't be written as JSON, or has a name that callbacks get from
            the chart, or the workflow does not let it be stored.
    """
    if message.message is not None:
        return message.message.data
    if not message.data:
        return None
    if not RESERVED.isdisjoint(message.data):
        taken = RESERVED.intersection(message.data)
        raise SerializationFailed(
            f"The data of event {message.event!r} for workflow {workflow_id!r} has a field "
            f"{min(taken)!r}, a name that callbacks get from the chart; call it otherwise.",
            workflow_id=workflow_id,
        )
    try:
        data = encode_json(message.data)
        workflow.check_data(data)
        return data
    except CodecError as error:
        raise SerializationFailed(
            f"The data of event {message.event!r} for workflow {workflow_id!r} can't be kept: "
            f"{error}",
            workflow_id=workflow_id,
        ) from error


def unfit(message: Deliver, workflow: type[Workflow]) -> Exception | None:
    """Return why the workflow does not allow what an activity has returned, or None."""
    came = message.message
    if came is None or came.kind is not MessageKind.ACTIVITY or "result" not in message.data:
        return None
    try:
        workflow.check_result(came.name or "", message.data["result"])
    except Exception as error:
        return error
    return None


def broken(workflow_id: str, event: str, raised: BaseException) -> WorkflowError:
    """Return the error for an event whose step was undone by what a callback raised."""
    if isinstance(raised, SerializationFailed):
        return raised
    failure = HandlerFailed(
        f"Event {event!r} of workflow {workflow_id!r} was undone: "
        f"{type(raised).__name__}: {raised}",
        workflow_id=workflow_id,
        event=event,
        error_type=type(raised).__name__,
    )
    failure.__cause__ = raised
    return failure
