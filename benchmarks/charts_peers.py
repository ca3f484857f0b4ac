"""The charts of `charts.py` in other libraries, to be measured beside ours."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
Pair = Callable[[], object]
"""Sends two events, `go` and `back`; or makes one instance."""


def pytransitions() -> dict[str, Pair]:
    from transitions import Machine
    from transitions.extensions import HierarchicalMachine

    class Model:
        def covered(self, amount):
            return amount > 0

        def act(self, *args, **kwargs): ...

    def pair_of(model, data):
        def pair():
            model.go(**data)
            model.back(**data)

        return pair

    arrows = [["go", "a", "b"], ["back", "b", "a"]]

    def flat():
        model = Model()
        Machine(model, states=["a", "b"], transitions=arrows, initial="a", auto_transitions=False)
        return model

    rich = Model()
    Machine(
        rich,
        states=[{"name": n, "on_enter": "act", "on_exit": "act"} for n in "ab"],
        transitions=[
            {"trigger": t, "source": s, "dest": d, "conditions": "covered", "before": "act"}
            for t, s, d in arrows
        ],
        initial="a",
    )
    nested = Model()
    HierarchicalMachine(
        nested,
        states=[
            {
                "name": "outer",
                "initial": "left",
                "children": [
                    {"name": "left", "initial": "x", "children": ["x"]},
                    {"name": "right", "initial": "y", "children": ["y"]},
                ],
            }
        ],
        transitions=[
            {"trigger": "go", "source": "outer_left", "dest": "outer_right", "before": "act"},
            {"trigger": "back", "source": "outer_right", "dest": "outer_left", "before": "act"},
        ],
        initial="outer",
    )
    regions = Model()
    HierarchicalMachine(
        regions,
        states=[
            {
                "name": "both",
                "parallel": [
                    {"name": "one", "initial": "a", "children": ["a", "b"]},
                    {"name": "two", "initial": "c", "children": ["c", "d"]},
                ],
            }
        ],
        transitions=[
            ["go", "both_one_a", "both_one_b"],
            ["back", "both_one_b", "both_one_a"],
            ["go", "both_two_c", "both_two_d"],
            ["back", "both_two_d", "both_two_c"],
        ],
        initial="both",
    )
    return {
        "flat": pair_of(flat(), {}),
        "callbacks": pair_of(rich, {"amount": 3}),
        "compound": pair_of(nested, {}),
        "parallel": pair_of(regions, {}),
        "instance": flat,
    }


def xstate_python() -> dict[str, Pair]:
    from xstate_statemachine import MachineLogic, SyncInterpreter, create_machine

    logic = MachineLogic(
        actions={"act": lambda *given: None}, guards={"covered": lambda *given: True}
    )
    arrow = {"guard": "covered", "actions": ["act"]}
    acts = {"entry": ["act"], "exit": ["act"]}
    definitions = {
        "flat": {"a": {"on": {"go": "b"}}, "b": {"on": {"back": "a"}}},
        "callbacks": {
            "a": {**acts, "on": {"go": {"target": "b", **arrow}}},
            "b": {**acts, "on": {"back": {"target": "a", **arrow}}},
        },
        "compound": {
            "outer": {
                "initial": "left",
                "states": {
                    "left": {
                        "initial": "x",
                        "states": {"x": {}},
                        "on": {"go": {"target": "right", "actions": ["act"]}},
                    },
                    "right": {
                        "initial": "y",
                        "states": {"y": {}},
                        "on": {"back": {"target": "left", "actions": ["act"]}},
                    },
                },
            }
        },
    }

    def interpreter(name):
        states = definitions[name]
        machine = {"id": name, "initial": next(iter(states)), "states": states}
        return SyncInterpreter(create_machine(machine, logic=logic)).start()

    found: dict[str, Pair] = {}
    for name in definitions:
        running = interpreter(name)

        def pair(running=running):
            running.send("go", amount=3)
            running.send("back", amount=3)

        found[name] = pair
    found["instance"] = lambda: interpreter("flat")
    return found


def sismic() -> dict[str, Pair]:
    from sismic.interpreter import Interpreter
    from sismic.io import import_from_yaml

    flat = import_from_yaml(
        """
statechart:
  name: flat
  root state:
    name: root
    initial: a
    states:
      - name: a
        transitions: [{target: b, event: go}]
      - name: b
        transitions: [{target: a, event: back}]
"""
    )
    running = Interpreter(flat)
    running.execute()

    def pair():
        running.queue("go").execute()
        running.queue("back").execute()

    return {"flat": pair, "instance": lambda: Interpreter(flat).execute()}


def xstate_node() -> dict[str, float] | None:
    """XState's own figures, measured by node, or None where it cannot run."""
    home = HERE / "xstate"
    if shutil.which("node") is None or not (home / "node_modules" / "xstate").exists():
        return None
    done = subprocess.run(
        ["node", "charts.mjs"], cwd=home, capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found
