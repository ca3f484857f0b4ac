"""What a drawing must keep to, whatever the chart."""

from collections.abc import Iterator
from itertools import combinations, pairwise

from repertory.actors.charts.diagram.model import Chart, Node
from repertory.actors.charts.diagram.nest import Drawing, Rect, Route
from repertory.actors.charts.diagram.sizes import HEADER, LOOP, label_size, title_width

_TOLERANCE = 0.01


def overlap(one: Rect, other: Rect) -> bool:
    return (
        one.x < other.x + other.width - _TOLERANCE
        and other.x < one.x + one.width - _TOLERANCE
        and one.y < other.y + other.height - _TOLERANCE
        and other.y < one.y + one.height - _TOLERANCE
    )


def inside(one: Rect, other: Rect) -> bool:
    return (
        one.x >= other.x - _TOLERANCE
        and one.y >= other.y - _TOLERANCE
        and one.x + one.width <= other.x + other.width + _TOLERANCE
        and one.y + one.height <= other.y + other.height + _TOLERANCE
    )


def label_rects(drawing: Drawing) -> list[Rect]:
    rects = []
    for route in drawing.routes:
        if route.edge is not None and route.label_at is not None:
            width, height = label_size(route.edge)
            x, y = route.label_at
            rects.append(Rect(x - width / 2, y - height / 2, width, height))
    for node, edge in drawing.loops.items():
        width, height = label_size(edge)
        box = drawing.rects[node]
        middle = box.y + box.height / 2
        rects.append(Rect(box.x + box.width + LOOP, middle - height / 2, width, height))
    return rects


def points(route: Route) -> Iterator[tuple[float, float]]:
    """Points along the line of a route, close enough to find what it runs through."""
    for x, start, end in route.stations:
        for part in range(9):
            yield x, start + (end - start) * part / 8
    for (x, _, y), (to_x, to_y, _) in pairwise(route.stations):
        for part in range(1, 16):
            t = part / 16
            ease = t * t * (3 - 2 * t)
            middle = (y + to_y) / 2
            rise = y * (1 - t) ** 3 + 3 * middle * t * (1 - t) + to_y * t**3
            yield x + (to_x - x) * ease, rise


def strictly_in(rect: Rect, x: float, y: float) -> bool:
    return (
        rect.x + 0.5 < x < rect.x + rect.width - 0.5
        and rect.y + 0.5 < y < rect.y + rect.height - 0.5
    )


def check(chart: Chart, drawing: Drawing) -> None:
    """Assert that nothing covers anything else and all is on the canvas."""
    canvas = drawing.rects[chart.root]
    rects = drawing.rects
    for node in (chart.root, *chart.states):
        for child in node.children:
            assert inside(rects[child], rects[node]), (child.id, node.id)
        for one, other in combinations(node.children, 2):
            assert not overlap(rects[one], rects[other]), (one.id, other.id)
    leaves = [node for node in chart.states if not node.children and not node.is_region]
    labels = label_rects(drawing)
    for label in labels:
        assert inside(label, canvas)
        for leaf in leaves:
            assert not overlap(label, rects[leaf]), leaf.id
    for one_label, other_label in combinations(labels, 2):
        assert not overlap(one_label, other_label)
    for route in drawing.routes:
        _check_route(route, chart, rects, canvas)


def _check_route(route: Route, chart: Chart, rects: dict[Node, Rect], canvas: Rect) -> None:
    free = set(chart.states)
    if route.edge is not None:
        # What is around either end may be crossed, but neither the ends nor anything else.
        free -= {*route.edge.source.ancestors(), *route.edge.target.ancestors()}
    for x, y in points(route):
        assert 0 <= x <= canvas.width and 0 <= y <= canvas.height
        if route.edge is not None:
            for node in free:
                assert not strictly_in(rects[node], x, y), (
                    f"{route.edge.source.id} -> {route.edge.target.id} runs through {node.id}"
                )


def check_heads(chart: Chart, drawing: Drawing) -> None:
    """Assert that no edge runs through the name of a state that it crosses into."""
    for node, left in drawing.heads.items():
        if node is chart.root:
            continue
        box = drawing.rects[node]
        right = left + title_width(node)
        assert box.x < left and right < box.x + box.width
        for route in drawing.routes:
            for x, start, end in route.stations:
                if min(start, end) <= box.y + 1 and max(start, end) >= box.y + HEADER / 2:
                    assert not left < x < right, node.id
