"""A crash at every write while timers, activities and children are under way.

Timers fire once, never early, and none is lost; an activity runs again under its own key, and its
result counts once; the ends of children come once, and are joined once. A seeded sample of the
points, or all with REPERTORY_EVERY_WRITE=1.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .everywhere import PARTS, cut_everywhere, killed_everywhere
from .recording import Recording
from .vfs import watched_by
from .work import record, recovered

SAMPLE = 12


@pytest.fixture(scope="module")
def working(_reached: None, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    made = Recording()
    with watched_by(made):
        record(tmp_path_factory.mktemp("recorded") / "store.db", made.note)
    return made


@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_under_way_happens_once_when_the_process_is_killed_at_any_write(
    working: Recording, tmp_path: Path, part: int
) -> None:
    killed_everywhere(working, tmp_path, part, recovered, SAMPLE)


@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_under_way_happens_once_when_the_power_is_cut_at_any_moment(
    working: Recording, tmp_path: Path, part: int
) -> None:
    cut_everywhere(working, tmp_path, part, recovered, SAMPLE)
