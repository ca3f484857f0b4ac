"""What workflows from documents cost: loading, guards, and events beside the same in Python.

    python benchmarks/definitions.py [--json FILE]

Times are of the processor and not of the clock, and the least of several rounds, since whatever
else a machine does only adds; the ratio is of medians of rounds that take turns. Exits with 1 when
a limit is not met.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from repertory.actors import ActorSystem, State, Workflow, load_definitions

ROUNDS = 15

LIMITS = {
    "load a file of 100 states, ms": 30.0,
    "a guard's expression, µs": 5.0,
    "an event, times the same in Python": 1.5,
}

COUNTER = """
workflow = "counter_document"

[context]
count = 0
limit = 0

[guards]
within = "context.count + event.by <= context.limit"

[states.even]
on.add = { to = "odd", if = "within", do = "add" }
on.stop = "stopped"

[states.odd]
on.add = { to = "even", if = "within", do = "add" }

[states.stopped]
final = true
"""


class CounterClass(Workflow):
    """The same, written in Python."""

    even, odd, stopped = State(initial=True), State(), State(final=True)
    add = even.to(odd, cond="within") | odd.to(even, cond="within")
    stop = even.to(stopped)

    class Context:
        count: int = 0
        limit: int = 0

    def within(self, by: int) -> bool:
        return self.context.count + by <= self.context.limit

    def on_add(self, by: int) -> int:
        return add(self, by)


def add(workflow: Any, by: int) -> int:
    """Count, in both of them."""
    workflow.context.count += by
    count: int = workflow.context.count
    return count


def hundred_states() -> str:
    """Return a Swarm.toml of 100 states, 198 handlers and 20 guards."""
    lines = [
        "[metadata]\nversion = '1.0'\nname = 'x'\ndescription = 'd'",
        "[[workflows]]\nname = 'hundred'\ndescription = 'd'",
        "[workflows.metadata]\ninitial_state = 'S0'\n[workflows.guards]",
        *(f"g{n} = 'context.f{n} > {n} && context.name != \"\"'" for n in range(20)),
    ]
    for n in range(100):
        lines.append(f"[workflows.states.S{n}]\ndescription = 'a state'")
        lines.append(f"entry_actions = ['a', 'b']\nterminal = {'true' if n == 99 else 'false'}")
        if n < 99:
            handler = f"[[workflows.states.S{n}.handlers]]\nevent = "
            lines.append(f"{handler}'next'\ntarget = 'S{n + 1}'\nguards = ['g{n % 20}']")
            lines.append(f"{handler}'back'\ntarget = 'S0'\nguards = []")
    return "\n".join(lines)


def spent(work: Callable[[], object], times: int) -> float:
    """Return the processor's seconds for one call of several."""
    start = process_time()
    for _ in range(times):
        work()
    return (process_time() - start) / times


def loading() -> float:
    """Return the milliseconds for loading and compiling 100 states."""
    text = hundred_states()
    load_definitions(text)
    return min(spent(lambda: load_definitions(text), 1) for _ in range(ROUNDS)) * 1e3


def guarding() -> float:
    """Return the microseconds for a guard that compares three fields."""
    workflow = load_definitions(COUNTER, actions={"add": add})["counter_document"]
    instance = workflow({"limit": 10})
    guard = instance.guard_within
    return min(spent(lambda: guard(by=1), 5_000) for _ in range(4 * ROUNDS)) * 1e6


def events() -> tuple[float, float]:
    """Return the microseconds for an event from a document, and in Python, in memory."""
    document = load_definitions(COUNTER, actions={"add": add})["counter_document"]
    costs: dict[type[Workflow], list[float]] = {document: [], CounterClass: []}
    with ActorSystem() as system:
        refs = {cls: system.start(cls, context={"limit": 10**9}) for cls in costs}
        for _ in range(ROUNDS):
            for cls, ref in refs.items():
                costs[cls].append(spent(lambda ref=ref: ref.ask("add", by=1), 1_000) * 1e6)  # type: ignore[misc]  # bound at once
    return median(costs[document]), median(costs[CounterClass])


def main() -> int:
    """Measure, print, and compare with the limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    document, python = events()
    figures = dict(zip(LIMITS, (loading(), guarding(), document / python), strict=True))
    for name, figure in figures.items():
        print(f"{name:40} {figure:8.2f}   limit {LIMITS[name]:g}")
    print(f"{'an event, µs: document, Python':40} {document:8.1f}   {python:.1f}")
    if arguments.json is not None:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return int(any(figure > LIMITS[name] for name, figure in figures.items()))


if __name__ == "__main__":
    sys.exit(main())
