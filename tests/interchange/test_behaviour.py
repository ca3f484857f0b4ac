"""What is exported behaves elsewhere as it does here: in python-statemachine, and in XState.

python-statemachine is asked with its known errors put right: `tests/charts/lawful_stock.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from repertory.actors import ActorSystem, load_definitions
from repertory.actors.charts import bare, start, take
from repertory.actors.definitions.interchange import to_scxml
from repertory.actors.definitions.interchange.xstate_writer import write_xstate
from repertory.actors.definitions.model import WorkflowDefinition
from repertory.actors.errors import InvalidTransition, UnknownEvent
from statemachine.io import load

from tests.charts.appendix_d import (
    Endless,
    Interpreter,
    Node,
    Transition,
    ancestors,
    is_descendant,
)
from tests.charts.drawn_definitions import EVENTS as DRAWN
from tests.charts.drawn_definitions import GUARDS, chart_of, definitions
from tests.charts.lawful_stock import lawful

from .charts import EVENTS, documents
from .peers import HAS_XSTATE, Seen, XState
from .peers import xstate as running_xstate

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


@settings(max_examples=60, deadline=None)
@given(documents(guards=False, times=False), events)
def test_exported_scxml_behaves_the_same_in_python_statemachine(
    document: str, given: list[str]
) -> None:
    (workflow,) = load_definitions(document).values()
    expected = here(workflow, given)
    inner = {state.name for state in workflow.definition.walk() if state.states}
    known = {e for s in workflow.definition.walk() for t in s.transitions for e in t.events}
    names = [state.name for state in workflow.definition.walk()]
    chart: Any = lawful(load(to_scxml(workflow), format="scxml"), names)()
    seen = [sorted(set(chart.configuration_values) - inner)]
    for event in given[: len(expected) - 1]:
        if event in known:
            chart.send(event)
        seen.append(sorted(set(chart.configuration_values) - inner))
    assert seen == expected


@pytest.fixture(scope="module")
def xstate() -> Iterator[XState]:
    if not HAS_XSTATE:
        pytest.skip("XState is not installed; `npm install --prefix benchmarks/xstate` does so")
    with running_xstate() as running:
        yield running


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    definitions(),
    st.lists(st.sampled_from(DRAWN), min_size=3, max_size=12),
    st.frozensets(st.sampled_from(GUARDS)),
)
def test_exported_json_behaves_the_same_in_xstate(
    xstate: XState, workflow: WorkflowDefinition, events: list[str], holds: frozenset[str]
) -> None:
    seen = as_far_as_they_agree(workflow, events, holds)
    assume(seen)  # else it never comes to rest
    machine = json.loads(write_xstate(workflow))
    fails = set(GUARDS) - holds
    answer = xstate.run(machine, events[: len(seen) - 1], workflow.actions(), holds, fails)
    for number, (active, log) in enumerate(answer[: len(seen)]):
        assert (active, log) == seen[number], events[:number]


def as_far_as_they_agree(
    workflow: WorkflowDefinition, events: list[str], holds: frozenset[str]
) -> Seen:
    """What our engine does, up to where SCXML and XState part."""
    chart: Any = bare(chart_of(workflow), attributes={"log": [], "flags": holds})
    law = Interpreter(workflow, lambda guard: guard in holds)
    seen: Seen = []
    for event in [None, *events]:
        try:
            law.start() if event is None else law.send(event)
        except Endless:
            break
        if any(part(law, *way, step) for step in law.taken for way in step):
            break
        chart.log.clear()
        if event is None:
            start(chart)
        else:
            take(chart, event)
        # XState has no place for actions of a history state's default.
        log = [name for name in chart.log if not name.startswith("by_")]
        seen.append((sorted(state.id for state in chart.configuration), log))
        if not law.running:
            break
    return seen


def part(
    law: Interpreter,
    way: Transition,
    targets: list[Node],
    step: list[tuple[Transition, list[Node]]],
) -> bool:
    """Tell whether XState does something else than SCXML when this transition is taken.

    - It looks for a transition around a parallel state only when no region has one. By SCXML
      each atomic state looks for its own, and those that leave nothing in common are all taken.
    - A transition from one region to another leaves the regions and not the parallel state, which
      then records no history either. By SCXML only a compound state can stay.
    - It enters again what is between a history state's parent and what that has recorded, though
      it was not left. So does the letter of SCXML's algorithm, against section 3.13.

    A chart whose regions at the top have ended is over here, and not there: it is not asked on.
    """
    if any(is_descendant(way.source, other.source) for other, _ in step):
        return True
    internal = way.definition.internal and way.source.is_compound
    if not targets or (internal and all(is_descendant(t, way.source) for t in targets)):
        return False
    around = next(
        one for one in ancestors(way.source) if all(is_descendant(t, one) for t in targets)
    )
    return around.kind == "parallel" or any(
        target.parent is not None and is_descendant(around, target.parent)
        for target in way.target
        if target.is_history
    )
