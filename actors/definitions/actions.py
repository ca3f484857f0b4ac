"""Actions: the functions behind the names that documents use."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib.metadata import entry_points
from threading import Lock
from types import ModuleType
from typing import Any, TypeVar

from ...persistence.errors import BadDefinition

Function = TypeVar("Function", bound=Callable[..., Any])
Source = Mapping[str, Callable[..., Any]] | ModuleType
"""Where functions are looked up: a mapping by the actions' names, or a module."""

_GROUP = "repertory.actions"
_registered: dict[str, Callable[..., Any]] = {}
_lock = Lock()


def action(name: str = "") -> Callable[[Function], Function]:
    """Bind a function to the name under which documents call it.

    The function is written as a workflow's method is: its first parameter is the workflow, with
    its `context`, `tell` and the rest; the others are fields of the event's data, by name, and
    what else a callback may ask for. It may be `async`.

    Arguments:
        name: the action's name; by default the function's own.

    Raises:
        BadDefinition: another function has the name already.

    Example:
        >>> @action("book_payment")
        ... def book(workflow, amount: int) -> None:
        ...     workflow.context["received"] = amount
    """

    def bind(function: Function) -> Function:
        bound = name or function.__name__
        with _lock:
            other = _registered.get(bound)
            if other is not None and _origin(other) != _origin(function):
                raise BadDefinition(
                    f"{'.'.join(_origin(function))} and {'.'.join(_origin(other))} are both bound "
                    f"to action {bound!r}; give one of them another name."
                )
            _registered[bound] = function
        return function

    return bind


def _origin(function: Any) -> tuple[str, str]:
    return str(getattr(function, "__module__", "")), str(getattr(function, "__qualname__", ""))


def find_actions(
    names: Iterable[str], sources: Iterable[Source]
) -> tuple[dict[str, Callable[..., Any]], dict[str, str]]:
    """Return the functions bound to some actions, and the actions that none is bound to.

    With each of the latter comes a sentence on what is broken, or "".

    They are looked up in the sources first, then among what `@action` has bound, then among the
    entry points of installed packages.
    """
    found: dict[str, Callable[..., Any]] = {}
    missing: dict[str, str] = {}
    ordered = list(sources)
    for name in names:
        function = next((f for source in ordered if (f := _in(source, name))), None)
        function = function or _registered.get(name)
        broken = ""
        if function is None:
            try:
                function = _installed(name)
            except BadDefinition as error:
                broken = str(error)
        if function is None:
            missing[name] = broken
        else:
            found[name] = function
    return found, missing


def _in(source: Source, name: str) -> Callable[..., Any] | None:
    function = vars(source).get(name) if isinstance(source, ModuleType) else source.get(name)
    return function if callable(function) else None


def _installed(name: str) -> Callable[..., Any] | None:
    point = _entry_points().get(name)
    if point is None:
        return None
    try:
        function = point.load()
    except Exception as error:
        raise BadDefinition(
            f"Action {name!r} is declared by an installed package as {point.value}, which can't be "
            f"imported: {error}."
        ) from error
    return function if callable(function) else None


@lru_cache(maxsize=1)
def _entry_points() -> dict[str, Any]:
    return {point.name: point for point in entry_points(group=_GROUP)}


def as_method(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function as a class can have it for a method, given the workflow first."""
    if not inspect.isfunction(function):
        called = function
        try:
            takes = bool(inspect.signature(called).parameters)
        except (TypeError, ValueError):
            takes = True
        if not takes:
            return lambda self: called()
        return _forwarding(called)
    if not inspect.signature(function).parameters:
        plain = function
        if inspect.iscoroutinefunction(plain):

            async def alone(self: Any) -> Any:
                return await plain()

            return alone
        return lambda self: plain()
    return function


def _forwarding(called: Callable[..., Any]) -> Callable[..., Any]:
    def call(self: Any, **given: Any) -> Any:
        return called(self, **given)

    # By name alone: what it is called with must be what `call` takes.
    parameters = [
        p if p.kind is p.VAR_KEYWORD else p.replace(kind=p.KEYWORD_ONLY)
        for p in list(inspect.signature(called).parameters.values())[1:]
        if p.kind is not p.VAR_POSITIONAL
    ]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # it is kept
    call.__qualname__ = f"{getattr(called, '__qualname__', type(called).__qualname__)} as method"
    return call
