"""Run the Savina benchmarks: `python -m benchmarks.savina`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from rich.console import Console

from . import plot, report, rounds
from .cases import CASES
from .stages.catalogue import OURS, RUNTIMES

HERE = Path(__file__).parent


def main() -> int:
    options = _options()
    cases = [
        case
        for name, case in CASES.items()
        if not options.only or name.startswith(tuple(options.only))
    ]
    unknown = [name for name in options.runtime if name not in RUNTIMES]
    if not cases or unknown:
        print(
            f"There is no {' or '.join(unknown or options.only)}. Benchmarks: {', '.join(CASES)}. "
            f"Runtimes: {', '.join(RUNTIMES)}."
        )
        return 2
    if options.cpus:
        os.sched_setaffinity(0, {int(number) for number in options.cpus.split(",")})
    runtimes = [
        runtime
        for name, runtime in RUNTIMES.items()
        if not options.runtime or name in options.runtime
    ]
    console = Console()
    if not console.is_terminal:
        console = Console(width=60 + 18 * len(runtimes))
    machine = {
        "load_before": os.getloadavg()[0],
        "rounds": options.rounds,
        "scale": options.scale,
        "command": " ".join(["python -m benchmarks.savina", *sys.argv[1:]]),
    }
    began = time.monotonic()
    with console.status("") as status:
        outcomes = rounds.run(cases, runtimes, options.rounds, options.scale, status.update)
    about = report.surroundings(
        runtimes,
        {**machine, "load_after": os.getloadavg()[0], "seconds": round(time.monotonic() - began)},
    )
    report.print_tables(outcomes, runtimes, about, console)
    options.out.mkdir(parents=True, exist_ok=True)
    report.write_json(outcomes, about, options.out / "savina.json")
    plot.draw(outcomes, runtimes, options.out / "savina.svg")
    (options.out / "savina.md").write_text(report.markdown(outcomes, runtimes))
    return 1 if any(OURS in outcome.missing for outcome in outcomes) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.savina", description=__doc__)
    add = parser.add_argument
    add("--rounds", type=int, default=5, help="rounds; the medians of them count (5)")
    add("--scale", type=float, default=1.0, help="of the work in each benchmark (1)")
    add("--only", action="append", default=[], help="benchmarks that begin so; may be repeated")
    add("--runtime", action="append", default=[], help="only this one; may be repeated")
    add("--cpus", help="processors to be used, as 0,1 (all)")
    add("--out", type=Path, default=HERE / "results", help="for the JSON, the plot and the table")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
