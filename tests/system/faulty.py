"""A store that fails when it is told to: a real one, with a disk that has moods."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

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

    def hold(self) -> None:
        self.held.clear()

    def release(self) -> None:
        self.held.set()

    def commit(self, steps: Sequence[Step]) -> Sequence[RepertoryError | None]:
        assert self.held.wait(30)
        self.batches.append(len(steps))
        if self.broken:
            raise StoreError("The disk is full.")
        return super().commit(steps)

    def close(self) -> None:
        """Stay readable, so that a test can open another system on it."""


def commits(store: Any) -> int:
    return len(store.batches)
