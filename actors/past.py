"""Committed steps as they were, read back from the store in the order of their commits."""

from __future__ import annotations

from msgspec.structs import replace

from ..persistence.codec import decode_json
from ..persistence.errors import RepertoryError
from ..persistence.records import Checkpoint, Entry, Kind, WorkflowRecord
from ..persistence.recovery import fold, position
from .charts import is_final
from .notifications import Committed
from .position import Position
from .services import Services
from .versions import version_at

MOST = 256
"""Workflows of which the last position is remembered, so that the next takes one entry."""


class Past:
    """Makes `Committed` of entries; cheap when it gets those of a workflow one after another."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._reached: dict[int, tuple[Checkpoint, int]] = {}

    def committed(self, record: WorkflowRecord, entry: Entry) -> Committed:
        """Return an entry with where the workflow stood after it.

        Arguments:
            record: the workflow's row as it is now; read with the entry from one state of the
                store, which the caller holds.
            entry: one of its entries.

        Raises:
            StoreDamaged: what is stored does not fit together.
        """
        reached, version = self._reach(record, entry)
        if len(self._reached) >= MOST:
            self._reached.clear()
        self._reached[record.number] = reached, version
        then = replace(
            record,
            version=version,
            sequence=entry.sequence,
            configuration=entry.target,
            finished=self._finished(record, entry),
            updated_at=entry.at,
        )
        context = decode_json(reached.context)
        return Committed(Position(then, reached.chart, context, entry.checksum), entry)

    def _reach(self, record: WorkflowRecord, entry: Entry) -> tuple[Checkpoint, int]:
        store = self._services.store
        known = self._reached.get(record.number)
        if known is None or not record.first_sequence <= known[0].sequence + 1 <= entry.sequence:
            there = position(store, record, entry.sequence)
            return there, version_at(store, record, entry.sequence)
        before, version = known
        entries = [entry]
        if before.sequence + 1 < entry.sequence:
            entries = store.entries(record.number, after=before.sequence, upto=entry.sequence)
        for one in entries:
            if one.kind is Kind.MIGRATED and one.data is not None:
                version = int(decode_json(one.data)["to"])
        return fold(before, entries), version

    def _finished(self, record: WorkflowRecord, entry: Entry) -> bool:
        if entry.sequence == record.sequence:
            return record.finished
        try:
            return is_final(self._services.workflow_class(record.type), entry.target)
        except RepertoryError:
            return False  # its class is not imported: at a step that was not the last, likely not
