"""A process that dies before or after any point of a timer's, an activity's or a child's life.

A sample of the points, or with REPERTORY_EVERY_WRITE=1 all of them, and each twice in a row.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from repertory.actors import ActorSystem
from repertory.persistence.records import Kind

from .points_worker import POINTS, drive

WORKER = Path(__file__).with_name("points_worker.py")
EVERY = os.environ.get("REPERTORY_EVERY_WRITE") == "1"
ALL = [(point, when) for point in POINTS for when in ("before", "after")]
KINDS = ("timer", "activity", "child")
SAMPLE = [
    chosen
    for kind in KINDS
    for chosen in random.Random(6).sample([one for one in ALL if one[0].startswith(kind)], 3)
]


def killed(file: Path, effects: Path, point: str, when: str) -> int:
    command = [sys.executable, str(WORKER), str(file), str(effects), point, when]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


@pytest.mark.parametrize(("point", "when"), ALL if EVERY else SAMPLE)
def test_what_was_under_way_happens_once_whenever_the_process_dies(
    tmp_path: Path, point: str, when: str
) -> None:
    file, effects = tmp_path / "store.db", tmp_path / "effects"
    assert killed(file, effects, point, when) == -signal.SIGKILL, "it has come to the point"
    if EVERY:
        killed(file, effects, point, when)  # unless it is past it for good
    with ActorSystem(file) as system:
        drive(system, effects)
        trip = system.get("trip").context
        (rung,) = trip.rung
        assert rung >= trip.due, "the timer has fired once, and not early"
        assert trip.paid == [30], "the result has come once"
        assert {*effects.read_text().split()} == {trip.key}, "under one key, whenever it ran"
        assert sorted(trip.parts) == ["parts.1", "parts.2", "race.1"], "each is heard of once"
        assert sorted(trip.joined) == ["parts", "race"], "each group is joined once"
        loser = system.get("trip/race.2").history()
        assert [entry.kind for entry in loser] == [Kind.CREATED, Kind.CANCELLED]
        assert [*system.messages(), *system.messages(dead=True), *system.activities()] == []
        assert system.get("trip").timers() == system.get("trip").children() == []
        assert system.verify() == []
