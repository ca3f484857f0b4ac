"""The command that replays an event log; what it does is in `replay`, here is how it is told."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from types import FrameType
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..system import ActorSystem
from ..workflow import Workflow
from .counts import Counts
from .definition import load_definition
from .drawing import draw_with
from .errors import CommandFailed
from .eventlog import Columns, LogError, LogEvent, count_events, in_time_order, read_log
from .opening import writing
from .options import ActionsModule, AsJson, DefinitionArgument, Store
from .out import complain, say, say_json, table, write_file
from .replay import Replay, Report

_BROKEN_SHOWN = 10
_COLUMN = re.compile(r"(?:^|,)(case|activity|timestamp|format)=")


def replay(
    definition: DefinitionArgument,
    log: Annotated[
        Path, typer.Argument(metavar="LOG", help="An event log: CSV or XES, plain or gzip.")
    ],
    store: Store,
    columns: Annotated[
        str,
        typer.Option(
            metavar="ROLE=NAME,…",
            help="Where the log has what, as in 'case=Case ID,activity=Task,timestamp=When'; "
            "'timestamp=' for a log without times, 'format=%d.%m.%Y' for how they are written.",
        ),
    ] = "",
    at_end: Annotated[
        str | None,
        typer.Option(metavar="EVENT", help="Send this to every open case after the last row."),
    ] = None,
    by_time: Annotated[
        bool, typer.Option("--by-time", help="Send the rows in the order of their times.")
    ] = False,
    skip_broken: Annotated[
        bool, typer.Option("--skip-broken", help="Leave rows out that can't be read.")
    ] = False,
    diagram: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write an SVG of the definition, with counts."),
    ] = None,
    actions: ActionsModule = None,
    max_active: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Cases in memory at once; others come and go."),
    ] = 10_000,
    as_json: AsJson = False,
) -> None:
    """Replay an event log: a case is a workflow, a row is an event.

    Each row takes effect once: run again after a kill, it goes on where it stopped. A row that its
    case can't take is kept in the history of the case as a deviation.

    The columns of a CSV log reach actions as text, empty ones as None; those of an XES log
    are typed.
    """
    workflow = load_definition(definition, actions=actions)
    broken: list[LogError] = []
    events = _read(log, _columns(columns), by_time, skip_broken, broken)
    if diagram is not None and (diagram.is_dir() or not diagram.parent.is_dir()):
        raise CommandFailed(f"{diagram} can't be written: give a file in a folder that exists.")
    try:
        # The first row is read before the store is opened: a log that is none makes no store.
        events = chain([next(events)], events)
        system = writing(store, new=True, max_active=max_active)
        report = _run(workflow, events, system, at_end, count_events(log), diagram, broken)
    except LogError as error:
        if not broken or skip_broken:
            raise
        raise CommandFailed(
            f"{error}. The rows before it are in the store; --skip-broken leaves such rows out."
        ) from error
    if as_json:
        path = None if diagram is None else str(diagram)
        say_json({**msgspec.to_builtins(report), "diagram": path})
    else:
        _tell(report, log, diagram)
    for row in broken[:_BROKEN_SHOWN]:
        complain(f"Left out: {row}")
    if len(broken) > _BROKEN_SHOWN:
        complain(f"… and {len(broken) - _BROKEN_SHOWN:,} more that could not be read.")
    if report.lost:
        complain(
            f"{report.lost:,} rows are of cases that could not begin, and so are not in the "
            f"store: {report.why_lost}"
        )
    if report.missing:
        complain(f"{report.missing:,} rows left no entry in the store: run verify on it.")
    if report.kept and not report.taken:
        complain(
            f"None of the {report.kept:,} rows in the store took effect; check that the definition "
            f"has the activities of {log.name} as events, and what --columns says."
        )
    if report.lost or report.missing or not report.taken:
        raise typer.Exit(1)


def _read(
    log: Path, columns: Columns, by_time: bool, skip_broken: bool, broken: list[LogError]
) -> Iterator[LogEvent]:
    events = read_log(
        log,
        columns=columns,
        on_broken="skip" if skip_broken else "error",
        report=broken.append,
    )
    return in_time_order(events) if by_time else events


def _columns(given: str) -> Columns:
    """Read `case=Case ID,activity=Task`; a name may have commas in it."""
    marks = list(_COLUMN.finditer(given))
    if given and (not marks or marks[0].start() != 0):
        raise CommandFailed(
            f"--columns is {given!r}; write it as 'case=NAME,activity=NAME,timestamp=NAME'."
        )
    ends = [*(mark.start() for mark in marks[1:]), len(given)]
    named = {m[1]: given[m.end() : end] for m, end in zip(marks, ends, strict=False)}
    ordinary = Columns()
    return Columns(
        case=named.get("case", ordinary.case),
        activity=named.get("activity", ordinary.activity),
        timestamp=named.get("timestamp", "timestamp") or None,
        timestamp_format=named.get("format") or None,
    )


def _run(
    workflow: type[Workflow],
    events: Iterator[LogEvent],
    system: ActorSystem,
    at_end: str | None,
    rows: int,
    diagram: Path | None,
    broken: list[LogError],
) -> Report:
    replay = Replay(system, workflow, at_end=at_end)
    counts = None if diagram is None else Counts(workflow)
    with system:
        with _until_interrupted() as interrupted, _progress(rows) as told:
            try:
                sent = replay.run(events, told=told, stopped=interrupted)
            except KeyboardInterrupt:
                complain("Interrupted; what was sent is in the store: run it again to go on.")
                raise typer.Exit(130) from None
        report = Report.read(system, workflow, sent, broken=len(broken), counts=counts)
    if diagram is not None:
        write_file(diagram, draw_with(workflow, counts, "svg").encode())
    return report


@contextmanager
def _until_interrupted() -> Iterator[Callable[[], bool]]:
    """Have Ctrl-C end the run between two rows, the second time at once."""
    interrupted = False

    def note(signum: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        if interrupted:
            raise KeyboardInterrupt
        interrupted = True

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: interrupted
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _progress(rows: int) -> Iterator[Callable[[int], object]]:
    """Show a bar of so many rows on stderr, if that is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done: None
        return
    with Progress(
        TextColumn("rows in the store"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as progress:
        task = progress.add_task("", total=rows)
        yield lambda done: progress.update(task, completed=done)


def _tell(report: Report, log: Path, diagram: Path | None) -> None:
    say(
        f"{log.name}: {report.rows:,} rows, {report.cases:,} cases; {report.sent:,} rows sent now, "
        f"{report.earlier:,} were in the store."
    )
    if report.foreign:
        say(f"The store has {report.foreign:,} rows of these cases that are not in this log.")
    table(
        ("state", "at its end", ">cases"),
        [(e.state, "yes" if e.finished else "no", f"{e.cases:,}") for e in report.ends],
        title="Cases by end state",
    )
    if report.deviations:
        table(
            ("activity", "why", ">rows", ">cases"),
            [(d.activity, d.kind, f"{d.rows:,}", f"{d.cases:,}") for d in report.deviations],
            title="Deviations by activity",
        )
    else:
        say("No row deviates.")
    table(
        ("where the time went", ">seconds", ">share"),
        [
            (part, f"{seconds:.2f}", f"{seconds / (report.seconds or 1):.0%}")
            for part, seconds in (
                ("charts, in all threads", report.chart),
                ("store, at the same time", report.store),
                ("the rest at least: messages, the log", report.elsewhere),
                ("in all, by the clock", report.seconds),
            )
        ],
    )
    say(
        f"{report.events_per_second:,.0f} events a second; {report.steps:,} steps in "
        f"{report.commits:,} transactions, up to {report.largest:,} in one."
    )
    if diagram is not None:
        say(f"The diagram with counts is {diagram}")
