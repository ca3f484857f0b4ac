"""Definitions drawn at random, with all that charts can be made of, and the chart of each."""

from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace
from repertory.actors.charts import ChartMeta, CompiledChart, add_transition, make_state
from repertory.actors.definitions.model import (
    StateDefinition,
    TransitionDefinition,
    WorkflowDefinition,
)

EVENTS = ("go", "turn", "back", "on.then")
GUARDS = ("red", "green")


@st.composite
def definitions(draw: Any) -> WorkflowDefinition:
    """A chart of some 3 to 20 states; each notes that it is entered, and that it is left."""
    shapes = [draw(_states(letter, 3)) for letter in "pqr"[: draw(st.integers(1, 3))]]
    if draw(st.booleans()):
        shapes.append(StateDefinition("end", "final", enter=("enter_end",)))
    workflow = WorkflowDefinition("Drawn", shapes[0].name, tuple(shapes))
    ended = [f"done.state.{s.name}" for s in workflow.walk() if s.states]
    number = 0

    def with_ways(state: StateDefinition) -> StateDefinition:
        nonlocal number
        ways = []
        if state.kind in ("state", "compound", "parallel"):
            for _ in range(draw(st.integers(0, 3))):
                number += 1
                ways.append(draw(_ways(workflow, state, number, ended)))
        return replace(
            state,
            states=tuple(map(with_ways, state.states)),
            transitions=(*state.transitions, *ways),
        )

    return replace(workflow, states=tuple(map(with_ways, workflow.states)))


@st.composite
def _states(draw: Any, name: str, depth: int) -> StateDefinition:
    kinds = ["state", "compound", "compound", "parallel"] if depth else ["state"]
    kind = draw(st.sampled_from(kinds))
    state = StateDefinition(name, kind, enter=(f"enter_{name}",), exit=(f"exit_{name}",))
    if kind == "state":
        return state
    inner = [draw(_states(f"{name}{n}", depth - 1)) for n in range(1, draw(st.integers(2, 3)) + 1)]
    initial = draw(st.sampled_from(inner)).name if kind == "compound" else None
    memories = []
    for memory in draw(st.lists(st.sampled_from(["history", "deep"]), max_size=2, unique=True)):
        behind = f"{name}h{memory[0]}"
        default = draw(st.sampled_from(inner if memory == "history" else _all(inner)))
        way = TransitionDefinition(targets=(default.name,), actions=(f"by_{behind}",))
        memories.append(StateDefinition(behind, memory, transitions=(way,)))
    if kind == "compound" and draw(st.booleans()):
        inner.append(StateDefinition(f"{name}f", "final", enter=(f"enter_{name}f",)))
    return replace(state, initial=initial, states=(*inner, *memories))


def _all(states: list[StateDefinition]) -> list[StateDefinition]:
    return [one for state in states for one in state.walk() if one.kind not in ("history", "deep")]


@st.composite
def _ways(
    draw: Any,
    workflow: WorkflowDefinition,
    state: StateDefinition,
    number: int,
    ended: list[str],
) -> TransitionDefinition:
    everyone = [one.name for one in workflow.walk()]
    inner = [one.name for one in state.walk()][1:]
    targets: tuple[str, ...] = ()
    internal = False
    kind = draw(st.sampled_from(["stay", "one", "one", "one", "inside", "both"]))
    parallels = [one for one in workflow.walk() if one.kind == "parallel"]
    if kind == "inside" and inner:
        targets, internal = (draw(st.sampled_from(inner)),), draw(st.booleans())
    elif kind == "both" and parallels:
        regions = [r for r in draw(st.sampled_from(parallels)).states if r.kind[0] != "h"]
        regions = [r for r in regions if r.kind != "deep"][:2]
        targets = tuple(draw(st.sampled_from(_all([region]))).name for region in regions)
    elif kind != "stay":
        targets = (draw(st.sampled_from(everyone)),)
    guards: tuple[str, ...] = tuple(draw(st.lists(st.sampled_from(GUARDS), max_size=1)))
    event = draw(st.sampled_from([*EVENTS, *EVENTS, *ended, ""]))
    if not event and not guards:
        guards = (draw(st.sampled_from(GUARDS)),)
    return TransitionDefinition(
        events=(event,) if event else (),
        targets=targets,
        guards=guards,
        actions=(f"take_{number}",),
        internal=internal,
    )


def chart_of(workflow: WorkflowDefinition) -> Any:
    """A chart class of a definition, which notes its actions in `log` and has `flags` for guards.

    It is made as classes of workflows are, but not checked: what is drawn is seldom sensible.
    """
    states: dict[str, Any] = {}

    def make(state: StateDefinition, initial: str | None) -> Any:
        inner = [make(child, state.initial) for child in state.states]
        states[state.name] = make_state(
            state.name,
            kind=state.kind,
            initial=state.name == initial,
            inner=inner,
            enter=state.enter,
            exit=state.exit,
        )
        return states[state.name]

    top = {state.name: make(state, workflow.initial) for state in workflow.states}
    actions = dict.fromkeys(workflow.actions())
    for state in workflow.walk():
        for way in state.transitions:
            add_transition(
                states[state.name],
                [states[name] for name in way.targets],
                events=way.events,
                guards=way.guards,
                actions=way.actions,
                internal=way.internal,
            )
    checks = ("validate_disconnected_states", "validate_trap_states", "validate_final_reachability")
    namespace: dict[str, Any] = {
        **dict.fromkeys(checks, False),
        "enable_self_transition_entries": False,
        "_chart_defined": classmethod(lambda cls: None),
        **{name: _noting(name) for name in actions},
        **{name: _holding(name) for name in GUARDS},
        **top,
    }
    return ChartMeta("Drawn", (CompiledChart,), namespace)


def _noting(name: str) -> Any:
    def note(self: Any) -> None:
        self.log.append(name)

    note.__name__ = note.__qualname__ = name
    return note


def _holding(name: str) -> Any:
    def holds(self: Any) -> bool:
        return name in self.flags

    holds.__name__ = holds.__qualname__ = name
    return holds
