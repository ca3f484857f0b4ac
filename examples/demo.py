"""Replays a real log, kills the process half-way, and proves that no event is lost or doubled.

8,577 events of 1,434 building-permit applications become 1,434 workflows (`permits.py`). A
worker process replays them; when half of the rows are in the store it gets SIGKILL, and another
one goes on. Everything that is said at the end is computed from the store, by this process,
which has neither the workflows nor what the workers thought in memory.

Run it with `make demo`, or `python examples/demo.py`. It writes to `demo-output/`.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from repertory.actors import ActorSystem
from repertory.actors.cli.eventlog import read_log
from repertory.actors.cli.replay import at_end_key, is_row_key, row_key
from repertory.actors.errors import StoreError
from repertory.actors.results import WorkflowRecord
from rich.bar import Bar
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

HERE = Path(__file__).parent
AT_END = "close"
LOOK_EVERY = 0.05
"""Seconds between two looks into the store."""


def main(log: Path = HERE / "data" / "permits.csv.gz", folder: Path = Path("demo-output")) -> bool:
    """Run the demo; tell whether everything was as it must be."""
    began = time.perf_counter()
    console = Console(highlight=False)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    demo = Demo(console, log, folder)

    console.rule("[bold]1  A log becomes workflows")
    console.print(
        f"[bold]{log.name}[/]: {demo.rows:,} events of {len(demo.expected):,} cases. Each case is "
        f"a workflow, each event\na message to it, and each is answered when it is on disk "
        f"(synchronous=FULL)."
    )
    demo.kill_half_way()

    console.rule("[bold]2  Another process goes on where it stopped")
    report = demo.finish()

    console.rule("[bold]3  Proof, from the store alone")
    fine = demo.prove()

    console.rule("[bold]4  What the cases did")
    show_cases(console, report)
    show_time(console, report)
    console.print(f"The statechart with the counts on it: [bold]{demo.diagram}[/]")
    repertory = near(Path(sys.executable).with_name("repertory"))
    console.print(f"The store, to look at: [bold]{repertory} list --store {demo.store}[/]")
    console.print(f"[dim]The demo took {time.perf_counter() - began:.0f} s.[/]")
    return fine


class Demo:
    """The two workers, and what can be seen of them from outside."""

    def __init__(self, console: Console, log: Path, folder: Path) -> None:
        self.console = console
        self.log = log
        self.store = folder / "permits.db"
        self.diagram = folder / "permits.svg"
        self.expected: dict[str, list[str]] = defaultdict(list)
        for row in read_log(log):
            self.expected[row.case].append(row_key(row))
        self.rows = sum(map(len, self.expected.values()))

    def kill_half_way(self) -> None:
        """Start a worker, and kill it when half of the rows are in the store."""
        worker = self.start_worker()
        self.watch(worker, until=self.rows // 2)
        worker.kill()
        worker.communicate()
        if worker.returncode != -signal.SIGKILL:
            sys.exit(f"The worker had ended (exit code {worker.returncode}) before it was killed.")
        with ActorSystem(self.store, read_only=True) as system:
            self.at_kill = sum(
                is_row_key(entry.key)
                for record in workflows(system)
                for entry in system.get(record.id).history()
            )
            problems = system.verify()
        self.console.print(
            f"[red bold]SIGKILL[/] to process {worker.pid}, with {self.at_kill:,} of {self.rows:,} "
            f"rows in the store; verify: {told(problems)}"
        )

    def finish(self) -> dict[str, Any]:
        """Start another worker with the same command, and return its report when it is done."""
        worker = self.start_worker()
        self.watch(worker, until=None)
        answer, errors = worker.communicate()
        if worker.returncode != 0:
            sys.exit(f"The second worker failed with exit code {worker.returncode}: {errors}")
        report: dict[str, Any] = json.loads(answer)
        self.console.print(
            f"Process {worker.pid} found {report['earlier']:,} rows in the store and sent "
            f"{report['sent']:,}."
        )
        return report

    def start_worker(self) -> subprocess.Popen[str]:
        """Start the command line's replay as a process of its own."""
        command = [sys.executable, "-m", "repertory.actors.cli", "replay"]
        command += [near(HERE / "permits.py"), near(self.log), "--store", str(self.store)]
        command += ["--at-end", AT_END, "--diagram", str(self.diagram), "--json"]
        worker = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.console.print(f"Process {worker.pid}: [dim]repertory {' '.join(command[3:])}[/]")
        return worker

    def watch(self, worker: subprocess.Popen[str], until: int | None) -> None:
        """Watch the store grow until it has so many rows, or until the worker is done."""
        bar = Progress(
            TextColumn("rows in the store"),
            BarColumn(bar_width=46),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
        )
        system: ActorSystem | None = None
        try:
            with bar:
                task = bar.add_task("", total=self.rows)
                done = 0
                while until is None or done < until:
                    if system is None:
                        system = look_into(self.store)
                    if system is not None:
                        # Each step but the creation is a row's, until the cases are closed.
                        done = sum(record.sequence - 1 for record in workflows(system))
                        bar.update(task, completed=min(done, self.rows))
                    try:
                        worker.wait(LOOK_EVERY)
                    except subprocess.TimeoutExpired:
                        continue
                    return
        finally:
            if system is not None:
                system.close()

    def prove(self) -> bool:
        """Compare the log with the histories, entry by entry; print and tell what came out."""
        with ActorSystem(self.store, read_only=True) as system:
            found = Findings()
            for record in workflows(system):
                keys = self.expected.get(record.id)
                found.look_at(keys or [], system.get(record.id).history())
                found.strangers += keys is None
            problems = system.verify()
        once = sum(found.times[key] == 1 for keys in self.expected.values() for key in keys)
        checks = [
            ("rows in the log", self.rows, None),
            ("rows in exactly one entry of their case's history", once, self.rows),
            ("rows in none", self.rows - len(found.times), 0),
            ("rows in more than one", len(found.times) - once, 0),
            ("cases with their rows in another order than the log's", found.disordered, 0),
            ("entries with no row, neither creation nor close", found.strays, 0),
            ("cases in the store that are not in the log", found.strangers, 0),
            ("creations", found.created, len(self.expected)),
            ("closes", found.closed, None),
            (
                "entries in all: rows, creations, closes",
                found.entries,
                once + found.created + found.closed,
            ),
            ("things that verify finds wrong", len(problems), 0),
        ]
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(justify="right")
        table.add_column()
        table.add_column()
        for what, number, wanted in checks:
            good = wanted is None or number == wanted
            mark = "" if wanted is None else "[green]as it must be[/]" if good else "[red]WRONG[/]"
            table.add_row(f"[bold]{number:,}[/]", what, mark)
        self.console.print(table)
        fine = all(wanted is None or number == wanted for _, number, wanted in checks)
        self.console.print(
            f"[green bold]Each of the {self.rows:,} rows took effect exactly once, across the "
            f"SIGKILL.[/]"
            if fine
            else "[red bold]The store is not as it must be.[/]"
        )
        return fine


