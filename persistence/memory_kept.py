"""What the store in memory has of one workflow."""

from __future__ import annotations

import msgspec

from .records import Checkpoint, Entry, WorkflowRecord
from .recovery import fold


class Kept:
    """One workflow."""

    __slots__ = ("checkpoints", "entries", "keys", "record")

    def __init__(self, record: WorkflowRecord) -> None:
        self.record = record
        self.entries: list[Entry] = []
        self.checkpoints: list[Checkpoint] = []
        self.keys: dict[str, Entry] = {}

    def index(self, sequence: int) -> int:
        """Return how many of the entries have this sequence or a smaller one."""
        return max(0, min(len(self.entries), sequence - self.record.first_sequence + 1))

    def append(self, entry: Entry) -> None:
        self.entries.append(entry)
        if entry.key is not None:
            self.keys[entry.key] = entry

    def trim(self, upto: int) -> list[Entry]:
        """Drop the entries up to this sequence, and return them."""
        at = self.index(upto)
        checkpoint = self.last_checkpoint(upto)
        assert checkpoint is not None
        reached = fold(checkpoint, self.entries[self.index(checkpoint.sequence) : at])
        trimmed, self.entries = self.entries[:at], self.entries[at:]
        for entry in trimmed:
            if entry.key is not None:
                del self.keys[entry.key]
        self.checkpoints = [reached, *(c for c in self.checkpoints if c.sequence > upto)]
        self.record = msgspec.structs.replace(self.record, first_sequence=upto + 1)
        return trimmed

    def last_checkpoint(self, upto: int | None) -> Checkpoint | None:
        """Return the last checkpoint, or the last one at `upto` or before it."""
        return next(
            (c for c in reversed(self.checkpoints) if upto is None or c.sequence <= upto), None
        )
