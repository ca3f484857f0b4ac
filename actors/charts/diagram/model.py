"""What a diagram shows: the states and transitions of a class, with counts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from statemachine.state import HistoryState, State
from statemachine.utils import humanize_id

from ..timeout import resolved

if TYPE_CHECKING:
    from statemachine import StateChart
    from statemachine.transition import Transition

Kind: TypeAlias = Literal["root", "state", "final", "compound", "parallel", "history", "deep"]
Taken: TypeAlias = Mapping[tuple[str, str, str], int]

TIMES = "\u00d7"
_LONGEST_GUARD = 48


@dataclass(slots=True)
class Row:
    """One event on an edge, or inside its state when it is internal."""

    event: str
    label: str
    guard: str
    count: int | None

    @property
    def is_cut(self) -> bool:
        """Whether the guard is too long to be written whole."""
        return len(self.guard) > _LONGEST_GUARD

    @property
    def guard_text(self) -> str:
        """The guard in brackets, cut so that one guard cannot stretch a diagram."""
        if not self.guard:
            return ""
        cut = self.guard[: _LONGEST_GUARD - 1] + "…" if self.is_cut else self.guard
        return f"[{cut}]"

    @property
    def count_text(self) -> str:
        """The count as it is written on the diagram, or an empty string."""
        return "" if self.count is None else f"{TIMES}{self.count:,}"

    @property
    def text(self) -> str:
        """The whole row on one line."""
        return " ".join(part for part in (self.label, self.guard_text, self.count_text) if part)


@dataclass(slots=True, eq=False)
class Node:
    """A state, with what is inside it; the chart itself is the outermost one."""

    id: str
    name: str
    kind: Kind
    parent: Node | None = None
    initial: bool = False
    active: bool = False
    visits: int | None = None
    children: list[Node] = field(default_factory=list)
    internal: list[Row] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The name with the count of visits, on one line."""
        return self.name if self.visits is None else f"{self.name} {TIMES}{self.visits:,}"

    @property
    def is_region(self) -> bool:
        """Whether it is one of the regions of a parallel state."""
        return self.parent is not None and self.parent.kind == "parallel" and not self.is_history

    @property
    def is_history(self) -> bool:
        """Whether it is a history state, shallow or deep."""
        return self.kind in ("history", "deep")

    @property
    def first(self) -> Node | None:
        """The child that is entered when nothing else is said."""
        if self.kind == "parallel":
            return None
        return next((child for child in self.children if child.initial), None)

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in document order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def ancestors(self) -> Iterator[Node]:
        """The nodes around this one, from the inside out."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent


@dataclass(slots=True, eq=False)
class Edge:
    """All that leads from one state to another: one line, one row an event."""

    source: Node
    target: Node
    rows: list[Row] = field(default_factory=list)

    @property
    def count(self) -> int | None:
        """How often it was taken by any of its events, or None without counts."""
        counts = [row.count for row in self.rows if row.count is not None]
        return sum(counts) if counts else None

    @property
    def eventless(self) -> bool:
        """Whether no event is needed to take it."""
        return all(not row.event for row in self.rows)


@dataclass(slots=True)
class Chart:
    """A statechart class as it will be drawn."""

    title: str
    root: Node
    edges: list[Edge]

    @property
    def most_taken(self) -> int:
        """The count of the busiest edge."""
        return max((edge.count or 0 for edge in self.edges), default=0)

    @property
    def most_visits(self) -> int:
        """The count of the state that was entered most."""
        return max((node.visits or 0 for node in self.states), default=0)

    @property
    def states(self) -> list[Node]:
        """Every state, in document order."""
        return list(self.root.walk())[1:]


def read_chart(
    chart_class: type[StateChart[Any]],
    active: Collection[str],
    visits: Mapping[str, int] | None,
    taken: Taken | None,
    title: str | None,
) -> Chart:
    """Read a statechart class; counts and ids that it does not know are left out."""
    root = Node("", "", "root")
    nodes: dict[int, Node] = {}
    sources: list[State] = []
    # What a chart that was not written as a class says of its states.
    notes: Mapping[str, str] = getattr(chart_class, "_notes", {})

    def read(state: State, parent: Node) -> None:
        node = Node(state.id, str(state.name), _kind(state), parent)
        node.initial = bool(state.initial) and not isinstance(state, HistoryState)
        node.active = state.id in active
        if visits is not None and not node.is_history:
            node.visits = visits.get(state.id, 0)
        if state.id in notes:
            node.internal.append(Row("", notes[state.id], "", None))
        parent.children.append(node)
        nodes[id(state)] = node
        sources.append(state)
        for child in (*state.states, *state.history):
            read(child, node)
        if state.states and not any(child.initial for child in node.children):
            node.children[0].initial = True

    for state in chart_class.states:
        read(state, root)
    edges: dict[tuple[int, int], Edge] = {}
    for source in sources:
        own = {str(event) for transition in source.transitions for event in transition.events}
        nodes[id(source)].internal += [
            Row(event, f"{text}: {event}", "", None)
            for event, text in _times(source).items()
            if event not in own  # a state around it takes it
        ]
        for transition in source.transitions:
            if transition.initial:
                continue
            targets = [nodes[id(target)] for target in transition.targets if target is not None]
            _add_transition(chart_class, transition, nodes[id(source)], targets, edges, taken)
    shown = chart_class.__name__ if title is None else title
    return Chart(shown, root, list(edges.values()))


def _kind(state: State) -> Kind:
    if isinstance(state, HistoryState):
        return "deep" if state.type.is_deep else "history"
    if state.states:
        return "parallel" if state.parallel else "compound"
    return "final" if state.final else "state"


def _times(state: State) -> dict[str, str]:
    """The events of a state's timeouts, each with how long it takes until it comes."""
    timeouts = getattr(state, "timeouts", ())
    return {resolved(state, timeout).event: timeout.text for timeout in timeouts}