@dataclass
class Findings:
    """What is in the store, counted against the log."""

    times: Counter[str] = field(default_factory=Counter)
    created: int = 0
    closed: int = 0
    strays: int = 0
    strangers: int = 0
    disordered: int = 0
    entries: int = 0

    def look_at(self, keys: list[str], history: list[Any]) -> None:
        """Count one case: the keys of its rows in the log, and what its history has."""
        wanted = set(keys)
        self.entries += len(history)
        kept = [entry.key for entry in history if entry.key in wanted]
        self.times.update(kept)
        self.disordered += kept != keys
        for entry in history:
            if entry.key in wanted:
                continue
            if entry.kind == "created":
                self.created += 1
            elif entry.key == at_end_key(AT_END) and entry.event == AT_END:
                self.closed += 1
            else:
                self.strays += 1


def look_into(store: Path) -> ActorSystem | None:
    """Open a store that another process writes to, if it is there yet."""
    if not store.exists():
        return None
    try:
        return ActorSystem(store, read_only=True).open()
    except StoreError:
        return None  # it is just being made


def workflows(system: ActorSystem) -> list[WorkflowRecord]:
    """Return every workflow in a store, a page at a time."""
    found: list[WorkflowRecord] = []
    while page := system.list(after=found[-1].number if found else 0, limit=1000):
        found += page
    return found


def near(path: Path) -> str:
    """Return a path as one would type it here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def told(problems: list[Any]) -> str:
    """Say what verify found."""
    return f"[red]{len(problems)} problems[/]" if problems else "[green]nothing wrong[/]"


def show_cases(console: Console, report: dict[str, Any]) -> None:
    """Print where the cases stand, and what deviated."""
    ends = ruled("Cases by end state", "state", ">cases")
    still_open = [end for end in report["ends"] if not end["finished"]]
    for end in report["ends"]:
        if end["finished"]:
            ends.add_row(end["state"], f"{end['cases']:,}")
    number = sum(end["cases"] for end in still_open)
    ends.add_row(f"[dim]still open, in {len(still_open)} different states[/]", f"{number:,}")
    console.print(ends)
    deviations = ruled("Deviations by activity", "activity", "why", ">rows", ">cases")
    for row in report["deviations"]:
        deviations.add_row(row["activity"], row["kind"], str(row["rows"]), str(row["cases"]))
    console.print(deviations if report["deviations"] else "No event deviates from the chart.")


def ruled(title: str, *columns: str) -> Table:
    """Make a table; a column that begins with ">" is set to the right."""
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", title_style="bold")
    for column in columns:
        right = column.startswith(">")
        table.add_column(column.lstrip(">"), justify="right" if right else "left")
    return table


def show_time(console: Console, report: dict[str, Any]) -> None:
    """Print where the second process's time went."""
    seconds = report["seconds"]
    table = ruled(
        f"Where the time of the second process went: {report['events_per_second']:,.0f} events/s",
        "",
        ">",
        "",
    )
    table.show_header = False
    rest = max(0.0, seconds - report["chart"] - report["store"])
    longest = max(seconds, report["chart"], report["store"])
    for part, spent in (
        ("charts, in all threads", report["chart"]),
        ("store, at the same time", report["store"]),
        ("the rest, at least", rest),
        ("in all, by the clock", seconds),
    ):
        table.add_row(part, f"{spent:.2f} s", Bar(longest, 0, spent, width=36, color="cyan"))
    console.print(table)
    console.print(
        f"{report['steps']:,} steps in {report['commits']:,} transactions, up to "
        f"{report['largest']:,} in one."
    )


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
