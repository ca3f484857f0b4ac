"""The context of a workflow that has another one for a state: the fields of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..persistence.annotated import annotated
from ..persistence.codec import CodecError, ContextCodec
from ..persistence.errors import BadDefinition
from .charts import nested_in

if TYPE_CHECKING:
    from .workflow import Workflow


def nested_context(workflow: type[Workflow], where: str) -> Any:
    """Return the type of the context: the declared one, or that of what is nested.

    Arguments:
        workflow: the class that has another one for a state.
        where: what to call it in errors.

    Raises:
        BadDefinition: it lacks fields of what is nested, or a field has two meanings.
    """
    nested: dict[Any, type[Workflow]] = {}
    for one in nested_in(workflow).values():
        nested.setdefault(one.Context, one)
    declared = workflow.Context
    if not nested:
        return declared
    if declared is None and len(nested) == 1:
        return next(iter(nested))
    names = ", ".join(f"{one.__name__}.Context" for one in nested.values())
    meaning: dict[str, str] = {}
    for context, one in nested.items():
        fields = one.codec.fields
        if fields is None or declared is None:
            raise BadDefinition(
                f"{where}: its context and that of {one.__name__} are one, so both have a type or "
                f"none has; declare `class Context({names})`."
            )
        for field in fields:
            if field in meaning:
                raise BadDefinition(
                    f"{where}: {meaning[field]} and {one.__name__} both have a context field "
                    f"{field!r}; rename one of them."
                )
            meaning[field] = one.__name__
        inherits = declared is not context and issubclass(declared, context)
        if inherits and (again := sorted(annotated(declared).keys() & {*fields})):
            raise BadDefinition(
                f"{where}: its Context has a field {again[0]!r}, and so has that of "
                f"{one.__name__}; rename one of them."
            )
    return declared


def codec_of(workflow: type[Workflow], where: str) -> ContextCodec:
    """Return the codec of a class's context.

    Raises:
        BadDefinition: it can't be kept, or lacks a field of what is nested.
    """
    try:
        codec = ContextCodec.of(workflow.Context)
    except CodecError as error:
        raise BadDefinition(f"{where}: its Context can't be kept: {error}") from error
    for one in nested_in(workflow).values():
        there = codec.fields or ()
        if missing := [field for field in one.codec.fields or () if field not in there]:
            raise BadDefinition(
                f"{where}: its Context has no field {missing[0]!r}, which {one.__name__} needs; "
                f"declare `class Context({one.__name__}.Context)`."
            )
    return codec
