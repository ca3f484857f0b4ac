"""What is exported behaves elsewhere as it does here: in python-statemachine, and in XState."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repertory.actors import ActorSystem, InvalidTransition, load_definitions
from repertory.actors.definitions.interchange import to_scxml, to_xstate
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
events = st.lists(
    st.sampled_from([*EVENTS, "next", "to_s1", "to_s2", "to_s4", "to_hs1", "to_fs1"]), max_size=12
)


def here(workflow: Any, given: list[str]) -> list[list[str]]:
    """The innermost states after each event, until it has finished."""
    inner = {state.name for state in workflow.definition.walk() if state.states}
    with ActorSystem() as system:
        ref = system.start(workflow, context={"all": []})
        seen = [ref.snapshot()]
        for event in given:
            if seen[-1].finished:
                break
            try:
                ref.ask(event)
            except InvalidTransition:
                pass
            seen.append(ref.snapshot())
    return [sorted(set(one.configuration) - inner) for one in seen]


@settings(max_examples=30, deadline=None)
@given(documents(guards=False, times=False), events)
def test_exported_scxml_behaves_the_same_in_python_statemachine(
    document: str, given: list[str]
) -> None:
    (workflow,) = load_definitions(document).values()
    expected = here(workflow, given)
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
@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(documents(guards=False, times=False), events), min_size=3, max_size=6))
def test_exported_json_behaves_the_same_in_xstate(runs: list[tuple[str, list[str]]]) -> None:
    workflows = [load_definitions(document)["drawn"] for document, _ in runs]
    asked = [
        {"machine": json.loads(to_xstate(workflow)), "events": given}
        for workflow, (_, given) in zip(workflows, runs, strict=True)
    ]
    done = subprocess.run(
        ["node", "--input-type=module", "-e", RUNS],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        cwd=XSTATE,
    )
    assert done.returncode == 0, done.stderr
    for workflow, (_, given), answer in zip(
        workflows, runs, json.loads(done.stdout), strict=True
    ):
        assert answer == here(workflow, given), to_xstate(workflow)
