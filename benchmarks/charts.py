"""What a transition and an instance cost: compiled charts beside their peers, in one run.

Run as `python benchmarks/charts.py [--json PATH] [--rounds N]`. Medians, in
microseconds of CPU time; a ratio is the median of the rounds' own ratios.
`transitions`, `xstate-statemachine` and `sismic` are measured where they are installed, and
XState where node is (`npm install` in `benchmarks/xstate` first). Engines take turns, so that
whatever else the machine does falls on all of them.
"""

import argparse
import gc
import importlib.util
import json
import platform
import statistics
import sys
import time
import tracemalloc
from pathlib import Path

from charts_peers import Pair, pytransitions, sismic, xstate_node, xstate_python
from repertory.actors.charts.capture import capture, rehydrate
from repertory.actors.charts.chart import CompiledChart, take
from repertory.actors.charts.tables import Tables
from statemachine import State, StateChart
from statemachine.factory import StateMachineMetaclass

DATA = {"amount": 3}
TARGETS = {"flat": 70, "callbacks": 20, "compound": 30, "parallel": 20, "instance": 15}


def charts(base: type) -> dict[str, type]:
    """The charts to measure, on this base class."""

    class Flat(base):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

    class Callbacks(base):
        a = State(initial=True)
        b = State()
        go = a.to(b, cond="covered")
        back = b.to(a, cond="covered")

        def covered(self, amount):
            return amount > 0

        def on_enter_a(self): ...
        def on_exit_a(self): ...
        def on_enter_b(self): ...
        def on_exit_b(self): ...
        def on_go(self, amount): ...
        def on_back(self, amount): ...

    class Compound(base):
        class outer(State.Compound):
            class left(State.Compound):
                x = State(initial=True)

            class right(State.Compound):
                y = State(initial=True)

            go = left.to(right)
            back = right.to(left)

        def on_go(self): ...
        def on_back(self): ...

    class Parallel(base):
        class both(State.Parallel):
            class one(State.Compound):
                a = State(initial=True)
                b = State()
                go = a.to(b)
                back = b.to(a)

            class two(State.Compound):
                c = State(initial=True)
                d = State()
                go = c.to(d)
                back = d.to(c)

    return {"flat": Flat, "callbacks": Callbacks, "compound": Compound, "parallel": Parallel}


def python_statemachine() -> dict[str, Pair]:
    found: dict[str, Pair] = {}
    classes = charts(StateChart)
    for name, cls in classes.items():
        chart = cls()
        data = DATA if name == "callbacks" else {}

        def pair(send=chart.send, data=data):
            send("go", **data)
            send("back", **data)

        found[name] = pair
    found["instance"] = classes["flat"]
    return found


def compiled() -> dict[str, Pair]:
    found: dict[str, Pair] = {}
    classes = charts(CompiledChart)
    for name, cls in classes.items():
        chart = cls()
        data = DATA if name == "callbacks" else {}

        def pair(chart=chart, data=data):
            take(chart, "go", (), data)
            take(chart, "back", (), data)

        found[name] = pair
    found["instance"] = classes["flat"]
    flat = classes["flat"]
    at = capture(flat())
    found["rehydrated"] = lambda: rehydrate(flat, at)
    return found


def compiled_send() -> dict[str, Pair]:
    """The compiled charts, driven through `StateChart.send`."""
    found: dict[str, Pair] = {}
    for name, cls in charts(CompiledChart).items():
        data = DATA if name == "callbacks" else {}

        def pair(chart=cls(), data=data):  # noqa: B008  # each pair has a chart of its own
            chart.send("go", **data)
            chart.send("back", **data)

        found[name] = pair
    return found


def measure(action: Pair, budget: float) -> float:
    """CPU seconds for one call, over about `budget` seconds."""
    action()
    began = time.thread_time()
    action()
    action()
    once = (time.thread_time() - began) / 2
    times = max(3, int(budget / max(once, 1e-7)))
    began = time.thread_time()
    for _ in range(times):
        action()
    return (time.thread_time() - began) / times


