"""A crash at every write: what was acknowledged is there, and nothing is half there.

One run is recorded, and every state in which a crash could have left its files is then made and
recovered: after a `kill -9` at the n-th write, done, half done or not at all; and after a power
cut, which takes any part of what was not flushed. A seeded sample of them, or all with
REPERTORY_EVERY_WRITE=1.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from repertory.actors.runtime import ManualClock

from .checks import recovered
from .everywhere import EVERY, PARTS, SAMPLE, cut_everywhere, killed_everywhere
from .recording import Files, Platter, Recording, play, put
from .scenario import LATER, opened, record, run
from .vfs import watched_by


@pytest.mark.parametrize("part", range(PARTS))
def test_a_process_killed_at_any_write_leaves_what_it_acknowledged(
    recording: Recording, tmp_path: Path, part: int
) -> None:
    killed_everywhere(recording, tmp_path, part, recovered)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_power_cut_at_any_moment_leaves_what_was_acknowledged(
    recording: Recording, tmp_path: Path, part: int
) -> None:
    cut_everywhere(recording, tmp_path, part, recovered)


def test_a_power_cut_right_after_an_answer_loses_nothing_of_it(
    recording: Recording, tmp_path: Path
) -> None:
    answered = {position for position, (what, _) in recording.marks if what == "acknowledged"}

    def reached(point: int, platter: Platter) -> None:
        if point in answered:
            place = put(platter.power_cut(random.Random(point), 1.0), tmp_path / str(point))
            recovered(place / "store.db", recording.marked(point), to_the_end=False)

    play(recording, reached)


def test_without_a_flush_for_each_commit_a_power_cut_loses_answers_and_breaks_nothing(
    file: Path, tmp_path: Path
) -> None:
    recording = Recording()
    with watched_by(recording):
        record(file, recording.note, synchronous="NORMAL")
    points = random.Random(1).sample(range(len(recording.changes)), SAMPLE)
    lost = 0

    def reached(point: int, platter: Platter) -> None:
        nonlocal lost
        if point in points:
            notes = recording.marked(point)
            for number, loss in enumerate((1.0, 0.5)):
                files = platter.power_cut(random.Random(point), loss)
                place = put(files, tmp_path / f"{point}-{number}")
                lost += recovered(place / "store.db", notes, durable=False)

    play(recording, reached)
    assert lost


@pytest.mark.parametrize("part", range(PARTS))
def test_a_crash_during_the_recovery_from_a_crash_loses_nothing(
    recording: Recording, tmp_path: Path, part: int
) -> None:
    choose = random.Random(part)
    first = choose.randrange(len(recording.changes))
    left: Files = {}

    def reached(point: int, platter: Platter) -> None:
        if point == first:
            left.update(platter.power_cut(choose, 0.5))

    play(recording, reached)
    again = Recording()
    for what, about in recording.marked(first):
        again.note(what, about)
    again.note("sent", ("due", "all"))  # the second run's clock goes past it
    place = put(left, tmp_path / "first")
    with watched_by(again):
        clock = ManualClock(LATER)
        system = opened(place / "store.db", clock, checkpoint=60)
        run(system, clock, again.note)
        system.close()
    last = len(again.changes) + 1
    points = range(last) if EVERY else choose.sample(range(last), min(SAMPLE // 4, last))

    def reached_again(point: int, platter: Platter) -> None:
        if point in points:
            second = put(platter.power_cut(choose, 0.5), tmp_path / f"second-{point}")
            recovered(second / "store.db", again.marked(point))

    found = {str(place / Path(path).name): content for path, content in left.items()}
    play(again, reached_again, Platter(found))
