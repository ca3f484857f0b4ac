"""10,000 activities of no work through a limit of 100: from their start to their results' commit.

Run as `python benchmarks/activities.py [COUNT]`. Beside the threads and the event loop of this
system it runs the same number of calls through the standard library's own pools, in the same run:
those keep nothing and report to nobody.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from repertory.actors import ActorSystem, State, Workflow, activity

LIMIT = 100
WORKFLOWS = 100
WANTED = 3000


@activity(name="no-work-on-a-thread", limit=LIMIT)
def on_a_thread(number: int) -> int:
    """Do nothing."""
    return number


@activity(name="no-work-on-the-loop", limit=LIMIT)
async def on_the_loop(number: int) -> int:
    """Do nothing."""
    return number


class Batch(Workflow):
    """Starts many activities in one step, and counts what comes back."""

    workflow_name = "benchmark-batch"
    here = State(initial=True)
    over = State(final=True)
    begin = here.to.itself(internal=True)
    done = here.to(over, cond="last") | here.to.itself(internal=True)

    class Context:
        left: int = 0

    def on_begin(self, function: str, count: int) -> None:
        self.context.left = count
        for number in range(count):
            self.start_activity(function, number, done="done")

    def last(self) -> bool:
        return self.context.left == 1

    def on_done(self, result: int) -> None:
        self.context.left -= 1


def ours(path: Path | None, function: str, count: int) -> tuple[float, float]:
    """Run so many in one system; return the seconds on the clock and of the processor."""
    with ActorSystem(path) as system:
        batches = [system.start(Batch, id=f"b{n}") for n in range(WORKFLOWS)]
        began, computed = perf_counter(), process_time()
        for batch in batches:
            batch.tell("begin", function=function, count=count // WORKFLOWS)
        for batch in batches:
            batch.wait_for("over", timeout=600)
        return perf_counter() - began, process_time() - computed


def pool(count: int) -> tuple[float, float]:
    """Run so many in a `ThreadPoolExecutor`."""
    with ThreadPoolExecutor(LIMIT) as threads:
        began, computed = perf_counter(), process_time()
        for future in [threads.submit(on_a_thread, number) for number in range(count)]:
            future.result()
        return perf_counter() - began, process_time() - computed


def loop(count: int) -> tuple[float, float]:
    """Run so many on an event loop, behind a semaphore."""

    async def main() -> None:
        gate = asyncio.Semaphore(LIMIT)

        async def one(number: int) -> int:
            async with gate:
                return await on_the_loop(number)

        await asyncio.gather(*map(one, range(count)))

    began, computed = perf_counter(), process_time()
    asyncio.run(main())
    return perf_counter() - began, process_time() - computed


def main(count: int) -> None:
    """Measure each, and print a line for it."""
    count -= count % WORKFLOWS
    runs: dict[str, Callable[[Path], Any]] = {
        "threads, on disk": lambda path: ours(path, "no-work-on-a-thread", count),
        "threads, in memory": lambda path: ours(None, "no-work-on-a-thread", count),
        "event loop, on disk": lambda path: ours(path, "no-work-on-the-loop", count),
        "event loop, in memory": lambda path: ours(None, "no-work-on-the-loop", count),
        "ThreadPoolExecutor": lambda path: pool(count),
        "asyncio": lambda path: loop(count),
    }
    print(f"{count:,} activities of no work, {LIMIT} at once, of {WORKFLOWS} workflows")
    for name, run in runs.items():
        with tempfile.TemporaryDirectory() as folder:
            seconds, computed = run(Path(folder) / "store.db")
        rate = count / seconds
        missed = "" if name in ("ThreadPoolExecutor", "asyncio") or rate >= WANTED else "  (missed)"
        print(f"{name:<22} {rate:>9,.0f}/s {computed / count * 1e6:>7.0f} µs of CPU each{missed}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
