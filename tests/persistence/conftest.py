"""Both stores, and an author who writes histories into them as the system does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from repertory.persistence.chain import START, checksum
from repertory.persistence.changes import diff
from repertory.persistence.memory import MemoryStore
from repertory.persistence.records import ChartState, Entry, Kind, Step, WorkflowRecord
from repertory.persistence.recovery import take_checkpoint
from repertory.persistence.sqlite import SqliteStore
from repertory.persistence.store import Store

EPOCH = 1_700_000_000_000_000
SECOND = 1_000_000


class Author:
    """One workflow as its actor sees it: makes steps, and knows where it stands."""

    def __init__(self, store: Store, id: str = "order-7", type: str = "Order", every: int = 4):
        self.store = store
        self.every = every
        self.context: dict[str, Any] = {}
        self.previous = START
        self.chart = ChartState()
        self.record = WorkflowRecord(
            number=store.allocate(),
            id=id,
            type=type,
            version=1,
            sequence=0,
            first_sequence=1,
            configuration=(),
            finished=False,
            created_at=EPOCH,
            updated_at=EPOCH,
        )

    def step(
        self,
        event: str = "pay",
        target: tuple[str, ...] | None = None,
        key: str | None = None,
        at: int | None = None,
        finished: bool = False,
        history: dict[str, tuple[str, ...]] | None = None,
        kind: Kind = Kind.STEP,
        data: Any = None,
        **changes: Any,
    ) -> Step:
        sequence = self.record.sequence + 1
        at = EPOCH + sequence * SECOND if at is None else at
        if target is None:
            target = ("basket",) if sequence % 2 else ("paid", "packing")
        context = {**self.context, **changes}
        changed = diff(self.context, context)
        entry = Entry(
            sequence=sequence,
            kind=Kind.CREATED if sequence == 1 else kind,
            at=at,
            event=event,
            data=None if data is None else msgspec.json.encode(data),
            key=key,
            source=self.record.configuration,
            target=target,
            duration=120,
            history=None if history is None else msgspec.json.encode(history),
            context=None if changed is None else msgspec.json.encode(changed),
            result=None,
            error=None,
            details=b'{"actions":["on_pay"]}',
            checksum=b"",
        )
        entry = msgspec.structs.replace(
            entry, checksum=checksum(self.previous, self.record.id, entry)
        )
        self.chart = ChartState(target, self.chart.history if history is None else history)
        self.context = context
        self.previous = entry.checksum
        self.record = msgspec.structs.replace(
            self.record,
            sequence=sequence,
            configuration=target,
            finished=finished,
            created_at=at if sequence == 1 else self.record.created_at,
            updated_at=at,
        )
        due = sequence == 1 or sequence % self.every == 0
        checkpoint = take_checkpoint(entry, self.chart, context) if due else None
        return Step(self.record, entry, checkpoint)

    def write(self, count: int = 1, **given: Any) -> Author:
        """Commit so many steps, one transaction each."""
        for _ in range(count):
            total = self.record.sequence
            assert self.store.commit([self.step(**{"total": total, **given})]) == [None]
        return self


@pytest.fixture
def author(store: Store) -> Callable[..., Author]:
    return lambda *args, **given: Author(store, *args, **given)


@pytest.fixture
def author_in() -> type[Author]:
    return Author


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.db"


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, path: Path) -> Iterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else SqliteStore(path)
    yield made
    made.close()


@pytest.fixture
def sqlite(path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(path)
    yield made
    made.close()
