"""Declaring how a workflow that an older version of its class wrote becomes a present one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ..persistence.errors import BadDefinition


class Stored(msgspec.Struct):
    """A workflow as the store has it: what a migration gets, and returns changed.

    Attributes:
        configuration: ids of the active states, with those around them, in any order.
        history: for each history state that has recorded something, the ids that it recorded.
        context: the context as plain JSON; a copy that may be changed.
    """

    configuration: tuple[str, ...]
    history: dict[str, tuple[str, ...]]
    context: Any

    def rename_state(self, old: str, new: str) -> None:
        """Put another id in the place of a state's, wherever it stands."""

        def renamed(states: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(new if state == old else state for state in states)

        self.configuration = renamed(self.configuration)
        self.history = {
            (new if name == old else name): renamed(states) for name, states in self.history.items()
        }


Function = Callable[[Stored], Stored]


class Migration:
    """One way from a version of a class to a later one; made by `migrates`."""

    def __init__(self, from_: int, to: int, function: Function) -> None:
        self.from_ = from_
        self.to = to
        self.function = function
        self.__doc__ = function.__doc__

    @property
    def name(self) -> str:
        """The function, for people."""
        return self.function.__qualname__

    def __call__(self, stored: Stored) -> Stored:
        """Run the function, as in a unit test."""
        return self.function(stored)


def migrates(*, from_: int, to: int) -> Callable[[Function | staticmethod[[Stored], Stored]], Any]:
    """Declare, in the body of a workflow's class, how an older version becomes a later one.

    The function gets a `Stored`, may change it, and returns it. It is called when a workflow of
    that version is needed: often more than once for the same one, to look at it or to try. So it
    must do nothing else, and give the same for the same. `@staticmethod` below it is for type
    checkers, and may be left out.

    Arguments:
        from_: the version that it starts from.
        to: the version that it leads to. Several migrations make a chain.

    Example:
        >>> class Order(Workflow):
        ...     version = 2
        ...     open = State(initial=True)          # was called "basket" in version 1
        ...     paid = State(final=True)
        ...     pay = open.to(paid)
        ...
        ...     @migrates(from_=1, to=2)
        ...     @staticmethod
        ...     def name_the_currency(stored: Stored) -> Stored:
        ...         stored.rename_state("basket", "open")
        ...         stored.context["currency"] = "EUR"
        ...         return stored
    """

    def declare(function: Function | staticmethod[[Stored], Stored]) -> Migration:
        plain = function.__func__ if isinstance(function, staticmethod) else function
        return Migration(from_, to, plain)

    return declare


def migrations_of(cls: type[Any]) -> dict[int, Migration]:
    """Return the migrations of a class by the version that they start from.

    They are those of the class that declares the version, and of its subclasses down to this one.

    Raises:
        BadDefinition: two start from one version, or one doesn't lead to a later one that the
            class has reached.
    """
    found: dict[int, Migration] = {}
    for base, name, declared in _declared(cls):
        where = f"{base.__module__}.{base.__qualname__}.{name}"
        numbers = (declared.from_, declared.to)
        if not all(type(n) is int for n in numbers) or not 1 <= numbers[0] < numbers[1]:
            raise BadDefinition(
                f"{where}: a migration leads from a version to a later one, not from "
                f"{declared.from_!r} to {declared.to!r}."
            )
        if declared.to > cls.version:
            raise BadDefinition(
                f"{where} leads to version {declared.to}, and the class is at version "
                f"{cls.version}; raise its version."
            )
        if declared.from_ in found:
            raise BadDefinition(
                f"{where} starts from version {declared.from_}, as {found[declared.from_].name} "
                f"does; keep one of them."
            )
        found[declared.from_] = declared
    return found


def _declared(cls: type[Any]) -> list[tuple[type[Any], str, Migration]]:
    declared: dict[str, tuple[type[Any], str, Migration]] = {}
    hidden: set[str] = set()
    for base in cls.__mro__:
        for name, value in vars(base).items():
            inner = value.__func__ if isinstance(value, staticmethod) else value
            if isinstance(inner, Migration) and name not in hidden:
                declared[name] = (base, name, inner)
        hidden.update(vars(base))
        if "version" in vars(base):
            break
    return list(declared.values())


def path(migrations: Mapping[int, Migration], from_: int, to: int) -> list[Migration] | int:
    """Return the migrations that lead from one version to another, in their order.

    Returns:
        the migrations, or the version from which none leads on.
    """
    steps: list[Migration] = []
    version = from_
    while version != to:
        step = migrations.get(version)
        if step is None:
            return version
        steps.append(step)
        version = step.to
    return steps
