"""A map-reduce over 1,000 children, beside 1,000 workflows on their own that do the same.

Run as `python benchmarks/children.py [COUNT]`. Wanted: at most three times the cost.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from repertory.actors import ActorSystem, State, Workflow

WANTED = 3.0


class Squared(Workflow):
    """Squares a number, and has ended."""

    workflow_name = "benchmark-squared"
    at_work = State(initial=True)
    done = State(final=True)
    finish = at_work.to(done)

    class Context:
        number: int = 0
        result: int = 0

    def on_enter_at_work(self) -> None:
        self.tell(self.workflow_id, "finish")

    def on_finish(self) -> None:
        self.context.result = self.context.number**2


class Sum(Workflow):
    """Has many numbers squared, all at once, and adds them up."""

    workflow_name = "benchmark-sum"
    here = State(initial=True)
    over = State(final=True)
    begin = here.to.itself(internal=True)
    squared = here.to.itself(internal=True)
    joined = here.to(over)

    class Context:
        total: int = 0

    def on_begin(self, count: int) -> None:
        contexts = [{"number": number} for number in range(count)]
        self.start_children(Squared, contexts, done="squared", joined="joined")

    def on_squared(self, result: int) -> None:
        self.context.total += result


def children(system: ActorSystem, count: int) -> None:
    """Have one workflow start them, hear of each, and join them."""
    parent = system.start(Sum, id="sum")
    parent.tell("begin", count=count)
    parent.wait_for("over", timeout=600)
    assert parent.context.total == sum(number**2 for number in range(count))


def alone(system: ActorSystem, count: int) -> None:
    """Start them from outside, and wait until all have ended."""
    futures = [
        system.start(Squared, id=f"s/{number}", context={"number": number}, block=False)
        for number in range(count)
    ]
    for future in futures:
        future.get().wait_for("done", timeout=600)


def measured(
    path: Path | None, run: Callable[[ActorSystem, int], Any], count: int
) -> tuple[float, float]:
    """Return the seconds on the clock, and of the processor."""
    with ActorSystem(path) as system:
        began, computed = perf_counter(), process_time()
        run(system, count)
        return perf_counter() - began, process_time() - computed


def main(count: int) -> None:
    """Measure each, and print a line for it."""
    print(f"{count:,} workflows; of CPU each; the best of three runs")
    for where in ("on disk", "in memory"):
        best = {}
        for run in (alone, children):
            runs = []
            for _ in range(3):
                with tempfile.TemporaryDirectory() as folder:
                    path = Path(folder) / "store.db" if where == "on disk" else None
                    runs.append(measured(path, run, count))
            best[run] = min(computed for _, computed in runs)
            print(f"{where:<10} {run.__name__:<9} {best[run] / count * 1e6:>7,.0f} µs")
        ratio = best[children] / best[alone]
        print(f"{where:<10} {ratio:.2f} times{'' if ratio <= WANTED else '  (missed)'}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
