"""The fingerprint of a workflow's class, and what differs between two of them."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from ..persistence.annotated import annotated
from .charts import OUTER, delays_of, describe_states, describe_transitions
from .workflow import Workflow


class Fingerprint(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of a class decides how its stored workflows go on; the code of actions is not in it.

    It is kept as it is and not as a hash, so that what differs can be named.

    Attributes:
        states: what each state is, by its id.
        transitions: those that start from each state, in their order.
        context: the type of each field of the context, and of the types that it is made of.
        facts: what else the class says decides it.
    """

    states: dict[str, str]
    transitions: dict[str, list[str]]
    context: dict[str, str]
    facts: Mapping[str, str] = {}


_decode = msgspec.json.Decoder(Fingerprint).decode
_encode = msgspec.json.Encoder(order="sorted").encode


def fingerprint(workflow: type[Workflow]) -> bytes:
    """Return a class's fingerprint as JSON."""
    codec = workflow.codec
    context = {} if codec.fields is None else _fields(codec.type, "", set())
    states, transitions = describe_states(workflow), describe_transitions(workflow)
    delays = {f"the delay of event {e}": f"{ms:g} ms" for e, ms in delays_of(workflow).items()}
    facts = {**workflow.definition_facts, **delays}
    return _encode(Fingerprint(states, transitions, context, facts))


def states_in(definition: bytes) -> Collection[str]:
    """Return the ids of the states that a fingerprint is of; none if it can't be read."""
    try:
        return _decode(definition).states
    except msgspec.MsgspecError:
        return ()


def around_others(definition: bytes) -> Collection[str]:
    """Return the ids of those states of a fingerprint that have states within them."""
    try:
        described = _decode(definition).states
    except msgspec.MsgspecError:
        return ()
    return [name for name, text in described.items() if text.startswith(OUTER)]


def differences(before: bytes, after: bytes) -> list[str]:
    """Return what differs between two fingerprints, a clause each."""
    try:
        was = _decode(before)
    except msgspec.MsgspecError:
        return ["what was stored of it can't be read"]
    now = _decode(after)
    return [
        *_items("state", was.states, now.states),
        *_transitions(was.transitions, now.transitions),
        *_items("context field", was.context, now.context),
        *_facts(was.facts, now.facts),
    ]


def _items(what: str, was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in {**was, **now}:
        if name not in now:
            yield f"{what} {name!r} is gone"
        elif name not in was:
            yield f"{what} {name!r} is new"
        elif was[name] != now[name]:
            yield f"{what} {name!r} was {was[name]}, and is {now[name]}"


def _facts(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in {**was, **now}:
        if name not in now:
            yield f"{name} is gone"
        elif name not in was:
            yield f"{name} is new"
        elif was[name] != now[name]:
            yield f"{name} was {was[name]!r}, and is {now[name]!r}"


def _transitions(was: Mapping[str, list[str]], now: Mapping[str, list[str]]) -> Iterator[str]:
    for state in was:
        if state not in now or was[state] == now[state]:
            continue
        gone = [text for text in was[state] if text not in now[state]]
        new = [text for text in now[state] if text not in was[state]]
        yield from (f"transition {state}: {text} is gone" for text in gone)
        yield from (f"transition {state}: {text} is new" for text in new)
        if not gone and not new:
            yield f"the transitions of {state!r} are tried in another order"


def _fields(cls: type[Any], prefix: str, seen: set[type[Any]]) -> dict[str, str]:
    """Return the types of a class's fields, and of those of the classes they are made of."""
    seen.add(cls)
    try:
        hints: Mapping[str, Any] = get_type_hints(cls, include_extras=True)
    except NameError:
        hints = annotated(cls)
    found: dict[str, str] = {}
    for name in _names(cls):
        hint = hints.get(name, Any)
        found[f"{prefix}{name}"] = _text(hint)
        for part in _parts(hint):
            if part not in seen:
                found |= _fields(part, f"{part.__name__}.", seen)
    return found


def _names(cls: Any) -> list[str]:
    if hasattr(cls, "__pydantic_fields__"):
        return list(cls.__pydantic_fields__)
    if dataclasses.is_dataclass(cls):
        return [field.name for field in dataclasses.fields(cls)]
    return list(getattr(cls, "__struct_fields__", ()))


def _parts(hint: Any) -> Iterator[Any]:
    if isinstance(hint, type):
        yield hint
    for inner in get_args(hint):
        yield from _parts(inner)


def _text(hint: Any) -> str:
    """Return a type as text that is the same under every version of Python."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _text(inner[0])
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, inner))}]"
    if origin in (Union, types.UnionType):
        return " | ".join(sorted(map(_text, inner)))
    if origin is not None:
        return f"{origin.__name__}[{', '.join(map(_text, inner))}]"
    if hint is types.NoneType:
        return "None"
    if hint is ...:
        return "..."
    return hint if isinstance(hint, str) else str(getattr(hint, "__name__", hint))
