"""One benchmark: its roles, its size, and how its result is checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .measuring import processor_time
from .role import Role


class WrongResult(Exception):
    """A runtime did the work wrongly; its time means nothing."""


@dataclass(frozen=True)
class Case:
    """A benchmark that any runtime can play.

    Attributes:
        name: what `--only` takes.
        measures: what costs time in it.
        main: the actor that is started first, gets `START`, and finishes.
        sizes: the main actor's arguments.
        scaled: which of the sizes `--scale` multiplies.
        savina: Savina's own sizes.
        unit: what one operation is.
        operations: how many of them there are, from the sizes.
        actors: how many live at once, from the sizes.
        expected: the result, from the sizes.
        asks: whether an actor waits, in a handler, for another's answer.
    """

    name: str
    measures: str
    main: type[Role]
    sizes: dict[str, int]
    scaled: str
    savina: str
    unit: str
    operations: Callable[..., int]
    actors: Callable[..., int]
    expected: Callable[..., Any]
    asks: bool = False

    def sized(self, scale: float) -> dict[str, int]:
        """Return the sizes at a scale; every size stays at least 1."""
        return {
            name: max(1, round(size * scale)) if name == self.scaled else size
            for name, size in self.sizes.items()
        }

    def measure(self, stage: Any, sizes: dict[str, int]) -> dict[str, float]:
        """Have a stage play it; return what that took, if the result is right.

        Raises:
            WrongResult: it is not.
        """
        figures: dict[str, float] = {}
        with processor_time(figures):
            figures["seconds"], result = stage.play(self.main, sizes)
        self.check(result, sizes)
        return figures

    def check(self, result: Any, sizes: dict[str, int]) -> None:
        """Compare a result with what it must be.

        Raises:
            WrongResult: it is something else.
        """
        expected = self.expected(**sizes)
        # What crossed a process may have come back as a list.
        if isinstance(expected, tuple) and isinstance(result, list):
            result = tuple(result)
        if result != expected:
            raise WrongResult(f"{self.name} gave {result!r} instead of {expected!r}.")
