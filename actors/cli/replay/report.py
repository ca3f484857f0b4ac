"""What became of a replayed log, read back from the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Self, TypeVar

import msgspec

from ....persistence.records import WorkflowRecord
from ...charts import leaves
from ...history import HistoryEntry
from ...statistics import Statistics
from ...system import ActorSystem
from ...workflow import Workflow
from ..counts import Counts
from .activities import Activities
from .rows import is_row_key
from .run import Sent

Key = TypeVar("Key")


class End(msgspec.Struct, frozen=True):
    """Where cases stand.

    Attributes:
        state: ids of the innermost active states, joined by "+".
        finished: whether that is the end of the case.
        cases: how many stand there.
    """

    state: str
    finished: bool
    cases: int


class Deviation(msgspec.Struct, frozen=True):
    """Rows of one activity that their cases could not take.

    Attributes:
        activity: the activity.
        kind: "refused" by the state that the case was in, "unknown" to the definition, or
            "failed" in an action.
        rows: how many.
        cases: in how many cases.
    """

    activity: str
    kind: str
    rows: int
    cases: int


class Report(msgspec.Struct, frozen=True):
    """What became of a log.

    Attributes:
        rows: rows read.
        sent: of those, sent by this run.
        earlier: of those, already in the store.
        foreign: rows in the store that are not in this log.
        broken: rows that could not be read and were left out.
        lost: rows of cases that could not begin, which the store can't keep.
        cases: cases in the log.
        ends: where they stand, the most frequent first.
        deviations: what they could not take, the most frequent first.
        seconds: how long sending took, from the first row to the last answer.
        events_per_second: rows sent by this run in a second.
        chart: seconds within the charts in this run, added up over threads.
        store: seconds spent in writing transactions.
        steps: steps written in this run, creations among them.
        commits: transactions in which they were written.
        largest: most steps in one transaction.
        kept: rows that the store has for these cases now.
        taken: of those, the ones that took effect: neither refused nor failed.
        why_lost: why the first of the cases could not begin that could not.
    """

    rows: int
    sent: int
    earlier: int
    foreign: int
    broken: int
    lost: int
    cases: int
    ends: tuple[End, ...]
    deviations: tuple[Deviation, ...]
    seconds: float
    events_per_second: float
    chart: float
    store: float
    steps: int
    commits: int
    largest: int
    kept: int
    taken: int
    why_lost: str = ""

    @property
    def missing(self) -> int:
        """Rows that should be in the store and are not: 0, or something is very wrong."""
        return self.rows - self.lost + self.foreign - self.kept

    @property
    def elsewhere(self) -> float:
        """Seconds that were neither chart nor store: messages, reading the log, waiting."""
        return max(0.0, self.seconds - self.chart - self.store)

    @classmethod
    def read(
        cls,
        system: ActorSystem,
        workflow: type[Workflow],
        sent: Sent,
        *,
        broken: int = 0,
        counts: Counts | None = None,
    ) -> Self:
        """Read what became of a log from the histories of its cases.

        Arguments:
            system: where it was replayed, still open.
            workflow: what its cases are.
            sent: what the run did.
            broken: rows that it left out.
            counts: counts for a diagram, which get every step of the cases.
        """
        activities = Activities(workflow)
        ends: Counter[tuple[str, bool]] = Counter()
        rows: Counter[tuple[str, str]] = Counter()
        cases: Counter[tuple[str, str]] = Counter()
        chart = kept = taken = 0
        for record, history in _histories(system, workflow, sent.cases):
            state = "+".join(leaves(workflow, record.configuration))
            ends[state, record.finished] += 1
            before = sent.before.get(record.id, 0)
            deviating = []
            for entry in history:
                if is_row_key(entry.key):
                    kept += 1
                    taken += entry.kind == "step"
                if entry.sequence > before:
                    chart += entry.duration
                if counts is not None:
                    counts.add(entry)
                if kind := _deviation(entry):
                    deviating.append((activities.label(entry.event), kind))
            rows.update(deviating)
            cases.update(set(deviating))
        statistics: Statistics = system.statistics
        return cls(
            rows=sent.rows,
            sent=sent.sent,
            earlier=sent.earlier,
            foreign=sent.foreign,
            broken=broken,
            lost=sum(lost for _, lost in sent.unborn.values()),
            cases=len(sent.cases),
            ends=tuple(
                End(state, finished, number) for (state, finished), number in _by_count(ends)
            ),
            deviations=tuple(
                Deviation(activity, kind, number, cases[activity, kind])
                for (activity, kind), number in _by_count(rows)
            ),
            seconds=sent.seconds,
            events_per_second=sent.sent / sent.seconds if sent.seconds else 0.0,
            chart=chart / 1e6,
            store=statistics.writing,
            steps=statistics.steps,
            commits=statistics.commits,
            largest=statistics.largest,
            kept=kept,
            taken=taken,
            why_lost=next((why for why, _ in sent.unborn.values()), ""),
        )


def _deviation(entry: HistoryEntry) -> str | None:
    if entry.kind == "refused" and is_row_key(entry.key):
        unknown = entry.error is not None and entry.error["type"] == "UnknownEvent"
        return "unknown" if unknown else "refused"
    return "failed" if entry.kind == "failed" else None


def _by_count(counter: Counter[Key]) -> list[tuple[Key, int]]:
    return sorted(counter.items(), key=lambda item: (-item[1], str(item[0])))


def _histories(
    system: ActorSystem, workflow: type[Workflow], cases: set[str]
) -> Iterator[tuple[WorkflowRecord, list[HistoryEntry]]]:
    after = 0
    while page := system.list(workflow, after=after, limit=1000):
        after = page[-1].number
        for record in page:
            if record.id in cases:
                yield record, system.get(record.id).history()
