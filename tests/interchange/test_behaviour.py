"""What is exported behaves elsewhere as it does here: in python-statemachine, and in XState."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repertory.actors import ActorSystem, InvalidTransition, UnknownEvent, load_definitions
from repertory.actors.definitions.draft import Draft
from repertory.actors.definitions.interchange import to_scxml, to_xstate
from repertory.actors.definitions.source import Source
from statemachine.io import load

from .charts import EVENTS, documents

XSTATE = Path(__file__).parents[2] / "benchmarks" / "xstate"
RUNS = """
import { createMachine, createActor } from 'xstate';
import { readFileSync } from 'fs';
const leaves = (snapshot) => snapshot._nodes
  .filter(n => Object.keys(n.states).length === 0).map(n => n.key).sort();
const answers = JSON.parse(readFileSync(0, 'utf8')).map(({ machine, events }) => {
  const actor = createActor(createMachine(machine)).start();
  const seen = [leaves(actor.getSnapshot())];
  for (const type of events) {
    if (actor.getSnapshot().status !== 'active') break;
    actor.send({ type });
    seen.push(leaves(actor.getSnapshot()));
  }
  return seen;
});
console.log(JSON.stringify(answers));
"""
REGIONS = """
workflow = "regions"
states.p = { parallel = true, on = { out = "away", again = "p" }, done = "away" }
states.a = { in = "p", initial = "a1" }
states.a1 = { in = "a", on = { go = "a2" } }
states.a2 = { in = "a", on = { go = "af", back = "a1" } }
states.af = { in = "a", final = true }
states.b = { in = "p", initial = "b1" }
states.b1 = { in = "b", on = { go = "b2" } }
states.b2 = { in = "b", on = { back = "bf" } }
states.bf = { in = "b", final = true }
states.hp = { in = "p", history = "deep", always = "a" }
states.away = { on = { back = "hp", go = "p", end = "over" } }
states.over = { final = true }
"""
events = st.lists(
    st.sampled_from([*EVENTS, "next", "to_s1", "to_s2", "to_s4", "to_hs1", "to_fs1"]), max_size=12
)


def here(workflow: Any, given: list[str]) -> list[list[str]]:
    """The innermost states after each event, until it has finished."""
    inner = {state.name for state in workflow.definition.walk() if state.states}
    with ActorSystem() as system:
        ref = system.start(
            workflow, context={"all": []} if "all" in (workflow.definition.context or {}) else None
        )
        seen = [ref.snapshot()]
        for event in given:
            if seen[-1].finished:
                break
            try:
                ref.ask(event)
            except (InvalidTransition, UnknownEvent):
                pass
            seen.append(ref.snapshot())
    return [sorted(set(one.configuration) - inner) for one in seen]


def before_a_clash(workflow: Any, seen: list[list[str]], given: list[str]) -> int:
    """How many events there are before one that several regions take.

    Which of them goes first is the order of entry in python-statemachine, and document order in a
    system, where a restart can't change it.
    """
    draft = Draft(Source(b""), workflow.definition, (), {}, {})
    for number, (leaves, event) in enumerate(zip(seen, given, strict=False)):
        takers = set()
        for leaf in leaves:
            state = draft.states[leaf]
            around = [state, *draft.around(state)]
            taking = [s.name for s in around if any(event in t.events for t in s.transitions)]
            takers |= set(taking[:1])
        if len(takers) > 1:
            return number
    return len(given)


@settings(max_examples=20, deadline=None)
@given(documents(guards=False, times=False), events)
def test_exported_scxml_behaves_the_same_in_python_statemachine(
    document: str, given: list[str]
) -> None:
    (workflow,) = load_definitions(document).values()
    expected = here(workflow, given)
    expected = expected[: before_a_clash(workflow, expected, given) + 1]
    inner = {state.name for state in workflow.definition.walk() if state.states}
    known = {e for s in workflow.definition.walk() for t in s.transitions for e in t.events}
    chart: Any = load(to_scxml(workflow), format="scxml")()
    seen = [sorted(set(chart.configuration_values) - inner)]
    for event in given[: len(expected) - 1]:
        if event in known:
            chart.send(event)
        seen.append(sorted(set(chart.configuration_values) - inner))
    assert seen == expected


@pytest.mark.skipif(
    not (XSTATE / "node_modules").is_dir() or shutil.which("node") is None,
    reason="XState is not installed; `npm install --prefix benchmarks/xstate` does so",
)
def test_exported_json_behaves_the_same_in_xstate() -> None:
    chance = Random(7)
    workflow = load_definitions(REGIONS)["regions"]
    machine = json.loads(to_xstate(workflow))
    runs = [chance.choices(["go", "back", "out", "again", "end"], k=10) for _ in range(40)]
    done = subprocess.run(
        ["node", "--input-type=module", "-e", RUNS],
        input=json.dumps([{"machine": machine, "events": events} for events in runs]),
        capture_output=True,
        text=True,
        cwd=XSTATE,
    )
    assert done.returncode == 0, done.stderr
    for events, answer in zip(runs, json.loads(done.stdout), strict=True):
        assert answer == here(workflow, events), events