def _add_transition(
    chart_class: type[StateChart[Any]],
    transition: Transition,
    source: Node,
    targets: list[Node],
    edges: dict[tuple[int, int], Edge],
    taken: Taken | None,
) -> None:
    times = _times(transition.source)
    guard = " and ".join(_guard_name(chart_class, str(spec), spec.func) for spec in transition.cond)
    stays = not targets or (transition.internal and targets == [source])
    for target in [source] if stays else targets:
        if stays:
            rows = source.internal
        else:
            key = (id(source), id(target))
            rows = edges.setdefault(key, Edge(source, target)).rows
        for event, label, aliases in _events(transition, source):
            if event in times:
                label = (
                    times[event] if event.startswith("after.state.") else f"{label}, {times[event]}"
                )
            count = None
            if taken is not None:
                count = sum(taken.get((source.id, name, target.id), 0) for name in aliases)
            _merge_row(rows, Row(event, label, guard, count))


def _merge_row(rows: list[Row], row: Row) -> None:
    # Counts are kept per event, so two guarded ways of one event share a row and its count.
    for known in rows:
        if known.event == row.event:
            known.guard = f"{known.guard or 'always'} or {row.guard or 'always'}"
            return
    rows.append(row)


def _guard_name(chart_class: type, text: str, func: object) -> str:
    if callable(func):
        # Printed as they are, functions show an address, which differs from run to run.
        name = str(getattr(func, "__name__", type(func).__name__))
        return ("!" if text.startswith("!") else "") + name.strip("<>")
    if isinstance(func, str) and func.isidentifier():
        # A chart that was not written as a class knows its guards under names of its own.
        label = getattr(getattr(chart_class, func, None), "label", func)
        return text.replace(func, str(label))
    return text


def _events(transition: Transition, source: Node) -> list[tuple[str, str, list[str]]]:
    """The events of a transition: id, how it is called, and all ids it is recorded under."""
    if not list(transition.events):
        return [("", "" if source.is_history else "always", [""])]
    merged: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for event in transition.events:
        # The library knows some events both as `done_state_x` and as `done.state.x`.
        key = str(event.id).replace(".", "_")
        merged.setdefault(key, []).append(str(event.id))
        names.setdefault(key, str(event.name))
    found = []
    for key, ids in merged.items():
        dotted = max(ids, key=lambda name: name.count("."))
        given = names[key] if names[key] != humanize_id(key) else ""
        done = dotted == f"done.state.{source.id}"
        found.append((dotted, given or ("done" if done else dotted), list(dict.fromkeys(ids))))
    return found
