"""A durable subscription in a process that is killed time and again misses nothing."""

from __future__ import annotations

import os
import random
from contextlib import closing
from pathlib import Path
from queue import Queue

from repertory.actors.events import Committed

from .kill import run_and_kill
from .listener import INTERESTS, opened

ROUNDS = int(os.environ.get("REPERTORY_CRASH_ROUNDS", "12"))

Step = tuple[int, str, int]
"""What is told of a step: its id in the store, its workflow, and its sequence there."""


class Hearer:
    """What one subscription was told in all its lives, and how far its cursor has come."""

    def __init__(self) -> None:
        self.all: list[Step] = []
        self.kept = 0
        self._place: int | None = None

    def begin(self) -> None:
        """Expect to hear again some of what was told before the kill, word for word."""
        self._place = None

    def hear(self, step: Step) -> None:
        assert step[0] > self.kept, "told again after its cursor had passed it"
        if self._place is None:
            there = (n for n, old in enumerate(self.all) if old[0] >= step[0])
            self._place = next(there, len(self.all))
        if self._place == len(self.all):
            self.all.append(step)
        assert self.all[self._place] == step
        self._place += 1


def test_each_step_is_told_at_least_once_in_order_and_not_again_once_the_cursor_has_passed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "store.db"
    hearers = {name: Hearer() for name in INTERESTS}
    choose = random.Random(2026)
    worker = Path(__file__).with_name("listener.py")
    for round_number in range(ROUNDS):
        for hearer in hearers.values():
            hearer.begin()
        for line in run_and_kill(worker, path, round_number, choose.randrange(1, 250)):
            name, what, id, *where = line.split()
            if what == "kept":
                hearers[name].kept = int(id)
            else:
                hearers[name].hear((int(id), where[0], int(where[1])))
    with closing(opened(str(path))) as system:
        assert system.verify() == []
        for name, id in INTERESTS.items():
            hearer, rest = hearers[name], Queue[Committed]()
            steps = [
                (entry.id, record.id, entry.sequence)
                for record, entry in system._services.store.committed(after=0, first=10**9)
                if id in (None, record.id)
            ]
            cursor = system.subscriptions()[name]
            assert cursor >= hearer.kept
            hearer.begin()
            system.subscribe(rest.put, durable=name, id=id, from_start=True)
            for _ in [step for step in steps if step[0] > cursor]:
                committed = rest.get(timeout=60)
                record, entry = committed.position.record, committed.entry
                hearer.hear((entry.id, record.id, entry.sequence))
            assert hearer.all == steps, "none is missed"
