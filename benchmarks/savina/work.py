"""The little work that Savina's actors do beside their messages."""

from __future__ import annotations

import math


class Dice:
    """Savina's own generator of pseudo-random numbers: cheap, and alike everywhere."""

    __slots__ = ("value",)

    def __init__(self, seed: int) -> None:
        self.value = seed & 65535

    def roll(self, sides: int) -> int:
        """Return a number from 0 to below `sides`."""
        self.value = value = (self.value * 1309 + 13849) & 65535
        return value % sides


def compute(theta: float) -> float:
    """Do what a fork-join worker does for each message."""
    sine = math.sin(theta)
    return sine * sine


def busy(steps: int) -> float:
    """Keep the processor busy."""
    value = 0.0
    for step in range(steps):
        value += math.log(step + 1.5)
    return value
