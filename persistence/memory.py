"""The store in memory: for tests, and for what need not outlive the process."""

from __future__ import annotations

import builtins
import itertools
import threading
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from .admission import judge
from .errors import RepertoryError, WorkflowExists
from .memory_kept import Kept
from .memory_messages import MemoryMessages
from .records import (
    Checkpoint,
    Entry,
    Message,
    MessageKind,
    Postponed,
    Retention,
    Step,
    Stored,
    WorkflowRecord,
)
from .retention import cut, oldest_allowed
from .store import Store


class MemoryStore(Store):
    """Keeps workflows as long as it is referred to.

    Example:
        >>> store = MemoryStore()
        >>> store.find("order-7")
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._kept: dict[int, Kept] = {}
        # Numbers, sorted: a creation may be committed after one with a greater number.
        self._order: list[int] = []
        self._by_id: dict[str, Kept] = {}
        self._definitions: dict[tuple[str, int], bytes] = {}
        self._cursors: dict[str, int] = {}
        self._log: dict[int, tuple[Kept, Entry]] = {}  # by entry id; those only grow: in order
        self._last_entry = 0
        self._message_ids = itertools.count(1)
        self._messages = MemoryMessages()

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
            self._messages.change(message, dead=why)

    def discard(self, message: int) -> None:
        with self.reading():
            self._messages.take(message)

    def drop(self, message: int) -> bool:
        with self.reading():
            return self._messages.drop(message)

    def postpone(
        self, message: int, *, due: int, attempt: int, options: bytes | None = None
    ) -> bool:
        with self.reading():
            if not self._messages.waits(message):
                return False
            self._messages.change(message, due=due, attempt=attempt, options=options)
            return True

    def postpone_all(self, rows: Sequence[Postponed], *, flush: bool = True) -> None:
        with self.reading():
            for message, due, attempt, options in rows:
                self.postpone(message, due=due, attempt=attempt, options=options)

    def revive(self, message: int, now: int) -> Message | None:
        with self.reading():
            return self._messages.change(message, at=now, due=0, attempt=0, dead=None)

    def commit(self, steps: Sequence[Step]) -> Sequence[RepertoryError | None]:
        with self.reading():
            verdicts = judge(
                steps, self._head, self._by_id.__contains__, self._used, self._messages.waits
            )
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
        self._append(kept, step.entry)
        if step.checkpoint is not None:
            kept.checkpoints.append(step.checkpoint)
        if step.receives is not None:
            self._messages.take(step.receives)
        for id in step.cancels:
            self._messages.take(id)
        for message in step.sends:
            self._messages.put(message)

    def _append(self, kept: Kept, entry: Entry) -> None:
        self._last_entry += 1
        entry = msgspec.structs.replace(entry, id=self._last_entry)
        kept.append(entry)
        self._log[entry.id] = kept, entry

    def _add(self, record: WorkflowRecord) -> Kept:
        kept = self._kept[record.number] = self._by_id[record.id] = Kept(record)
        insort(self._order, record.number)
        return kept

    def remove(self, workflow_id: str) -> bool:
        with self.reading():
            kept = self._by_id.pop(workflow_id, None)
            if kept is None:
                return False
            del self._kept[kept.record.number]
            for entry in kept.entries:
                del self._log[entry.id]
            del self._order[bisect_left(self._order, kept.record.number)]
            for message in self._messages.pending(workflow_id):
                self._messages.take(message.id)
            return True

    def insert(
        self,
        record: WorkflowRecord,
        checkpoints: Sequence[Checkpoint],
        entries: Sequence[Entry],
        pending: Sequence[Message] = (),
    ) -> None:
        with self.reading():
            if record.id in self._by_id:
                raise WorkflowExists(
                    f"A workflow with the id {record.id!r} exists already; remove it first.",
                    workflow_id=record.id,
                )
            kept = self._add(msgspec.structs.replace(record, number=self.allocate()))
            for entry in entries:
                self._append(kept, entry)
            kept.checkpoints.extend(checkpoints)
            for message in pending:
                self._messages.put(message)

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
                    for entry in kept.trim(upto):
                        del self._log[entry.id]
                    trimmed += 1
        return trimmed

    def define(self, type: str, version: int, definition: bytes) -> None:
        with self.reading():
            self._definitions[type, version] = definition

    def move_cursor(self, name: str, entry: int) -> None:
        with self.reading():
            self._cursors[name] = entry

    def remove_cursor(self, name: str) -> bool:
        with self.reading():
            return self._cursors.pop(name, None) is not None

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
            return Stored(kept.record, checkpoint, entries, self._messages.pending(workflow_id))

    def find_key(self, number: int, key: str) -> Entry | None:
        with self.reading():
            kept = self._kept.get(number)
            return None if kept is None else kept.keys.get(key)

    def list(
        self,
        *,
        type: str | None = None,
        states: Collection[str] = (),
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
                and set(states).issubset(record.configuration)
                and (finished is None or record.finished == finished)
            )
            return [*itertools.islice(found, max(limit, 0))]

    def tally(self) -> dict[tuple[str, tuple[str, ...]], int]:
        with self.reading():
            records = (kept.record for kept in self._kept.values())
            return dict(Counter((record.type, record.configuration) for record in records))

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
            return None if kept is None else kept.last_checkpoint(upto)

    def definitions(self) -> dict[tuple[str, int], bytes]:
        with self.reading():
            return {**self._definitions}

    def committed(self, *, after: int, first: int) -> builtins.list[tuple[WorkflowRecord, Entry]]:
        with self.reading():
            start = max(after + 1, self.entry_range()[0])
            found = (
                (kept.record, entry)
                for id in range(start, self._last_entry + 1)
                if (there := self._log.get(id)) is not None
                for kept, entry in (there,)
            )
            return [*itertools.islice(found, max(first, 0))]

    def entry_range(self) -> tuple[int, int]:
        with self.reading():
            return next(iter(self._log), self._last_entry + 1), self._last_entry

    def cursors(self) -> dict[str, int]:
        with self.reading():
            return {**self._cursors}

    def messages(
        self,
        *,
        receiver: str | None = None,
        dead: bool = False,
        kind: MessageKind | None = None,
        by: int | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> builtins.list[Message]:
        with self.reading():
            found = (
                message
                for message in self._messages.after(after, receiver)
                if (message.dead is not None) == dead
                and kind in (None, message.kind)
                and (by is None or message.due <= by)
            )
            return [*itertools.islice(found, limit)]

    def due(
        self, *, by: int, after: tuple[int, int] = (0, 0), limit: int = 1000
    ) -> builtins.list[Message]:
        with self.reading():
            return self._messages.due(by, after, limit)

    def pending(self, workflow_id: str) -> builtins.list[Message]:
        with self.reading():
            return self._messages.pending(workflow_id)

    def damage(self, workflow_id: str | None = None) -> Iterable[str]:
        return ()
