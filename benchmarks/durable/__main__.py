"""Run the benchmarks of the durable step: `python -m benchmarks.durable`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from . import child, disk, plan, plot, report, rounds

HERE = Path(__file__).parent


def main() -> int:
    options = _options()
    folder = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    kind = disk.file_system(folder)
    if kind in disk.MEMORY and not options.short:
        print(f"{folder} is on {kind}, which is no disk; give another one with --folder.")
        return 2
    cases = [
        case
        for case in (plan.short() if options.short else plan.cases(options.scale, options.stored))
        if not options.only or case.name.startswith(tuple(options.only))
    ]
    if not cases:
        print(f"No case is called {' or '.join(options.only)}.")
        return 2
    console = Console()
    if not console.is_terminal:
        console = Console(width=110)
    work = Path(tempfile.mkdtemp(prefix="durable-", dir=folder))
    machine = {
        "processors": os.cpu_count(),
        "file_system": kind,
        "flush_us": disk.flush_microseconds(work),
        "load_before": os.getloadavg()[0],
        "rounds": options.rounds,
        "scale": options.scale,
    }
    try:
        with console.status("") as status:
            measure = child.measure if options.short else rounds.in_a_child
            outcomes = rounds.run(cases, work, options.rounds, status.update, measure)
    finally:
        shutil.rmtree(work)
    about = report.surroundings({**machine, "load_after": os.getloadavg()[0]})
    report.print_table(outcomes, about, console)
    options.out.mkdir(parents=True, exist_ok=True)
    report.write_json(outcomes, about, options.out / f"{options.name}.json")
    try:
        plot.draw(outcomes, options.out / f"{options.name}.svg")
    except ImportError:
        console.print("There is no plot: matplotlib is not installed.")
    return 1 if any(plan.OURS in outcome.missing for outcome in outcomes) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.durable", description=__doc__)
    add = parser.add_argument
    add("--rounds", type=int, default=5, help="rounds; the medians of them count (5)")
    add("--scale", type=float, default=1.0, help="of the number of events (1)")
    add("--stored", type=int, default=100_000, help="workflows in the large store (100,000)")
    add("--million", action="store_const", dest="stored", const=1_000_000, help="1,000,000 there")
    add("--short", action="store_true", help="see whether they work: tiny sizes, in one process")
    add("--only", action="append", default=[], help="cases whose name begins so; may be repeated")
    add(
        "--folder",
        type=Path,
        default=Path("build/bench"),
        help="where the stores are made: the disk that is measured (build/bench)",
    )
    add("--out", type=Path, default=HERE / "results", help="for the JSON and the plot")
    add("--name", default="durable", help="what the two are called (durable)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
