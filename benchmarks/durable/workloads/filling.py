"""Fills a store with many workflows quickly: creations written straight to it."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from repertory.persistence import (
    ChartState,
    Checkpoint,
    Entry,
    Kind,
    SqliteStore,
    Step,
    WorkflowRecord,
)
from repertory.persistence.chain import START, checksum

from benchmarks.durable.systems.ours import Toggle

NOW = 1_800_000_000_000_000
BATCH = 5000


def fill(path: Path, workflows: int) -> None:
    """Make a store of so many toggles, `w0` and on, every third of which is on."""
    store = SqliteStore(path, synchronous="OFF")
    for first in range(0, workflows, BATCH):
        numbers = range(first, min(first + BATCH, workflows))
        store.commit([_creation(store.allocate(), f"w{n}", n % 3 == 0) for n in numbers])
    store.close()


def _creation(number: int, id: str, on: bool) -> Step:
    context = b'{"count":0,"padding":""}'
    chart = ChartState(configuration=("on" if on else "off",))
    entry = Entry(
        sequence=1,
        kind=Kind.CREATED,
        at=NOW,
        event="__created__",
        data=None,
        key=None,
        source=(),
        target=chart.configuration,
        duration=100,
        history=None,
        context=b'{"=":' + context + b"}",
        result=None,
        error=None,
        details=None,
        checksum=b"",
    )
    entry = replace(entry, checksum=checksum(START, id, entry))
    record = WorkflowRecord(
        number=number,
        id=id,
        type=Toggle.workflow_name,
        version=1,
        sequence=1,
        first_sequence=1,
        configuration=chart.configuration,
        finished=False,
        created_at=NOW,
        updated_at=NOW,
    )
    checkpoint = Checkpoint(
        sequence=1, at=NOW, chart=chart, context=context, checksum=entry.checksum
    )
    return Step(record=record, entry=entry, checkpoint=checkpoint)
