"""Activities as they are declared: a function, how it is run, and the name it is known by."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from inspect import iscoroutinefunction, signature
from threading import Lock
from typing import Any, Literal, TypeVar, overload

import msgspec
from msgspec.structs import replace

from ...persistence.errors import BadDefinition, UnknownActivity
from .limits import Rate
from .retry import RetryPolicy, check_policy

F = TypeVar("F", bound=Callable[..., Any])

Where = Literal["thread", "loop", "process"]
"""Where an activity is run."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What an activity is allowed, and what happens when it fails.

    Attributes:
        retry: when it is tried again.
        timeout: seconds that one attempt may take; None: no end.
        total_timeout: seconds from its start to its end, with all attempts; None: no end.
        heartbeat_timeout: seconds between two heartbeats at the most; None: none are expected.

    Raises:
        ValueError: a time is not longer than nothing.
    """

    retry: RetryPolicy = RetryPolicy()
    timeout: float | None = None
    total_timeout: float | None = None
    heartbeat_timeout: float | None = None

    def __post_init__(self) -> None:
        check_policy(self.retry)
        for name in ("timeout", "total_timeout", "heartbeat_timeout"):
            seconds = getattr(self, name)
            is_time = isinstance(seconds, int | float) and seconds > 0
            if seconds is not None and not is_time:
                raise ValueError(f"{name} must be more than 0 seconds, not {seconds!r}.")


class Activity(msgspec.Struct, frozen=True):
    """A function that workflows start as an activity.

    Attributes:
        name: what it is stored as; never where it is defined.
        function: the function itself.
        on: where it is run.
        terms: what it is allowed.
        kind: whose limit and rate it shares; by default its own name.
        limit: how many of its kind run at once at the most; None: as many as the system allows.
        rate: how many of its kind start in a time at the most; None: any number.
    """

    name: str
    function: Callable[..., Any]
    on: Where
    terms: Terms
    kind: str
    limit: int | None = None
    rate: Rate | None = None


@overload
def activity(function: F, /) -> F: ...


@overload
def activity(
    *,
    name: str | None = ...,
    retry: RetryPolicy | None = ...,
    timeout: float | timedelta | None = ...,
    total_timeout: float | timedelta | None = ...,
    heartbeat_timeout: float | timedelta | None = ...,
    kind: str | None = ...,
    limit: int | None = ...,
    rate: str | None = ...,
    on: Where | None = ...,
) -> Callable[[F], F]: ...


def activity(
    function: F | None = None,
    /,
    *,
    name: str | None = None,
    retry: RetryPolicy | None = None,
    timeout: float | timedelta | None = None,
    total_timeout: float | timedelta | None = None,
    heartbeat_timeout: float | timedelta | None = None,
    kind: str | None = None,
    limit: int | None = None,
    rate: str | None = None,
    on: Where | None = None,
) -> F | Callable[[F], F]:
    """Declare a function, plain or async, that workflows can start as an activity.

    It touches the outside world: it runs outside the step, at least once, is tried again when it
    fails, and reports back by an event. The function stays what it is, and can be called as such.

    What runs is found by its name, in this process or a later one: the function of that name at the
    top of a module. One that is made within another function is found only where no module has
    that name at its top, and never takes its place; of several such, the one made last is.

    Arguments:
        function: the function.
        name: what it is stored as; by default the function's own name. Keep it when you rename
            or move the function.
        retry: when it is tried again; by default ten attempts, 1 s apart at first.
        timeout: seconds that one attempt may take.
        total_timeout: seconds that all of it may take, from its start.
        heartbeat_timeout: seconds between two heartbeats at the most; a missing one fails the
            attempt.
        kind: what its limit and rate are shared with; by default nothing but itself.
        limit: how many of its kind run at once at the most.
        rate: how many of its kind start in a time at the most: "5/s", "100/m", "3/10s".
        on: "thread", "loop" (for an async function) or "process"; by default a thread, and for an
            async function the system's event loop. A process needs a function that can be imported.

    Raises:
        BadDefinition: a value is out of its range, or another module's activity has this name.

    Example:
        >>> @activity(retry=RetryPolicy(attempts=3), timeout=10)
        ... def charge(card: str, amount: int) -> str:
        ...     return f"{amount} from {card}"
        >>> charge("1234", 30)
        '30 from 1234'
    """

    def declare(function: F) -> F:
        try:
            declared = Activity(
                name=function.__name__ if name is None else name,
                function=function,
                on=_where(function, on),
                terms=Terms(
                    retry=RetryPolicy() if retry is None else retry,
                    timeout=seconds(timeout),
                    total_timeout=seconds(total_timeout),
                    heartbeat_timeout=seconds(heartbeat_timeout),
                ),
                kind=(name or function.__name__) if kind is None else kind,
                limit=_limit(limit),
                rate=None if rate is None else Rate.parse(rate),
            )
        except ValueError as error:
            raise BadDefinition(f"{_place(function)}: {error}") from error
        _register(declared)
        return function

    if function is None:
        return declare
    if not callable(function):
        raise BadDefinition(
            f"@activity is for a function, not {function!r}; a name is given as name={function!r}."
        )
    return declare(function)


def seconds(time: float | timedelta | None) -> float | None:
    """Return a length of time in seconds."""
    return time.total_seconds() if isinstance(time, timedelta) else time


def _where(function: Callable[..., Any], on: str | None) -> Where:
    signature(function)  # a TypeError here is better than one in a step
    waits = iscoroutinefunction(function)
    if on is None:
        return "loop" if waits else "thread"
    if on not in ("thread", "loop", "process"):
        raise ValueError(f"on={on!r} is nowhere; give 'thread', 'loop' or 'process'.")
    if waits is not (on == "loop"):
        raise ValueError(
            f"on={on!r} does not fit: an async function runs on the loop, and no other does."
        )
    if on == "process" and "<" in function.__qualname__:
        raise ValueError("a process can only import functions that a module has at its top.")
    return on  # type: ignore[return-value]  # mypy doesn't narrow a str to a Literal


def _limit(limit: int | None) -> int | None:
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be 1 or more, not {limit!r}.")
    return limit


_known: dict[str, Activity] = {}
_local: dict[str, Activity] = {}
"""Those made within a function: each name's last. One at a module's top comes before it."""
_stand_ins: dict[str, list[Activity]] = {}
_by_function: dict[Callable[..., Any], Activity] = {}
_lock = Lock()


def _register(declared: Activity) -> None:
    with _lock:
        same = _local if _is_local(declared.function) else _known
        other = same.get(declared.name)
        # Functions made in functions come and go: the one made last is meant.
        if (
            other is not None
            and same is _known
            and _origin(other.function) != _origin(declared.function)
        ):
            raise BadDefinition(
                f"{_place(declared.function)} and {_place(other.function)} are both stored as "
                f"{declared.name!r}; give one of them another name."
            )
        for one in (*_known.values(), *_local.values()):
            if one.kind != declared.kind or one.name == declared.name:
                continue
            if (one.limit, one.rate) != (declared.limit, declared.rate):
                raise BadDefinition(
                    f"{_place(declared.function)} and {_place(one.function)} are of one kind, "
                    f"{declared.kind!r}, but differ in limit or rate; give both the same."
                )
        if other is not None:
            _by_function.pop(other.function, None)
        same[declared.name] = _by_function[declared.function] = declared


def _is_local(function: Callable[..., Any]) -> bool:
    return "<locals>" in function.__qualname__


@contextmanager
def stand_in(function: Callable[..., Any] | str, other: Callable[..., Any]) -> Iterator[None]:
    """Have another function run for an activity, under its name and terms; see `replaced`."""
    declared = activity_of(function)
    on: Where = "loop" if iscoroutinefunction(other) else "thread"
    standing = replace(declared, function=other, on=on)
    with _lock:
        _stand_ins.setdefault(declared.name, []).append(standing)
    try:
        yield
    finally:
        with _lock:
            _stand_ins[declared.name].remove(standing)


def _origin(function: Callable[..., Any]) -> tuple[str | None, str]:
    # A script and the same file imported are two modules, but one definition.
    module = sys.modules.get(function.__module__)
    return getattr(module, "__file__", None) or function.__module__, function.__qualname__


def _place(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def find_activity(name: str) -> Activity:
    """Return the activity that is stored under this name.

    Raises:
        UnknownActivity: none that is imported is.
    """
    standing = _stand_ins.get(name)
    found = standing[-1] if standing else _known.get(name) or _local.get(name)
    if found is None:
        raise UnknownActivity(
            f"No activity called {name!r} is imported; import the module that defines it before "
            f"workflows that started it are used.",
            name=name,
        )
    return found


def activity_of(function: Callable[..., Any] | str) -> Activity:
    """Return what was declared of a function, or under a name.

    Raises:
        UnknownActivity: nothing was.
        BadDefinition: the function was made within another, and its name means one at the top of
            a module: that is what would run.
    """
    if isinstance(function, str):
        return find_activity(function)
    found = _by_function.get(function)
    if found is None:
        name = getattr(function, "__qualname__", repr(function))
        raise UnknownActivity(
            f"{name} is no activity; put `@activity` above its definition, so that it is known "
            f"by a name when it has to run again.",
            name=name,
        )
    top = _known.get(found.name, found)
    if top is not found and _is_local(function):
        raise BadDefinition(
            f"{_place(function)} is stored as {found.name!r}, and by that name "
            f"{_place(top.function)} runs; give it another name, or use `replaced` in a test."
        )
    return found
