"""An interpreter of charts, written from appendix D of the SCXML 1.0 recommendation.

It reads definitions as documents give them and shares nothing with our engine or with
python-statemachine. It is slow and says so little more than the recommendation does, in its
words and in its order, that reading the two side by side shows that it is right. Left out are data,
invocations and what is sent: a guard is a name that holds or does not, an action one that is noted.

One thing is not SCXML's: a parallel state at the top whose regions have all ended ends the chart.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from repertory.actors.definitions.model import (
    StateDefinition,
    TransitionDefinition,
    WorkflowDefinition,
)


class Endless(Exception):
    """A macrostep that never ends."""


@dataclass(eq=False)
class Node:
    """A state, in its place."""

    name: str
    kind: str
    parent: "Node | None"
    order: int
    definition: StateDefinition | None
    children: list["Node"] = field(default_factory=list)
    transitions: list["Transition"] = field(default_factory=list)
    initial: "Transition | None" = None

    @property
    def states(self) -> list["Node"]:
        return [child for child in self.children if not child.is_history]

    @property
    def history(self) -> list["Node"]:
        return [child for child in self.children if child.is_history]

    @property
    def is_history(self) -> bool:
        return self.kind in ("history", "deep")

    @property
    def is_atomic(self) -> bool:
        return self.kind in ("state", "final")

    @property
    def is_compound(self) -> bool:
        return self.kind in ("compound", "scxml")


@dataclass(eq=False)
class Transition:
    """A transition, between nodes."""

    source: Node
    target: list[Node]
    definition: TransitionDefinition


def ancestors(state: Node, until: Node | None = None) -> list[Node]:
    """The proper ancestors, innermost first, up to and without one."""
    found = []
    while state.parent is not None and state.parent is not until:
        state = state.parent
        found.append(state)
    return found


def is_descendant(state: Node, of: Node) -> bool:
    return of in ancestors(state)


class Interpreter:
    """Runs a definition; `log` has the actions in the order in which they are run."""

    def __init__(self, definition: WorkflowDefinition, holds: Callable[[str], bool]) -> None:
        self.holds = holds
        self.log: list[str] = []
        self.taken: list[list[tuple[Transition, list[Node]]]] = []
        """The transitions of each microstep, with their effective targets."""
        self.configuration: set[Node] = set()
        self.internal_queue: deque[str] = deque()
        self.history_value: dict[str, list[Node]] = {}
        self.running = True
        self.nodes: dict[str, Node] = {}
        self.root = self.ended = Node("", "scxml", None, 0, None)
        for state in definition.states:
            self._place(state, self.root)
        for node in self.nodes.values():
            assert node.definition is not None
            for way in node.definition.transitions:
                target = [self.nodes[name] for name in way.targets]
                node.transitions.append(Transition(node, target, way))
            if node.kind == "compound":
                node.initial = self._initial(node, node.definition.initial)
        self.root.initial = self._initial(self.root, definition.initial)

    def _place(self, state: StateDefinition, parent: Node) -> None:
        node = Node(state.name, state.kind, parent, len(self.nodes) + 1, state)
        self.nodes[state.name] = node
        parent.children.append(node)
        for child in state.states:
            self._place(child, node)

    def _initial(self, node: Node, target: str | None) -> Transition:
        assert target is not None
        return Transition(node, [self.nodes[target]], TransitionDefinition())

    @property
    def active(self) -> list[str]:
        """The active states, in document order."""
        return [state.name for state in in_order(self.configuration)]

    # procedure interpret, procedure mainEventLoop

    def start(self) -> None:
        assert self.root.initial is not None
        self.enter_states([self.root.initial])
        self.settle()

    def send(self, event: str) -> None:
        """Take an external event to the end of its macrostep."""
        if self.running:
            if enabled := self.select_transitions(event):
                self.microstep(enabled)
            self.settle()

    def settle(self) -> None:
        for _ in range(60):
            if not self.running:
                return
            enabled = self.select_transitions(None)
            if not enabled:
                if not self.internal_queue:
                    break
                enabled = self.select_transitions(self.internal_queue.popleft())
            if enabled:
                self.microstep(enabled)
        else:
            raise Endless
        if self.ended in self.configuration and self.is_in_final_state(self.ended):
            self.running = False

    # function selectEventlessTransitions, function selectTransitions

    def select_transitions(self, event: str | None) -> list[Transition]:
        enabled: list[Transition] = []
        for state in in_order(s for s in self.configuration if s.is_atomic):
            found = self.first_enabled(state, event)
            if found is not None and found not in enabled:
                enabled.append(found)
        return self.remove_conflicting_transitions(enabled)

    def first_enabled(self, state: Node, event: str | None) -> Transition | None:
        for s in [state, *ancestors(state)]:
            for t in s.transitions:
                events = t.definition.events
                matches = not events if event is None else event in events
                if matches and all(self.holds(guard) for guard in t.definition.guards):
                    return t
        return None

    def remove_conflicting_transitions(self, enabled: list[Transition]) -> list[Transition]:
        filtered: list[Transition] = []
        for t1 in enabled:
            preempted = False
            to_remove = []
            for t2 in filtered:
                if self.compute_exit_set([t1]) & self.compute_exit_set([t2]):
                    if is_descendant(t1.source, t2.source):
                        to_remove.append(t2)
                    else:
                        preempted = True
                        break
            if not preempted:
                filtered = [t for t in filtered if t not in to_remove] + [t1]
        return filtered

    # procedure microstep

    def microstep(self, enabled: list[Transition]) -> None:
        self.taken.append([(t, self.effective_targets(t)) for t in enabled])
        self.exit_states(enabled)
        for t in enabled:
            self.log += t.definition.actions
        self.enter_states(enabled)

    def exit_states(self, enabled: list[Transition]) -> None:
        to_exit = in_order(self.compute_exit_set(enabled))[::-1]
        for s in to_exit:
            for h in s.history:
                if h.kind == "deep":
                    kept = [x for x in self.configuration if x.is_atomic and is_descendant(x, s)]
                else:
                    kept = [x for x in self.configuration if x.parent is s]
                self.history_value[h.name] = in_order(kept)
        for s in to_exit:
            assert s.definition is not None
            self.log += s.definition.exit
            self.configuration.discard(s)

    def compute_exit_set(self, transitions: list[Transition]) -> set[Node]:
        found: set[Node] = set()
        for t in transitions:
            domain = self.get_transition_domain(t)
            if domain is not None:
                found |= {s for s in self.configuration if is_descendant(s, domain)}
        return found

    # procedure enterStates, procedure computeEntrySet

    def enter_states(self, enabled: list[Transition]) -> None:
        self.to_enter: set[Node] = set()
        self.for_default_entry: set[Node] = set()
        self.default_history_content: dict[str, tuple[str, ...]] = {}
        for t in enabled:
            for s in t.target:
                self.add_descendants(s)
            domain = self.get_transition_domain(t)
            for s in self.effective_targets(t):
                self.add_ancestors(s, domain)
        # The algorithm's letter would enter again what is between a history state's parent and
        # what it recorded, when that has not been left. By section 3.13 it is not entered.
        for s in in_order(self.to_enter - self.configuration):
            assert s.definition is not None and s.parent is not None
            self.configuration.add(s)
            self.log += s.definition.enter
            if s in self.for_default_entry and s.initial is not None:
                self.log += s.initial.definition.actions
            self.log += self.default_history_content.get(s.name, ())
            if s.kind == "final":
                self.reach_final(s.parent)

    def reach_final(self, parent: Node) -> None:
        if parent is self.root:
            self.running = False
            return
        self.internal_queue.append(f"done.state.{parent.name}")
        around = parent.parent
        if around is not None and around.kind == "parallel" and self.is_in_final_state(around):
            self.internal_queue.append(f"done.state.{around.name}")
            if around.parent is self.root:
                self.ended = around

    def add_descendants(self, state: Node) -> None:
        if state.is_history:
            assert state.parent is not None
            if state.name in self.history_value:
                recorded = self.history_value[state.name]
            else:
                default = state.transitions[0]
                self.default_history_content[state.parent.name] = default.definition.actions
                recorded = default.target
            for s in recorded:
                self.add_descendants(s)
            for s in recorded:
                self.add_ancestors(s, state.parent)
            return
        self.to_enter.add(state)
        if state.is_compound:
            self.for_default_entry.add(state)
            assert state.initial is not None
            for s in state.initial.target:
                self.add_descendants(s)
            for s in state.initial.target:
                self.add_ancestors(s, state)
        elif state.kind == "parallel":
            self.add_regions(state)

    def add_ancestors(self, state: Node, until: Node | None) -> None:
        for around in ancestors(state, until):
            self.to_enter.add(around)
            if around.kind == "parallel":
                self.add_regions(around)

    def add_regions(self, state: Node) -> None:
        for region in state.states:
            if not any(is_descendant(s, region) for s in self.to_enter):
                self.add_descendants(region)

    def is_in_final_state(self, s: Node) -> bool:
        if s.kind == "compound":
            return any(c.kind == "final" and c in self.configuration for c in s.states)
        return s.kind == "parallel" and all(self.is_in_final_state(c) for c in s.states)

    # function getTransitionDomain, function findLCCA, function getEffectiveTargetStates

    def get_transition_domain(self, t: Transition) -> Node | None:
        targets = self.effective_targets(t)
        if not targets:
            return None
        if t.source is self.root or (
            t.definition.internal
            and t.source.is_compound
            and all(is_descendant(s, t.source) for s in targets)
        ):
            return t.source
        for around in ancestors(t.source):
            if around.is_compound and all(is_descendant(s, around) for s in targets):
                return around
        raise AssertionError("the root is around every state")

    def effective_targets(self, t: Transition) -> list[Node]:
        found: list[Node] = []
        for s in t.target:
            if not s.is_history:
                found.append(s)
            elif s.name in self.history_value:
                found += self.history_value[s.name]
            else:
                found += self.effective_targets(s.transitions[0])
        return found


def in_order(states: Iterable[Node]) -> list[Node]:
    return sorted(states, key=lambda state: state.order)
