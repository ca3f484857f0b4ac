"""What is measured: each case with the systems that take turns, and the limit beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

REFERENCE = "$reference"
"""Stands for the store that our own run of the case has left, whose rows raw sqlite3 writes."""
PREPARED = "$prepared"
"""Stands for the store that was prepared for the case once."""


@dataclass(frozen=True)
class Entrant:
    """One of those who take turns in a case.

    Attributes:
        label: what it is called in the report.
        module: the module here that runs it.
        function: the function in it.
        arguments: for that function, besides the folder.
        distributions: what must be installed; `raw` and ours need nothing.
    """

    label: str
    module: str
    function: str
    arguments: dict[str, Any] = field(default_factory=dict)
    distributions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """One question, answered by several systems in turn.

    Attributes:
        name: its key, for `--only` and in the JSON.
        title: what is measured, as people read it.
        figure: which of the figures that come back is compared, with its unit.
        entrants: ours first.
        limit: the label of the entrant that the others are compared with.
        target: what is to be reached, as text; "" for none.
        prepared: what makes the store that all rounds use, if one does.
        group: cases of one group are points of one line in the plot.
        x: where on that line.
    """

    name: str
    title: str
    figure: tuple[str, str]
    entrants: tuple[Entrant, ...]
    limit: str
    target: str = ""
    prepared: Entrant | None = None
    group: str = ""
    x: float = 0

    @property
    def less_is_better(self) -> bool:
        return self.figure[1] != "/s"


OURS, RAW = "Repertory", "raw sqlite3"
PEERS = {
    "by hand": ("by_hand", ("pykka", "python-statemachine", "peewee")),
    "by hand, batched": ("by_hand_batched", ("pykka", "python-statemachine", "peewee")),
    "eventsourcing": ("eventsourced", ("eventsourcing",)),
    "LangGraph": ("langgraph", ("langgraph", "langgraph-checkpoint-sqlite")),
    "DBOS": ("dbos", ("dbos",)),
}
RATE = ("rate", "/s")

GROWTH: Mapping[str, Sequence[int]] = {
    "workflows": (10, 100, 1000, 10_000, 100_000),
    "senders": (1, 10, 100, 1000),
    "context": (100, 1000, 10_000, 100_000, 1_000_000),
}
"""The points at which it is measured how cost grows: workflows, senders, bytes of context."""


def short() -> list[Case]:
    """Return our own cases and their limits at sizes that say nothing, to see whether they work."""
    growth = {"workflows": (2, 20), "senders": (1, 3), "context": (100, 2000)}
    return [
        replace(case, entrants=tuple(one for one in case.entrants if not one.distributions))
        for case in cases(0.01, 150, growth)
    ]


def cases(scale: float, stored: int, growth: Mapping[str, Sequence[int]] = GROWTH) -> list[Case]:
    """Return all cases.

    Arguments:
        scale: of the number of events; 1 is what the targets were set for.
        stored: how many workflows the large store has.
        growth: the points of the curves.
    """
    events, one = max(2, round(50 * scale)), max(20, round(3000 * scale))
    return [
        Case(
            "many",
            f"200 workflows, {events} events each",
            RATE,
            (
                Entrant(OURS, "systems.ours", "many", {"workflows": 200, "events": events}),
                Entrant(RAW, "systems.raw", "many", {"reference": REFERENCE}),
                *_peers("many", {"workflows": 200, "events": max(2, events // 5)}),
            ),
            RAW,
            "≥ 0.4 x raw; ≥ 10 x the best peer",
        ),
        Case(
            "one",
            "one workflow, one sender that waits for each event",
            RATE,
            (
                Entrant(OURS, "systems.ours", "one", {"events": one}),
                Entrant(RAW, "systems.raw", "one", {"reference": REFERENCE}),
                *_peers("one", {"events": max(20, one // 2)}),
            ),
            RAW,
            "≥ 0.7 x raw; ahead of all peers",
        ),
        Case(
            "message",
            "a message to another workflow and its durable reply",
            ("milliseconds", "ms"),
            (
                Entrant(OURS, "systems.ours", "message", {"rounds": 200}),
                Entrant("three commits", "systems.raw", "message", {"rounds": 200}),
                Entrant("DBOS", "systems.dbos", "message", {"rounds": 2}, PEERS["DBOS"][1]),
                Entrant(
                    "DBOS, looking each ms",
                    "systems.dbos",
                    "message",
                    {"rounds": 20, "interval": 0.001},
                    PEERS["DBOS"][1],
                ),
            ),
            "three commits",
            "≤ 3 ms",
        ),
        Case(
            "activation",
            "bringing stored workflows into memory",
            RATE,
            (
                Entrant(OURS, "workloads.activation", "ours", {"workflows": round(4000 * scale)}),
                Entrant(RAW, "workloads.activation", "raw", {"workflows": round(4000 * scale)}),
            ),
            RAW,
            "≥ 10,000/s",
        ),
        *_large(stored),
        _size(max(500, round(1000 * scale))),
        *_growth(scale, growth),
    ]


def _peers(function: str, arguments: dict[str, Any]) -> list[Entrant]:
    return [
        Entrant(label, f"systems.{module}", function, arguments, needed)
        for label, (module, needed) in PEERS.items()
    ]


def _large(stored: int) -> list[Case]:
    arguments = {"stored": PREPARED, "workflows": stored}
    figures = {
        "open": ("open the store", "ms", "< 300 ms"),
        "list": ("list its first page", "ms", "< 300 ms"),
        "list_by_state": ("list a page by state, from the middle", "ms", "< 300 ms"),
        "first_event": ("first event to any one", "ms", "< 300 ms"),
        "slowest_event": ("the slowest of 21 such events", "ms", "< 300 ms"),
        "cold_open": ("open it, nothing of it in the page cache", "ms", "< 300 ms"),
        "cold_list": ("then list its first page", "ms", "< 300 ms"),
        "cold_event": ("then the slowest of 21 first events", "ms", "< 300 ms"),
        "peak": ("memory of the process", "MB", "< 200 MB"),
    }
    return [
        Case(
            f"large_{figure}",
            f"{stored:,} stored workflows: {title}",
            (figure, unit),
            (
                Entrant(OURS, "workloads.large", "ours", arguments),
                Entrant(RAW, "workloads.large", "raw", arguments),
            ),
            RAW,
            target,
            Entrant("prepare", "workloads.large", "prepare", {"workflows": stored}),
        )
        for figure, (title, unit, target) in figures.items()
    ]


def _size(transitions: int) -> Case:
    size = 10_000
    return Case(
        "size",
        "a transition that changes one field of a 10 KB context, in the file",
        ("bytes", "bytes"),
        (
            Entrant(OURS, "workloads.size", "ours", {"transitions": transitions, "size": size}),
            Entrant(
                "full snapshots",
                "workloads.size",
                "snapshots",
                {"reference": REFERENCE, "size": size},
            ),
        ),
        "full snapshots",
        "≤ 0.05 x full snapshots",
    )


def _growth(scale: float, points: Mapping[str, Sequence[int]]) -> list[Case]:
    found = []
    events = max(20, round(2000 * scale))
    for workflows in points["workflows"]:
        arguments = {"workflows": workflows, "events": events}
        found.append(
            _grown(
                "workflows",
                workflows,
                f"{workflows:,} workflows in the store, events to any of them",
                Entrant(OURS, "workloads.growth", "workflows", arguments),
                100,
            )
        )
    for senders in points["senders"]:
        arguments = {"senders": senders, "events": events}
        found.append(
            _grown(
                "senders",
                senders,
                f"{senders:,} senders, each waiting for its answers",
                Entrant(OURS, "workloads.growth", "senders", arguments),
                min(100, senders),
            )
        )
    for size in points["context"]:
        arguments = {"workflows": 10, "events": max(2, round(20 * scale)), "padding": size}
        found.append(
            _grown(
                "context",
                size,
                f"a context of {size:,} bytes",
                Entrant(OURS, "systems.ours", "many", arguments),
                100,
            )
        )
    return found


def _grown(group: str, x: int, title: str, ours: Entrant, batch: int) -> Case:
    raw = Entrant(RAW, "systems.raw", "many", {"reference": REFERENCE, "batch": batch})
    return Case(f"{group}_{x}", title, RATE, (ours, raw), RAW, group=group, x=x)
