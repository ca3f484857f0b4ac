"""What the store in memory has on its way."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from .records import Message


class MemoryMessages:
    """Messages by id, in the order in which they are due, and by the name that they have."""

    __slots__ = ("_due", "_for", "_named", "by_id")

    def __init__(self) -> None:
        self.by_id: dict[int, Message] = {}
        # Sorted, without those that can't be delivered. What is due at once is kept apart, since
        # it would come and go in front of all the others.
        self._due: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
        self._named: dict[str, dict[int, Message]] = {}
        self._for: dict[str, list[int]] = {}

    def put(self, message: Message) -> None:
        self.take(message.id)
        self.by_id[message.id] = message
        insort(self._for.setdefault(message.receiver, []), message.id)
        if message.dead is None:
            insort(self._due[message.due > 0], (message.due, message.id))
        if message.name is not None:
            self._named.setdefault(message.receiver, {})[message.id] = message

    def waits(self, id: int) -> bool:
        """Tell whether a message is on its way."""
        found = self.by_id.get(id)
        return found is not None and found.dead is None

    def change(self, id: int, **fields: Any) -> Message | None:
        """Change some fields of a message, and return it, unless it is gone."""
        found = self.by_id.get(id)
        if found is not None:
            found = replace(found, **fields)
            self.put(found)
        return found

    def take(self, id: int) -> None:
        message = self.by_id.pop(id, None)
        if message is None:
            return
        mine = self._for[message.receiver]
        del mine[bisect_left(mine, id)]
        if not mine:
            del self._for[message.receiver]
        if message.dead is None:
            due = self._due[message.due > 0]
            del due[bisect_left(due, (message.due, id))]
        if message.name is not None:
            named = self._named[message.receiver]
            del named[id]
            if not named:
                del self._named[message.receiver]

    def drop(self, id: int) -> bool:
        found = self.by_id.get(id)
        if found is None or found.dead is None:
            return False
        self.take(id)
        return True

    def after(self, id: int, receiver: str | None) -> Iterator[Message]:
        """Yield the messages with a greater id, in their order; of one receiver, or all."""
        ids = sorted(self.by_id) if receiver is None else self._for.get(receiver, [])
        return (self.by_id[ids[at]] for at in range(bisect_right(ids, id), len(ids)))

    def due(self, by: int, after: tuple[int, int], limit: int) -> list[Message]:
        found = (
            self.by_id[due[at][1]]
            for due in self._due
            for at in range(bisect_right(due, after), bisect_right(due, (by + 1, 0)))
        )
        return [*itertools.islice(found, limit)]

    def pending(self, workflow_id: str) -> list[Message]:
        return [message for _, message in sorted(self._named.get(workflow_id, {}).items())]
