"""What a pattern calls an activity with: each parameter by its name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from inspect import BoundArguments, Parameter, signature
from typing import Any

_ANY = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def bind(function: Callable[..., Any], values: Mapping[str, Any]) -> BoundArguments:
    """Return the arguments that a function takes of these values, by its parameters' names.

    Raises:
        TypeError: a parameter without a default is not among them.
    """
    parameters = signature(function).parameters.values()
    named = {one.name: values[one.name] for one in parameters if one.name in values}
    return signature(function).bind(**named)


def lacking(function: Callable[..., Any], names: Collection[str]) -> Iterator[str]:
    """Yield the parameters of a function that need a value and are not among these names."""
    for one in signature(function).parameters.values():
        required = one.default is Parameter.empty and one.kind not in _ANY
        if required and one.name not in names:
            yield one.name
