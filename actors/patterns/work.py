"""A piece of work that a pattern has done: by an activity, or by a child."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...persistence.codec import CodecError
from ...persistence.errors import BadDefinition
from ..activities.declared import activity_of
from ..workflow import Workflow

Work = Callable[..., Any] | type[Workflow]
"""A function declared with `@activity`, or a class of workflows."""


def name_of(work: Work) -> str:
    """Return the name under which work is stored.

    Raises:
        UnknownActivity: it is neither a workflow nor an activity.
    """
    if isinstance(work, type) and issubclass(work, Workflow):
        return work.workflow_name
    return activity_of(work).name


def begin(workflow: Workflow, work: Work, name: str, given: Any, *, done: str, failed: str) -> None:
    """Have a piece of work begin with the present step.

    Arguments:
        workflow: who has it done.
        work: what is to be done.
        name: what the workflow calls it.
        given: what an activity is called with, as its one argument. A child gets it as `input` if
            its context has that field; or else it has the fields of its context, or is its `item`.
        done: the event for its result.
        failed: the event for its failure; also when it can't begin with what it is given.
    """
    try:
        if isinstance(work, type) and issubclass(work, Workflow):
            given = _context(work, given)
            workflow.start_child(work, context=given, name=name, done=done, failed=failed)
        else:
            workflow.start_activity(work, given, name=name, done=done, failed=failed)
    except (CodecError, TypeError) as error:
        # What it is given does not fit: raised, that would undo the report that has led here, and
        # the workflow would wait for ever.
        told = {"type": type(error).__name__, "message": str(error)}
        workflow.send(failed, error=told, name=name)


def _context(work: type[Workflow], given: Any) -> Any:
    if "input" in (work.codec.fields or ()):
        return {"input": given}
    if given is None or isinstance(given, Mapping):
        return given
    return {"item": given}


def described(error: Mapping[str, str]) -> str:
    """Return a failure as one line."""
    return f"{error['type']}: {error['message']}"


def work_of(cls: type[Workflow], attribute: str) -> Work:
    """Return the work that a pattern's class says it has done.

    Raises:
        BadDefinition: it says none.
    """
    work: Work | None = vars_of(cls).get(attribute)
    if work is None:
        raise BadDefinition(
            f"{cls.__module__}.{cls.__qualname__} has no {attribute!r}; say which activity or "
            f"workflow that is, as `{attribute} = …` in the class."
        )
    return work


def vars_of(cls: type) -> dict[str, Any]:
    """Return the attributes of a class and its bases as they are: functions are not bound."""
    return {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}
