"""Handlers: objects that are told, within the step, what a workflow does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import iscoroutinefunction
from time import perf_counter_ns
from typing import Any, Protocol

import msgspec


class Handler(Protocol):
    """What a handler may have: any of these methods, plain or `async`.

    A handler runs within the step: when it raises, the step is undone, as with an action. What
    reaches outside belongs behind the commit: see `ActorSystem.subscribe`.

    Example:
        >>> class Audit:
        ...     def on_transition(self, source, target, event):
        ...         print(f"{source} -> {target} by {event}")
    """

    def on_event(self, state: str, event: str) -> Any:
        """Be told of an event before the chart takes it.

        Arguments:
            state: id of the active state; of several, those without inner ones, joined by "+".
            event: the event's name.
        """

    def on_exit(self, state: str) -> Any:
        """Be told that the state of this id was left."""

    def on_transition(self, source: str, target: str, event: str) -> Any:
        """Be told of a transition, after leaving and before entering; eventless: ""."""

    def on_enter(self, state: str) -> Any:
        """Be told that the state of this id was entered."""


class HandlerCall(msgspec.Struct, frozen=True):
    """One call of a handler, as history keeps it.

    Attributes:
        handler: the handler's class.
        hook: which of its methods.
        duration: how long it took, in microseconds.
    """

    handler: str
    hook: str
    duration: int


class HandlerListener:
    """Lets python-statemachine call one handler, and notes each call.

    It has just the methods that the handler has, coroutines where those are.
    """

    def __init__(self, handler: object, calls: list[HandlerCall]) -> None:
        self._handler = handler
        self._calls = calls
        self._listen("on_enter", "on_enter_state", lambda given: (given["target"].id,))
        self._listen("on_exit", "on_exit_state", lambda given: (given["source"].id,))
        self._listen("on_transition", "on_transition", _transition)

    def _listen(
        self, hook: str, callback: str, pick: Callable[[dict[str, Any]], tuple[str, ...]]
    ) -> None:
        method = getattr(self._handler, hook, None)
        if method is None:
            return
        handler = type(self._handler).__name__

        def note(started: int) -> None:
            duration = (perf_counter_ns() - started) // 1000
            self._calls.append(HandlerCall(handler, hook, duration))

        def tell(**given: Any) -> None:
            started = perf_counter_ns()
            method(*pick(given))
            note(started)

        async def tell_async(**given: Any) -> None:
            started = perf_counter_ns()
            await method(*pick(given))
            note(started)

        setattr(self, callback, tell_async if iscoroutinefunction(method) else tell)


def _transition(given: dict[str, Any]) -> tuple[str, ...]:
    source = given["source"]
    return source.id, (given["target"] or source).id, str(given["event"] or "")


HOOKS = ("on_event", "on_exit", "on_transition", "on_enter")


def check_handlers(handlers: Sequence[object]) -> None:
    """Refuse what would never be called: a class instead of an instance, or a misspelt method.

    Raises:
        TypeError: it is no sequence of handlers.
    """
    if isinstance(handlers, str | bytes) or not isinstance(handlers, Sequence):
        raise TypeError(f"Handlers are given as a list, not {handlers!r}.")
    for handler in handlers:
        if isinstance(handler, type):
            raise TypeError(f"{handler.__name__} is a class; give an instance of it as a handler.")
        if not any(callable(getattr(handler, hook, None)) for hook in HOOKS):
            raise TypeError(f"{handler!r} is no handler: it has none of {', '.join(HOOKS)}.")


def event_hooks(handlers: Sequence[object]) -> list[Callable[[str, str], Any]]:
    """Return the `on_event` hooks of those handlers that have one."""
    return [hook for handler in handlers if (hook := getattr(handler, "on_event", None))]
