"""The layout of a whole chart: each state is laid out inside, then is a box outside."""

from __future__ import annotations

from dataclasses import dataclass, field

from .arrange import Box, Link, Station, arrange
from .model import Chart, Edge, Node
from .plan import End, Level, Marker, Plan, Port, Step, plan
from .regions import lay_regions
from .sizes import DOT, LOOP, header_size, label_size, leaf_size, title_width

_PAD = 16.0
_PORT = 6.0
_MARGIN = 20.0
_NAME = 14.0
_BESIDE = 10.0


@dataclass(slots=True)
class Rect:
    """A rectangle: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float


@dataclass(slots=True)
class Route:
    """The line of an edge from its source to its target, and the middle of its label."""

    edge: Edge | None
    stations: list[Station]
    label_at: tuple[float, float] | None


@dataclass(slots=True)
class Drawing:
    """Where everything is, in pixels from the top left."""

    width: float
    height: float
    rects: dict[Node, Rect] = field(default_factory=dict)
    dots: list[tuple[float, float]] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    loops: dict[Node, Edge] = field(default_factory=dict)
    heads: dict[Node, float] = field(default_factory=dict)


@dataclass(slots=True)
class _Inside:
    """A state with children, laid out: its size, its boxes, and the links of its steps."""

    width: float
    height: float
    x: float
    y: float
    boxes: dict[End, Box]
    links: dict[Step, Link]
    name_at: float


def lay_out(chart: Chart) -> Drawing:
    """Find a place for everything on the chart; the same chart gives the same drawing."""
    cut = plan(chart)
    insides: dict[Node, _Inside] = {}
    for level in reversed(cut.levels.values()):
        insides[level.node] = _lay(level, cut, insides)
    whole = insides[chart.root]
    drawing = Drawing(whole.width, whole.height, loops=cut.loops)
    drawing.rects[chart.root] = Rect(0.0, 0.0, whole.width, whole.height)
    lines: dict[Step, Route] = {}
    for level in cut.levels.values():
        _settle(level, insides, drawing, lines)
    drawing.routes = [_whole_route(step, lines) for step in cut.whole]
    return drawing


def outer_size(node: Node, cut: Plan, insides: dict[Node, _Inside]) -> tuple[float, float, float]:
    """Width and height of a state's box, and what its loop needs on the right."""
    inside = insides.get(node)
    width, height = (inside.width, inside.height) if inside else leaf_size(node)
    loop = cut.loops.get(node)
    if loop is None:
        return width, height, 0.0
    label = label_size(loop)
    return width, max(height, label[1]), LOOP + label[0]


def _lay(level: Level, cut: Plan, insides: dict[Node, _Inside]) -> _Inside:
    boxes: dict[End, Box] = {}
    for end in level.ends:
        rank = level.ranks.get(end, 0)
        if isinstance(end, Node):
            width, height, tail = outer_size(end, cut, insides)
            boxes[end] = Box(width / 2, height, rank, tail)
        elif isinstance(end, Marker):
            boxes[end] = Box(DOT, 2 * DOT, rank)
        else:
            boxes[end] = Box(_PORT, 0.0, rank)
    links = {step: _link(step, boxes) for step in level.steps}
    least, head = header_size(level.node)
    if level.node.kind == "parallel":
        width, height = lay_regions(level, boxes, links)
        pad = 0.0
    else:
        width, height = arrange(list(boxes.values()), list(links.values()))
        pad = _MARGIN if level.node.kind == "root" else _PAD
    whole = max(width + 2 * pad, least + 2 * _PAD)
    x = (whole - width) / 2
    title = title_width(level.node)
    crossings = [x + box.x for end, box in boxes.items() if isinstance(end, Port) and end.top]
    name_at = _clear_of(crossings, title)
    if crossings and name_at + title + _BESIDE > whole:
        # No room beside what comes in from above: that moves over, and the name stays left.
        name_at = _NAME
        aside = max(0.0, _NAME + title + _BESIDE - min(crossings))
        x, whole = x + aside, whole + aside
    inside = _Inside(whole, head + height + pad, x, head, boxes, links, name_at)
    if level.node.kind == "root":
        inside.y, inside.height = pad, height + 2 * pad
    for end, box in boxes.items():
        if isinstance(end, Port):
            end.at = box.x + inside.x - whole / 2
    return inside


def _clear_of(crossings: list[float], width: float) -> float:
    """Where a name of some width begins so that no edge from above runs through it."""
    left = _NAME
    for x in sorted(crossings):
        if left - _BESIDE < x < left + width + _BESIDE:
            left = x + _BESIDE
    return left


def _link(step: Step, boxes: dict[End, Box]) -> Link:
    ends = [boxes[step.source], boxes[step.target]]
    ports = [step.source_port, step.target_port]
    if step.turned:
        ends.reverse()
        ports.reverse()
    label = label_size(step.edge) if step.edge and step.labelled else None
    fixed = [None if port is None else port.at for port in ports]
    return Link(ends[0], ends[1], label, fixed[0], fixed[1])


def _settle(
    level: Level, insides: dict[Node, _Inside], drawing: Drawing, lines: dict[Step, Route]
) -> None:
    """Move one level to where it is on the drawing."""
    inside = insides[level.node]
    rect = drawing.rects[level.node]
    left, top = rect.x + inside.x, rect.y + inside.y
    drawing.heads[level.node] = rect.x + inside.name_at
    for end, box in inside.boxes.items():
        if isinstance(end, Node):
            x, y = left + box.x - box.half, top + box.y
            drawing.rects[end] = Rect(x, y, 2 * box.half, box.height)
        elif isinstance(end, Marker):
            drawing.dots.append((left + box.x, top + box.y + DOT))
    for step, link in inside.links.items():
        stations = [(left + x, top + start, top + end) for x, start, end in link.stations]
        if step.turned:
            stations = [(x, end, start) for x, start, end in reversed(stations)]
        # What crosses the border runs on to it, through the head or the margin.
        if isinstance(step.source, Port):
            x, _, end_y = stations[0]
            stations[0] = x, _border(step.source, rect), end_y
        if isinstance(step.target, Port):
            x, start_y, _ = stations[-1]
            stations[-1] = x, start_y, _border(step.target, rect)
        at = link.label_at
        lines[step] = Route(step.edge, stations, at and (left + at[0], top + at[1]))


def _border(port: Port, rect: Rect) -> float:
    return rect.y if port.top else rect.y + rect.height


def _whole_route(step: Step, lines: dict[Step, Route]) -> Route:
    route = lines[step]
    stations = list(route.stations)
    inner = step.before
    while inner is not None:
        stations = lines[inner].stations + stations
        inner = inner.before
    inner = step.after
    while inner is not None:
        stations += lines[inner].stations
        inner = inner.after
    return Route(step.edge, stations, route.label_at)