def footprint(make: Pair, count: int = 500) -> float:
    """Bytes that one more instance keeps."""
    make()
    gc.collect()
    tracemalloc.start()
    kept = [make() for _ in range(count)]
    gc.collect()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return size / len(kept)


def ring(count: int) -> type[StateChart]:
    """A chart of this many states, in a ring."""
    states = {f"s{i}": State(initial=i == 0) for i in range(count)}
    named = list(states.values())
    arrows = {f"e{i}": named[i].to(named[(i + 1) % count]) for i in range(count)}
    return StateMachineMetaclass("Ring", (CompiledChart,), {**states, **arrows})


def compiling(count: int) -> float:
    """Milliseconds to compile a chart of this many states and go once through all of it."""
    cls = ring(count)
    cls()
    began = time.thread_time()
    tables = Tables(cls, True)
    for state in tables.states.values():
        here = tables.configuration((state.value,))
        for event in list(state.transitions.unique_events):
            here.plan(tables.candidates(state, str(event)), {})
    return (time.thread_time() - began) * 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="Keep the figures here too.")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()

    peers = {"python-statemachine": python_statemachine, "compiled": compiled}
    peers["compiled, by send()"] = compiled_send
    for module, make in (
        ("transitions", pytransitions),
        ("xstate_statemachine", xstate_python),
        ("sismic", sismic),
    ):
        if importlib.util.find_spec(module) is not None:
            peers[module.replace("_", "-")] = make
    ready = {peer: make() for peer, make in peers.items()}
    rounds: dict[str, dict[str, list[float]]] = {peer: {} for peer in ready}
    for _ in range(options.rounds):
        for peer, actions in ready.items():
            for name, action in actions.items():
                per_call = measure(action, 0.02)
                steps = 1 if name in ("instance", "rehydrated") else 2
                rounds[peer].setdefault(name, []).append(per_call / steps * 1e6)
    medians = {
        peer: {name: statistics.median(times) for name, times in found.items()}
        for peer, found in rounds.items()
    }
    node = xstate_node()
    if node is not None:
        medians["XState on node"] = node
    ratios = {
        name: statistics.median(
            slow / fast
            for slow, fast in zip(
                rounds["python-statemachine"][name], rounds["compiled"][name], strict=True
            )
        )
        for name in TARGETS
    }
    bytes_each = {
        peer: footprint(ready[peer]["instance"]) for peer in ("python-statemachine", "compiled")
    }
    compile_ms = {count: compiling(count) for count in (50, 100, 200, 400)}

    columns = [*TARGETS, "rehydrated"]
    print(f"Python {platform.python_version()} on {platform.machine()}; median µs of CPU time")
    print(f"{'':24}" + "".join(f"{name:>12}" for name in columns))
    for peer, found in medians.items():
        cells = "".join(f"{found[n]:12.2f}" if n in found else f"{'-':>12}" for n in columns)
        print(f"{peer:24}{cells}")
    print(f"{'times as fast as stock':24}" + "".join(f"{ratios[n]:12.0f}" for n in TARGETS))
    print(f"{'to reach':24}" + "".join(f"{TARGETS[n]:12}" for n in TARGETS))
    print("bytes an instance keeps: " + ", ".join(f"{p} {b:.0f}" for p, b in bytes_each.items()))
    print("compiling, ms: " + ", ".join(f"{n} states {ms:.1f}" for n, ms in compile_ms.items()))
    if options.json:
        figures = {
            "microseconds": medians,
            "ratios": ratios,
            "bytes": bytes_each,
            "compile_ms": compile_ms,
            "python": platform.python_version(),
        }
        options.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    missed = [name for name, least in TARGETS.items() if ratios[name] < least]
    print("every target reached" if not missed else f"missed: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
