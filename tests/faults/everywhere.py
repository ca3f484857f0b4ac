"""Has a recording crash at each of its points, or at a sample of them, and what is left checked."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .recording import Files, Platter, Recording, play, put

EVERY = os.environ.get("REPERTORY_EVERY_WRITE") == "1"
PARTS = 16 if EVERY else 4
"""Tests among which the states are divided, to be run side by side."""
SAMPLE = 24
"""States of each part that are tried unless all are."""

States = Iterator[tuple[str, Files]]
"""What a crash may leave at one point, each under a name."""

Check = Callable[[Path, list[tuple[str, Any]]], Any]
"""Opens the store that a crash has left, and checks it against what was noted before."""


def killed_everywhere(
    recording: Recording, folder: Path, part: int, check: Check, sample: int = SAMPLE
) -> None:
    """Check what `kill -9` leaves: with the n-th write done, cut, or not done."""

    def states(point: int, platter: Platter, choose: random.Random) -> States:
        following = recording.changes[point : point + 1]
        torn = following[0] if following and following[0].kind == "write" else None
        # The n-th write not done at all is what is there after the one before it, done whole.
        if torn is None or EVERY or choose.random() < 0.5:
            yield "killed", platter.process_killed()
        if torn is not None and (EVERY or choose.random() < 0.5):
            yield "torn", platter.process_killed(torn, choose)

    crash_everywhere(recording, folder, part, states, check, sample)


def cut_everywhere(
    recording: Recording, folder: Path, part: int, check: Check, sample: int = SAMPLE
) -> None:
    """Check what a power cut leaves: of what was not flushed any part, torn, zeros or garbage."""

    def states(point: int, platter: Platter, choose: random.Random) -> States:
        losses = (1.0, 0.9, 0.5, 0.1) if EVERY else (choose.choice((1.0, 0.9, 0.5, 0.1)),)
        for loss in losses:
            yield f"cut-{loss}", platter.power_cut(choose, loss)

    crash_everywhere(recording, folder, part, states, check, sample)


def crash_everywhere(
    recording: Recording,
    folder: Path,
    part: int,
    states: Callable[[int, Platter, random.Random], States],
    check: Check,
    sample: int,
) -> None:
    """Recover from each state at this part's points of the recording."""
    points = set(range(part, len(recording.changes) + 1, PARTS))
    if not EVERY:
        points = {*random.Random(part).sample(sorted(points), sample)}

    def reached(point: int, platter: Platter) -> None:
        if point not in points:
            return
        for name, files in states(point, platter, random.Random(point)):
            place = put(files, folder / "crashed")
            try:
                check(place / "store.db", recording.marked(point))
            except BaseException:
                put(files, folder / f"after-{point}-changes-{name}")
                raise
            shutil.rmtree(place)

    play(recording, reached)
