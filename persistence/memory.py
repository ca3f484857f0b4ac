"""The store in memory: for tests, and for what need not outlive the process."""

from __future__ import annotations

import builtins
import itertools
import threading
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from .admission import judge
from .errors import RepertoryError, WorkflowExists
from .records import Checkpoint, Entry, Message, Retention, Step, Stored, WorkflowRecord
from .recovery import fold
from .retention import cut, oldest_allowed
from .store import Store


class _Kept:
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


class MemoryStore(Store):
    """Keeps workflows as long as it is referred to.

    Example:
        >>> store = MemoryStore()
        >>> store.find("order-7")
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._entry_ids = itertools.count(1)
        self._kept: dict[int, _Kept] = {}
        # Numbers, sorted: a creation may be committed after one with a greater number.
        self._order: list[int] = []
        self._by_id: dict[str, _Kept] = {}
        self._message_ids = itertools.count(1)
        self._messages: dict[int, Message] = {}

    def close(self) -> None:
        """Do nothing: another system may take up what is here."""

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._lock:
            yield

    # --- writing ---

    def allocate(self) -> int:
        return next(self._numbers)

    def allocate_message(self) -> int:
        return next(self._message_ids)

    def bury(self, message: int, why: str) -> None:
        with self.reading():
            found = self._messages.get(message)
            if found is not None:
                self._messages[message] = msgspec.structs.replace(found, dead=why)

    def commit(self, steps: Sequence[Step]) -> Sequence[RepertoryError | None]:
        with self.reading():
            verdicts = judge(steps, self._head, self._by_id.__contains__, self._used, self._waits)
            for step, verdict in zip(steps, verdicts, strict=True):
                if verdict is None:
                    self._write(step)
        return verdicts

    def _head(self, number: int) -> int | None:
        kept = self._kept.get(number)
        return None if kept is None else kept.record.sequence

    def _used(self, number: int, key: str) -> bool:
        kept = self._kept.get(number)
        return kept is not None and key in kept.keys

    def _waits(self, message: int) -> bool:
        found = self._messages.get(message)
        return found is not None and found.dead is None

    def _write(self, step: Step) -> None:
        record = step.record
        kept = self._kept.get(record.number)
        if kept is None:
            kept = self._add(record)
        else:
            # Retention may have moved it on since the step's writer read the record.
            first = kept.record.first_sequence
            if record.first_sequence != first:
                record = msgspec.structs.replace(record, first_sequence=first)
            kept.record = record
        kept.append(msgspec.structs.replace(step.entry, id=next(self._entry_ids)))
        if step.checkpoint is not None:
            kept.checkpoints.append(step.checkpoint)
        if step.receives is not None:
            del self._messages[step.receives]
        for message in step.sends:
            self._messages[message.id] = message

    def _add(self, record: WorkflowRecord) -> _Kept:
        kept = self._kept[record.number] = self._by_id[record.id] = _Kept(record)
        insort(self._order, record.number)
        return kept

    def remove(self, workflow_id: str) -> bool:
        with self.reading():
            kept = self._by_id.pop(workflow_id, None)
            if kept is None:
                return False
            del self._kept[kept.record.number]
            del self._order[bisect_left(self._order, kept.record.number)]
            return True

    def insert(
        self, record: WorkflowRecord, checkpoints: Sequence[Checkpoint], entries: Sequence[Entry]
    ) -> None:
        with self.reading():
            if record.id in self._by_id:
                raise WorkflowExists(
                    f"A workflow with the id {record.id!r} exists already; remove it first.",
                    workflow_id=record.id,
                )
            kept = self._add(msgspec.structs.replace(record, number=self.allocate()))
            for entry in entries:
                kept.append(msgspec.structs.replace(entry, id=next(self._entry_ids)))
            kept.checkpoints.extend(checkpoints)

    def trim(self, retention: Retention, now: int, *, limit: int = 100) -> int:
        since = oldest_allowed(retention, now)
        trimmed = 0
        with self.reading():
            for kept in self._kept.values():
                if trimmed == limit:
                    break
                first, last = kept.record.first_sequence, kept.record.sequence
                times = ((entry.sequence, entry.at) for entry in kept.entries)
                upto = cut(first, last, times, since, retention.count)
                if upto >= first:
                    self._trim(kept, upto)
                    trimmed += 1
        return trimmed

    def _trim(self, kept: _Kept, upto: int) -> None:
        at = kept.index(upto)
        checkpoint = _last(kept.checkpoints, upto)
        assert checkpoint is not None
        reached = fold(checkpoint, kept.entries[kept.index(checkpoint.sequence) : at])
        later = [c for c in kept.checkpoints if c.sequence > upto]
        for entry in kept.entries[:at]:
            if entry.key is not None:
                del kept.keys[entry.key]
        kept.checkpoints = [reached, *later]
        kept.entries = kept.entries[at:]
        kept.record = msgspec.structs.replace(kept.record, first_sequence=upto + 1)

    # --- reading ---

    def find(self, workflow_id: str) -> WorkflowRecord | None:
        with self.reading():
            kept = self._by_id.get(workflow_id)
            return None if kept is None else kept.record

    def load(self, workflow_id: str) -> Stored | None:
        with self.reading():
            kept = self._by_id.get(workflow_id)
            if kept is None:
                return None
            checkpoint = kept.checkpoints[-1]
            entries = kept.entries[kept.index(checkpoint.sequence) :]
            return Stored(kept.record, checkpoint, entries)

    def find_key(self, number: int, key: str) -> Entry | None:
        with self.reading():
            kept = self._kept.get(number)
            return None if kept is None else kept.keys.get(key)

    def list(
        self,
        *,
        type: str | None = None,
        state: str | None = None,
        finished: bool | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> builtins.list[WorkflowRecord]:
        with self.reading():
            start = bisect_right(self._order, after)
            found = (
                record
                for number in map(self._order.__getitem__, range(start, len(self._order)))
                for record in (self._kept[number].record,)
                if (type is None or record.type == type)
                and (state is None or state in record.configuration)
                and (finished is None or record.finished == finished)
            )
            return [*itertools.islice(found, max(limit, 0))]

    def tally(self, type: str | None = None) -> dict[tuple[str, ...], int]:
        with self.reading():
            return dict(
                Counter(
                    kept.record.configuration
                    for kept in self._kept.values()
                    if type is None or kept.record.type == type
                )
            )

    def entries(
        self,
        number: int,
        *,
        after: int = 0,
        upto: int | None = None,
        last: int | None = None,
        first: int | None = None,
    ) -> builtins.list[Entry]:
        with self.reading():
            kept = self._kept.get(number)
            if kept is None:
                return []
            end = len(kept.entries) if upto is None else kept.index(upto)
            start = kept.index(after)
            if last is not None:
                start = max(start, end - max(last, 0))
            elif first is not None:
                end = min(end, start + max(first, 0))
            return kept.entries[start:end]

    def checkpoints(self, number: int) -> builtins.list[Checkpoint]:
        with self.reading():
            kept = self._kept.get(number)
            return [] if kept is None else [*kept.checkpoints]

    def checkpoint(self, number: int, upto: int | None = None) -> Checkpoint | None:
        with self.reading():
            kept = self._kept.get(number)
            return None if kept is None else _last(kept.checkpoints, upto)

    def messages(
        self, *, receiver: str | None = None, dead: bool = False, after: int = 0, limit: int = 1000
    ) -> builtins.list[Message]:
        with self.reading():
            found = (
                message
                for id, message in sorted(self._messages.items())
                if id > after
                and (message.dead is not None) == dead
                and receiver in (None, message.receiver)
            )
            return [*itertools.islice(found, limit)]

    def damage(self) -> Iterable[str]:
        return ()


def _last(checkpoints: Sequence[Checkpoint], upto: int | None) -> Checkpoint | None:
    return next((c for c in reversed(checkpoints) if upto is None or c.sequence <= upto), None)
