"""By hand, with a writer that takes all that waits into one transaction."""

from __future__ import annotations

from pathlib import Path

from . import by_hand

DISTRIBUTIONS = by_hand.DISTRIBUTIONS


def many(folder: Path, workflows: int, events: int) -> dict[str, float]:
    return by_hand.many(folder, workflows, events, by_hand.BatchingWriter)


def one(folder: Path, events: int) -> dict[str, float]:
    return by_hand.one(folder, events, by_hand.BatchingWriter)
