"""Guards: expressions in CEL over the context and the event, checked when they are loaded."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from inspect import Parameter, Signature
from typing import Any

import msgspec

from ...persistence.errors import BadDefinition
from ..charts import RESERVED
from .expression import ROOTS, Uses, tokens_of, too_large, uses
from .faults import GuardFailed
from .guard_types import misuses, states_of_patterns, type_environment, works_all_the_same
from .misread import told
from .model import Field
from .names import nearest
from .work import MOST_WORK, Work, extent

_LONGEST = 1_000
_MOST_PARTS = 20_000
_MOST_TEXT = 1_000_000
_MOST_LOOPED_PARTS = 5_000
_MOST_LOOPED_TEXT = 100_000


class GuardFault(msgspec.Struct, frozen=True):
    """What is wrong with a guard's expression.

    Attributes:
        guard: the guard's name.
        what: what is wrong, in a sentence.
        offset: where in the expression, from 0.
    """

    guard: str
    what: str
    offset: int = 0


def compile_guards(
    expressions: Mapping[str, str], fields: Mapping[str, Field] | None
) -> tuple[dict[str, Callable[..., bool]], list[GuardFault]]:
    """Compile the guards of a workflow, and find what is wrong with them.

    Arguments:
        expressions: by the guards' names.
        fields: the fields of the context; None when it may have any.

    Returns:
        the methods by the guards' names, without those that are faulty; and the faults.
    """
    if not expressions:
        return {}, []
    faults: list[GuardFault] = []
    asked: dict[str, Uses] = {}
    for name, expression in expressions.items():
        found = _readable(name, expression, fields)
        if isinstance(found, GuardFault):
            faults.append(found)
        else:
            asked[name] = found
    cel = _library()
    declared = dict.fromkeys(ROOTS, cel.Type.DYN)
    for use in asked.values():
        for root, field in use.fields:
            declared[f"{root}.{field}"] = cel.Type.DYN
    environment = cel.NewEnv(variables=declared)
    plain = cel.NewEnv(variables=dict.fromkeys(ROOTS, cel.Type.DYN))
    typed = type_environment(cel, fields) if fields else None
    methods: dict[str, Callable[..., bool]] = {}
    for name, use in asked.items():
        try:
            compiled = (plain if use.plain else environment).compile(use.text)
        except RuntimeError as error:
            faults += _told(name, use.text, str(error), fields or ())
            continue
        wrong = list(misuses(use.text, fields, cel))
        if wrong:
            faults += [GuardFault(name, _sentence(name, what), at) for what, at in wrong]
            continue
        kind = compiled.return_type().name()
        if typed is not None:
            try:
                kind = typed.compile(use.text).return_type().name()
            except RuntimeError as error:
                refused = _told(name, use.text, str(error), fields or (), works_all_the_same)
                if refused:
                    faults += refused
                    continue
        if kind not in ("BOOL", "DYN"):
            what = f"Guard {name!r} gives {_said(kind)}, and must give true or false."
            faults.append(GuardFault(name, what))
            continue
        work = Work.of(tokens_of(use.text), states_of_patterns(use.text, cel))
        methods[name] = _method(name, expressions[name], use, work, compiled.eval)
    return methods, faults


def _sentence(name: str, what: str) -> str:
    end = "" if what.endswith("?") else "."
    return f"Guard {name!r}: {what.rstrip('.')}{end}"


def _library() -> Any:
    try:
        return import_module("cel_expr_python.cel")
    except ImportError as error:
        raise BadDefinition(
            "Guards of documents are expressions in CEL, which the library cel-expr-python "
            "reads; install the extra that brings it: pip install 'repertory[documents]'"
        ) from error


def _readable(name: str, expression: str, fields: Mapping[str, Field] | None) -> Any:
    if not expression.strip():
        return GuardFault(name, f"Guard {name!r} is empty; give it an expression.")
    if len(expression) > _LONGEST:
        what = f"Guard {name!r} is longer than {_LONGEST} characters; have an action work it out."
        return GuardFault(name, what)
    try:
        expression.encode()
    except UnicodeEncodeError:
        return GuardFault(name, f"Guard {name!r} has half a surrogate pair, which is no text.")
    found = uses(expression)
    if found.refused is not None:
        what, at = found.refused
        return GuardFault(name, _sentence(name, what), at)
    for (root, field), at in found.fields.items():
        if root == "event" and field in RESERVED:
            what = f"no event's data may have a field {field!r}"
            return GuardFault(name, _sentence(name, f"{what}; call it otherwise"), at)
        if root == "context" and fields is not None and field not in fields:
            what = f"the context has no field {field!r}{nearest(field, fields)}"
            return GuardFault(name, _sentence(name, what), at)
    return found


def _told(
    name: str,
    text: str,
    error: str,
    fields: Collection[str],
    besides: Callable[[str], bool] | None = None,
) -> list[GuardFault]:
    """Make faults of what the library says of an expression, but for some things."""
    found = [
        GuardFault(name, _sentence(name, what), at)
        for what, at, said in told(text, error, fields)
        if besides is None or not besides(said)
    ]
    if not found and besides is None:
        what = error.partition(": ")[2].partition(" [")[0] or error
        found.append(GuardFault(name, _sentence(name, what)))
    return found[:3]


def _said(kind: str) -> str:
    return {"INT": "a number", "DOUBLE": "a number", "STRING": "text", "LIST": "a list"}.get(
        kind, f"a value of type {kind.lower()}"
    )


def _method(
    name: str, expression: str, use: Uses, work: Work, evaluate: Callable[..., Any]
) -> Callable[..., bool]:
    """Return the method that asks the compiled expression.

    Only the fields that it names are handed over: the library copies what it is given.
    """
    fields = () if use.plain else use.fields
    of_context = tuple((f"context.{f}", f) for root, f in fields if root == "context")
    of_event = tuple((f"event.{f}", f) for root, f in fields if root == "event")
    all_context, all_event = "context" in use.whole, "event" in use.whole
    parts = _MOST_LOOPED_PARTS if use.loops else _MOST_PARTS
    text = _MOST_LOOPED_TEXT if use.loops else _MOST_TEXT
    light = work.light

    def guard(self: Any, **given: Any) -> bool:
        context = self.context
        data: dict[str, Any] = {}
        if of_context:
            if type(context) is dict:
                for full, field in of_context:
                    if field in context:
                        data[full] = context[field]
            else:
                for full, field in of_context:
                    data[full] = getattr(context, field)
        if all_context:
            data["context"] = msgspec.to_builtins(context)
        if given:
            if all_event:
                given = {key: value for key, value in given.items() if key not in RESERVED}
                data["event"] = given
            for full, field in of_event:
                if field in given:
                    data[full] = given[field]
        elif all_event:
            data["event"] = {}
        for full, value in data.items():
            if type(value) not in _SMALL and too_large(value, parts, text):
                raise _failed(f"{full} is too large for a guard; have an action work it out")
        if not light and work.amount(*extent(data)) > MOST_WORK:
            raise _failed("with so much data it is too much work; have an action work it out")
        try:
            result = evaluate(data=data)
            answer = result.value()
            if answer is True or answer is False:
                return answer
            if "Non-CEL value type" in str(answer):
                result = evaluate(data=msgspec.json.decode(msgspec.json.encode(data)))
                answer = result.value()
                if answer is True or answer is False:
                    return answer
        except (RuntimeError, TypeError) as error:
            raise _failed(_stopped(error)) from error
        raise _failed(_why(result))

    def _failed(why: str) -> GuardFailed:
        return GuardFailed(
            f"Guard {name!r} ({expression}) can't be worked out: {why}.",
            guard=name,
            expression=expression,
        )

    if not all_event:
        optional = [Parameter(f, Parameter.KEYWORD_ONLY, default=None) for _, f in of_event]
        guard.__signature__ = Signature(optional)  # type: ignore[attr-defined]  # functions have it
    guard.__name__ = guard.__qualname__ = f"guard {name}"
    guard.__doc__ = expression
    guard.label = name  # type: ignore[attr-defined]  # what diagrams show
    return guard


_SMALL = frozenset((int, float, bool, type(None)))


def _stopped(error: Exception) -> str:
    if "budget" in str(error):
        return "it takes too many steps for a guard; have an action work it out"
    return str(error).partition(" [")[0].rstrip(".")


def _why(result: Any) -> str:
    answer = result.value()
    if result.type().name() != "ERROR":
        return f"it gives {answer!r}, not true or false"
    said = str(answer).partition(": ")[2] or str(answer)
    missing = re.search(r'No value with name "(context|event)\.(\w+)"', said)
    if missing:
        return f"the {missing[1]} has no {missing[2]!r}"
    return said.replace("No matching overloads found :", "types don't match:").rstrip(".")
