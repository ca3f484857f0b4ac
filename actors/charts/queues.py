"""Event queues that cost little until they are used."""

from __future__ import annotations

from heapq import heappop, heappush
from queue import Empty
from threading import Lock
from typing import Any

from statemachine.engines.base import EventQueue
from statemachine.event_data import TriggerData


class _Heap:
    """As much of `queue.PriorityQueue` as an `EventQueue` uses; nobody ever waits on it."""

    __slots__ = ("mutex", "queue")

    def __init__(self) -> None:
        self.mutex = Lock()
        self.queue: list[TriggerData] = []

    def put(self, item: TriggerData) -> None:
        with self.mutex:
            heappush(self.queue, item)

    def get(self, block: bool = True) -> TriggerData:
        with self.mutex:
            if not self.queue:
                raise Empty
            return heappop(self.queue)

    def qsize(self) -> int:
        return len(self.queue)


class LightQueue(EventQueue):
    """The stock queue on a bare heap: a tenth of the size of a `PriorityQueue`."""

    def __init__(self) -> None:
        # Not the base class's own start, which makes the PriorityQueue.
        self.queue: Any = _Heap()

    def empty(self) -> bool:
        """Whether nothing is queued; cancelled events count."""
        return not self.queue.queue
