"""One figure of a runtime that no actor but the outside sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .measuring import processor_time


@dataclass(frozen=True)
class Rate:
    """A measurement from outside the actors; the attributes are those of a `Case`.

    Attributes:
        method: which method of a stage's `outside` takes it; it gets `count`, returns the seconds
            or a dict of figures.
        target: what it is to reach.
        figure: the figure that counts, if not the time for one operation.
        rounds: how often it is measured at most.
    """

    name: str
    measures: str
    method: str
    count: int
    unit: str
    live: int
    target: str
    figure: str = "us"
    rounds: int = 5
    savina: str = ""
    asks: bool = False

    def sized(self, scale: float) -> dict[str, int]:
        """Return the size at a scale."""
        return {"count": max(1, round(self.count * scale))}

    def operations(self, count: int) -> int:
        return count

    def actors(self, count: int) -> int:
        return count if self.live > 1 else 1

    def measure(self, stage: Any, sizes: dict[str, int]) -> dict[str, float]:
        """Take the measurement.

        Raises:
            NotImplementedError: the stage has no such measurement.
        """
        outside = getattr(stage, "outside", None)
        method: Callable[..., float] | None = getattr(outside, self.method, None)
        if method is None:
            raise NotImplementedError("not measured")
        figures: dict[str, float] = {}
        with processor_time(figures):
            taken = method(**sizes)
        return {**figures, **taken} if isinstance(taken, dict) else {**figures, "seconds": taken}
