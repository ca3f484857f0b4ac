"""How many activities of a kind may run at once, and how many may start in a time."""

from __future__ import annotations

import re
from collections import deque

import msgspec

_UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_RATE = re.compile(r"\s*(\d+)\s*/\s*(\d*\.?\d*)\s*(s|m|min|h|d)\s*")


class Rate(msgspec.Struct, frozen=True):
    """So many starts in any stretch of so many seconds.

    Attributes:
        count: how many.
        seconds: how long the stretch is.

    Example:
        >>> Rate.parse("100/m")
        Rate(count=100, seconds=60.0)
    """

    count: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Return the rate that a text gives: "5/s", "100/m", "1000/h", "3/10s".

        Raises:
            ValueError: it is no rate.
        """
        found = _RATE.fullmatch(text)
        if found is not None:
            count, length = int(found[1]), float(found[2] or 1)
            if count > 0 and length > 0:
                return cls(count, length * _UNITS[found[3]])
        raise ValueError(
            f"{text!r} is no rate; give a number of starts and a time: '5/s', '100/m', '3/10s'."
        )


class Gate:
    """Lets activities of one kind start, as far as their limit and their rate allow.

    Arguments:
        limit: how many run at once at the most; None: no limit.
        rate: how many start in a time at the most; None: no limit.
    """

    __slots__ = ("_starts", "limit", "rate", "running")

    def __init__(self, limit: int | None = None, rate: Rate | None = None) -> None:
        self.limit = limit
        self.rate = rate
        self.running = 0
        self._starts: deque[float] = deque()

    @property
    def full(self) -> bool:
        """Whether one has to end before the next can start."""
        return self.limit is not None and self.running >= self.limit

    def wait(self, now: float) -> float:
        """Return the seconds until the rate lets the next one start; 0.0: it does now."""
        if self.rate is None or len(self._starts) < self.rate.count:
            return 0.0
        return max(0.0, self._starts[0] + self.rate.seconds - now)

    def start(self, now: float) -> None:
        """Count one that starts."""
        self.running += 1
        if self.rate is not None:
            self._starts.append(now)
            if len(self._starts) > self.rate.count:
                self._starts.popleft()

    def end(self) -> None:
        """Count one that has ended."""
        self.running -= 1
