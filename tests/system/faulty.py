"""A store that fails when it is told to: a real one, with a disk that has moods."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from repertory.persistence.errors import RepertoryError, StoreError
from repertory.persistence.memory import MemoryStore
from repertory.persistence.records import Step


class FaultyStore(MemoryStore):
    """Fails commits while `broken`; holds them back while `held`."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = False
        self.held = threading.Event()
        self.held.set()
        self.batches: list[int] = []
        self.broken_for: set[str] = set()

    def break_for(self, workflow_id: str) -> None:
        """Refuse the steps of one workflow, as if each of them had met a bad sector."""
        self.broken_for.add(workflow_id)

    def mend(self) -> None:
        self.broken_for.clear()

    def hold(self) -> None:
        self.held.clear()

    def release(self) -> None:
        self.held.set()

    def commit(self, steps: Sequence[Step]) -> Sequence[RepertoryError | None]:
        assert self.held.wait(30)
        self.batches.append(len(steps))
        if self.broken:
            raise StoreError("The disk is full.")
        fit = [step for step in steps if step.record.id not in self.broken_for]
        done = iter(super().commit(fit))
        return [
            StoreError("A bad sector.") if step.record.id in self.broken_for else next(done)
            for step in steps
        ]

    def close(self) -> None:
        """Stay readable, so that a test can open another system on it."""
