"""Edges cut at the borders they cross, and ranks for what is inside each state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from .model import Chart, Edge, Node
from .ranks import assign_ranks, break_cycles


@dataclass(slots=True, eq=False)
class Port:
    """Where an edge crosses the border of a state; `at` is pixels right of its middle."""

    top: bool
    at: float = 0.0


@dataclass(slots=True, eq=False)
class Marker:
    """The dot from which the first child of a state is entered."""


End: TypeAlias = Node | Port | Marker


@dataclass(slots=True, eq=False)
class Step:
    """The part of an edge that lies directly inside one state."""

    edge: Edge | None
    source: End
    target: End
    labelled: bool = False
    turned: bool = False
    before: Step | None = None
    after: Step | None = None

    @property
    def source_port(self) -> Port | None:
        """Where the edge comes out of its source, if it starts deeper inside."""
        port = self.before.target if self.before else None
        return port if isinstance(port, Port) else None

    @property
    def target_port(self) -> Port | None:
        """Where the edge goes into its target, if it ends deeper inside."""
        port = self.after.source if self.after else None
        return port if isinstance(port, Port) else None


@dataclass(slots=True, eq=False)
class Level:
    """What lies directly inside one state."""

    node: Node
    ends: list[End]
    steps: list[Step] = field(default_factory=list)
    ranks: dict[End, int] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """The whole chart, cut up: levels by state, the outermost step of each edge, loops."""

    levels: dict[Node, Level]
    whole: list[Step]
    loops: dict[Node, Edge]


def plan(chart: Chart) -> Plan:
    """Cut the edges of a chart and rank each level, from the outside in."""
    levels: dict[Node, Level] = {}
    whole: list[Step] = []
    loops: dict[Node, Edge] = {}
    for node in chart.root.walk():
        if node.children:
            levels[node] = Level(node, list(node.children))
    for edge in chart.edges:
        if edge.source is edge.target:
            loops[edge.source] = edge
            continue
        home, step = _outermost(edge)
        levels[home].steps.append(step)
        levels[home].ends += [end for end in (step.source, step.target) if isinstance(end, Port)]
        whole.append(step)
    for node, level in levels.items():
        if node.first is not None:
            marker = Marker()
            level.ends.insert(0, marker)
            entry = Step(None, marker, node.first)
            level.steps.insert(0, entry)
            whole.append(entry)
        if node.kind == "parallel":
            _turn_at_regions(level)
        else:
            _rank(level)
        for step in level.steps:
            _cut(step, levels, under=node.kind == "parallel")
    return Plan(levels, whole, loops)


def _outermost(edge: Edge) -> tuple[Node, Step]:
    """The innermost state around both ends, and the step inside it."""
    source, target = edge.source, edge.target
    around = list(target.ancestors())
    labelled = any(row.text for row in edge.rows)
    if source in around:
        return source, Step(edge, Port(top=True), _child(source, target), labelled)
    if target in source.ancestors():
        return target, Step(edge, _child(target, source), Port(top=False), labelled)
    home = next(node for node in source.ancestors() if node in around)
    return home, Step(edge, _child(home, source), _child(home, target), labelled)


def _child(home: Node, node: Node) -> Node:
    """The child of `home` that is `node` or holds it."""
    while node.parent is not home:
        assert node.parent is not None
        node = node.parent
    return node


def _cut(step: Step, levels: dict[Node, Level], *, under: bool) -> None:
    """Carry an edge on into the states in which its ends really lie.

    It crosses the border on the side that faces the other end; `under` says that both ends
    are left by the bottom, as between two regions.
    """
    if step.edge is None:
        return
    free = isinstance(step.source, Node) and isinstance(step.target, Node)
    for start in (True, False):
        end = step.source if start else step.target
        true = step.edge.source if start else step.edge.target
        if not isinstance(end, Node) or end is true:
            continue
        upper = step.turned is not start
        port = Port(top=not upper and not (under and free))
        inner = _child(end, true)
        part = Step(step.edge, inner, port) if start else Step(step.edge, port, inner)
        levels[end].ends.append(port)
        levels[end].steps.append(part)
        if start:
            step.before = part
        else:
            step.after = part


def _turn_at_regions(level: Level) -> None:
    """Regions stand side by side: an edge through a border runs straight to it."""
    for step in level.steps:
        step.turned = _against(step)


def _against(step: Step) -> bool:
    """Whether an edge at a port leads upwards."""
    if isinstance(step.source, Port):
        return not step.source.top
    return isinstance(step.target, Port) and step.target.top


def _rank(level: Level) -> None:
    numbers = {end: index for index, end in enumerate(level.ends)}
    inner = [
        step
        for step in level.steps
        if not isinstance(step.source, Port) and not isinstance(step.target, Port)
    ]
    pairs = [(numbers[step.source], numbers[step.target]) for step in inner]
    for step, turned in zip(inner, break_cycles(len(numbers), pairs), strict=True):
        step.turned = turned
    arrows: list[tuple[int, int, int]] = []
    for step in level.steps:
        if isinstance(step.source, Port) or isinstance(step.target, Port):
            step.turned = _against(step)
        upper, lower = numbers[step.source], numbers[step.target]
        if step.turned:
            upper, lower = lower, upper
        arrows.append((upper, lower, 2 if step.labelled else 1))
    ports = [end for end in numbers if isinstance(end, Port)]
    top = {numbers[port] for port in ports if port.top}
    bottom = {numbers[port] for port in ports if not port.top}
    ranks = assign_ranks(len(numbers), arrows, top, bottom)
    level.ranks = {end: ranks[index] for end, index in numbers.items()}
