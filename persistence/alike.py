"""Tells whether a context is, to the type, what its bytes decode to.

Python's == takes 2 for 2.0, an enum's value for its member and a frozenset for a set; who divides
or looks for a method finds the difference. And the == of a class may overlook anything. So types
and values are compared down to the last one.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

_LEAVES = frozenset(
    (str, int, float, bool, type(None), Decimal, UUID, bytes, bytearray, date, timedelta)
)
"""Types of which two equal values don't differ."""


def alike(live: Iterable[Any], decoded: Iterable[Any]) -> bool:
    """Whether values are equal to others, with the same types, all the way down.

    Arguments:
        live: some values.
        decoded: as many others.
    """
    for one, back in zip(live, decoded, strict=True):
        kind = type(one)
        if kind is not type(back):
            return False
        if kind in _LEAVES:
            if one != back:
                return False
        elif not _comparison(kind)(one, back):
            return False
    return True


def _how_to_compare(kind: type) -> Callable[[Any, Any], bool]:
    """Return what compares two values of a type."""
    names = declared(kind)
    if names is not None:
        values = values_of(names)
        compares = _same_fields if issubclass(kind, msgspec.Struct) else _same_attributes
        return functools.partial(compares, values)
    return next((how for base, how in _COMPARISONS.items() if issubclass(kind, base)), operator.eq)


_comparison: Callable[[type], Callable[[Any, Any], bool]]
_comparison = functools.lru_cache(maxsize=1024)(_how_to_compare)

_Values = Callable[[Any], tuple[Any, ...]]


def _same_attributes(values: _Values, one: Any, back: Any) -> bool:
    # An attribute that is no field does not come back.
    if len(getattr(one, "__dict__", ())) != len(getattr(back, "__dict__", ())):
        return False
    return _same_fields(values, one, back)


def _same_fields(values: _Values, one: Any, back: Any) -> bool:
    try:
        return alike(values(one), values(back))
    except AttributeError:
        return False


def _same_items(one: Any, back: Any) -> bool:
    if len(one) != len(back):
        return False
    if type(one[0] if one else None) in _LEAVES and _LEAVES.issuperset(kinds := [*map(type, one)]):
        return kinds == [*map(type, back)] and bool(one == back)  # long columns of numbers, in C
    return alike(one, back)


def _same_mapping(one: Any, back: Any) -> bool:
    return _same_items([*one], [*back]) and _same_items([*one.values()], [*back.values()])


def _same_members(one: Any, back: Any) -> bool:
    if one != back:
        return False
    found = {member: member for member in back}  # equal sets may be in another order
    return alike(one, [found.get(member) for member in one])


def _same_moment(one: Any, back: Any) -> bool:
    return type(one.tzinfo) is type(back.tzinfo) and one.tzinfo == back.tzinfo and one == back


_COMPARISONS: dict[type, Callable[[Any, Any], bool]] = {
    list: _same_items,
    tuple: _same_items,
    dict: _same_mapping,
    set: _same_members,
    frozenset: _same_members,
    datetime: _same_moment,
    time: _same_moment,
}


def values_of(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what gets the values of these attributes, of which there may be one or none."""
    if len(names) > 1:
        return operator.attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def declared(kind: type) -> tuple[str, ...] | None:
    """Return the names of the fields that a class declares, or None when it is of no such kind."""
    if issubclass(kind, msgspec.Struct):
        return kind.__struct_fields__
    fields = getattr(kind, "__pydantic_fields__", None)
    if fields is not None:
        return tuple(fields)
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    return None


def adopt(context: Any, decoded: Any, names: Sequence[str]) -> None:
    """Give a context the fields of what its bytes decode to, where they are of other types."""
    put: Any = object.__setattr__  # past a frozen class, and past validation: it is valid
    if isinstance(context, msgspec.Struct):
        put = msgspec.structs.force_setattr
    for name in names:
        back = getattr(decoded, name)
        if not alike((getattr(context, name),), (back,)):
            put(context, name, back)
