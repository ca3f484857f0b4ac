"""One thing that is wrong with a chart class."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a chart class.

    Args:
        what: What is wrong, in a sentence.
        where: The state, transition, event or callback at fault.
        advice: What to do about it.
        file: The source file, where it is known.
        line: The line in it, where it is known.
    """

    what: str
    where: str
    advice: str
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.file and self.line else ""
        return f"{place}{self.what} {self.advice}"
