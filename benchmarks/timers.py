"""What durable timers cost: setting, cancelling, firing, and how late they are.

    python benchmarks/timers.py                    all of it
    python benchmarks/timers.py --timers 20000     fewer

Each figure is beside its limit. Times to set are CPU time of the whole process, so that other
programs on the machine count little; firing and lateness are wall time.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from repertory.actors import ActorSystem, Retention, State, Workflow
from repertory.actors.runtime import ManualClock

FOR_EVER = Retention(count=None, days=None)


class Clockwork(Workflow):
    """Sets so many timers in one step, or none, and lets them fire."""

    workflow_name = "benchmark-clockwork"

    on = State(initial=True)
    wind = on.to.itself(internal=True)
    stop = on.to.itself(internal=True)
    tick = on.to.itself(internal=True)

    def on_wind(self, names: list[str], after: float) -> None:
        for name in names:
            self.timers.start(name, event="tick", after=after)

    def on_stop(self, names: list[str]) -> None:
        for name in names:
            self.timers.cancel(name)


def cpu(work: Callable[[], Any]) -> float:
    """Return the seconds of CPU time that something takes."""
    gc.collect()
    gc.freeze()
    started = time.process_time()
    work()
    return time.process_time() - started


def setting(path: Path, timers: int) -> dict[str, float]:
    """Return what setting and cancelling a timer costs beside its step, in microseconds."""
    with ActorSystem(path, retention=FOR_EVER) as system:
        refs = [system.start(Clockwork) for _ in range(100)]
        steps = timers // len(refs)

        def run(event: str, name: Callable[[int], list[str]], **given: Any) -> None:
            for number in range(steps):
                for ref in refs:
                    ref.tell(event, names=name(number), **given)
            system.settle()

        def none(number: int) -> list[str]:
            return []

        def one(number: int) -> list[str]:
            return [f"t{number}"]

        run("wind", none, after=3600)  # warm
        bare = cpu(lambda: run("wind", none, after=3600))
        set_ = cpu(lambda: run("wind", one, after=3600))
        bare_stop = cpu(lambda: run("stop", none))
        stop = cpu(lambda: run("stop", one))
        count = steps * len(refs)
        return {
            "step": 1e6 * bare / count,
            "set": 1e6 * (set_ - bare) / count,
            "cancel": 1e6 * (stop - bare_stop) / count,
        }


def firing(path: Path | None, timers: int, workflows: int) -> tuple[float, float]:
    """Return how many timers fire in a second, when all are due at once.

    And the CPU time that each takes, in microseconds.
    """
    done = threading.Event()
    fired = 0

    def count(committed: Any) -> None:
        nonlocal fired
        fired += 1
        if fired == timers:
            done.set()

    each, clock = timers // workflows, ManualClock()
    with ActorSystem(path, retention=FOR_EVER, clock=clock) as system:
        refs = [system.start(Clockwork) for _ in range(workflows)]
        for ref in refs:
            ref.tell("wind", names=[f"t{n}" for n in range(each)], after=3600)
        system.settle()
        system.subscribe(count, event="tick")
        started, busy = time.perf_counter(), time.process_time()
        clock.advance(3600)
        if not done.wait(300):
            raise SystemExit(f"only {fired} of {timers} timers have fired")
        busy = time.process_time() - busy
        return timers / (time.perf_counter() - started), 1e6 * busy / timers


class Lone(Workflow):
    """Notes how late its timer is."""

    workflow_name = "benchmark-lone"

    on = State(initial=True)
    wind = on.to.itself(internal=True)
    tick = on.to.itself(internal=True)

    late: list[float] = []
    fired = threading.Event()

    def on_wind(self, after: float) -> None:
        self.timers.start("tick", after=after)

    def on_tick(self) -> None:
        assert self.timers.fired is not None
        Lone.late.append(time.time() - self.timers.fired.due.timestamp())
        Lone.fired.set()


def lateness(path: Path, times: int) -> list[float]:
    """Return how late a timer is in a system that is idle, in seconds, sorted."""
    Lone.late.clear()
    with ActorSystem(path, retention=FOR_EVER) as system:
        ref = system.start(Lone)
        for number in range(times):
            Lone.fired.clear()
            ref.ask("wind", after=0.01 + number % 7 / 1000)
            Lone.fired.wait(30)
    return sorted(Lone.late)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--timers", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        costs = setting(directory / "set.db", options.timers)
        print(f"a step without a timer        {costs['step']:8.1f} µs of CPU time")
        print(f"setting one, beside the step  {costs['set']:8.1f} µs          (limit 40)")
        print(f"cancelling one                {costs['cancel']:8.1f} µs")
        rates = {}
        for label, path, workflows in (
            ("file, 1,000 workflows", directory / "fire.db", 1000),
            ("file, 100 workflows", directory / "fire100.db", 100),
            ("memory, 1,000 workflows", None, 1000),
        ):
            rates[label] = rate, busy = firing(path, options.timers, workflows)
            print(
                f"firing, {label:<24}{rate:8,.0f} /s         (limit 10,000), "
                f"{busy:.1f} µs of CPU time"
            )
        late = lateness(directory / "late.db", 500)
        p99 = 1000 * late[int(len(late) * 0.99)]
        print(
            f"late, in an idle system       {1000 * late[len(late) // 2]:8.2f} ms median, "
            f"{p99:.2f} ms at the 99th percentile (limit 20), never early: {late[0] >= 0}"
        )
    if options.json:
        result = {"costs_us": costs, "fired_per_s": rates, "late_ms": [1000 * s for s in late]}
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    sys.exit(0)


if __name__ == "__main__":
    main()
