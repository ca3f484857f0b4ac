"""Our engine against the algorithm that SCXML's recommendation gives, on random charts."""

from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from repertory.actors.charts import bare, start, take
from repertory.actors.charts.engine import CompiledEngine
from repertory.actors.definitions.model import WorkflowDefinition

from .appendix_d import Endless, Interpreter
from .drawn_definitions import EVENTS, GUARDS, chart_of, definitions

steps = st.lists(
    st.tuples(st.sampled_from(EVENTS), st.frozensets(st.sampled_from(GUARDS))), max_size=10
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions(), steps)
def test_each_event_does_what_the_recommendation_says(
    workflow: WorkflowDefinition, events: list[tuple[str, frozenset[str]]]
) -> None:
    flags: frozenset[str] = frozenset()
    law = Interpreter(workflow, lambda guard: guard in flags)
    log: list[str] = []
    chart: Any = bare(chart_of(workflow), attributes={"log": log, "flags": flags})
    engine: CompiledEngine = chart._engine
    try:
        law.start()
    except Endless:
        assume(False)
    start(chart)
    assert ([s.id for s in chart.configuration], log) == (law.active, law.log)
    for event, flags in events:
        log.clear()
        law.log.clear()
        chart.flags = flags
        try:
            law.settle()  # what holds has changed, as it never does while SCXML waits
            law.send(event)
        except Endless:
            assume(False)
        if engine.running:
            take(chart, event)
        assert ([s.id for s in chart.configuration], log) == (law.active, law.log), event
        assert engine.running == law.running
