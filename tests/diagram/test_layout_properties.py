"""Random charts: whatever is nested and joined, the drawing keeps to the rules."""

import sys
import xml.etree.ElementTree as ET
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from repertory.actors.charts.diagram.arrange import Box, Link, arrange
from repertory.actors.charts.diagram.coordinates import attach, spread
from repertory.actors.charts.diagram.dot import render_dot
from repertory.actors.charts.diagram.mermaid import render_mermaid
from repertory.actors.charts.diagram.model import Chart, Edge, Node, Row
from repertory.actors.charts.diagram.nest import lay_out
from repertory.actors.charts.diagram.ranks import assign_ranks, break_cycles
from repertory.actors.charts.diagram.svg import render_svg

from .geometry import check, check_heads

NAMES = st.text(max_size=24)
COUNTS = st.none() | st.integers(0, 10**7)


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    root = Node("", "", "root")
    number = 0

    def grow(parent: Node, depth: int) -> None:
        nonlocal number
        for index in range(draw(st.integers(1, 4))):
            number += 1
            inner = depth < 3 and number < 24 and draw(st.integers(0, 3)) == 0
            kinds: list[Any] = ["state", "state", "final"]
            if depth and index:
                kinds += ["history", "deep"]
            kind = draw(st.sampled_from(["compound", "parallel"] if inner else kinds))
            node = Node(f"s{number}", draw(NAMES), kind, parent, initial=index == 0)
            node.visits = None if node.is_history else draw(COUNTS)
            parent.children.append(node)
            if inner:
                grow(node, depth + 1)

    grow(root, 0)
    chart = Chart(draw(NAMES), root, [])
    states = chart.states
    seen = set()
    for source, target in draw(
        st.lists(st.tuples(st.sampled_from(states), st.sampled_from(states)), max_size=30)
    ):
        if (source, target) in seen:
            continue
        seen.add((source, target))
        rows = [
            Row(event, event, draw(NAMES), draw(COUNTS))
            for event in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
        ]
        if source is target and draw(st.booleans()) and not source.is_history:
            source.internal += rows
        else:
            chart.edges.append(Edge(source, target, rows))
    return chart


@settings(max_examples=150, deadline=None)
@given(charts())
def test_nothing_covers_anything_else_in_any_chart(chart: Chart) -> None:
    drawing = lay_out(chart)
    check(chart, drawing)
    check_heads(chart, drawing)


@settings(max_examples=60, deadline=None)
@given(charts())
def test_any_chart_is_valid_xml_and_complete(chart: Chart) -> None:
    root = ET.fromstring(render_svg(chart))
    shown = [group.get("data-state") for group in root.iter() if group.get("data-state")]
    assert sorted(filter(None, shown)) == sorted(node.id for node in chart.states)


@settings(max_examples=60, deadline=None)
@given(charts())
def test_any_chart_has_one_text_in_each_text_format(chart: Chart) -> None:
    assert render_mermaid(chart) == render_mermaid(chart)
    assert render_dot(chart).count(" -> ") >= len(chart.edges)


@given(st.integers(1, 30), st.data())
def test_ranks_lead_every_arrow_down(count: int, data: st.DataObject) -> None:
    ends = st.integers(0, count - 1)
    arrows = [pair for pair in data.draw(st.lists(st.tuples(ends, ends))) if pair[0] != pair[1]]
    turned = break_cycles(count, arrows)
    straight = [
        (low, up, 2) if back else (up, low, 2)
        for (up, low), back in zip(arrows, turned, strict=True)
    ]
    ranks = assign_ranks(count, straight, (), ())
    assert all(ranks[low] - ranks[up] >= 2 for up, low, _ in straight)


@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(0.01, 50), st.floats(0, 200))))
def test_spread_keeps_its_distances(points: list[tuple[float, float, float]]) -> None:
    found = spread(
        [want for want, _, _ in points],
        [weight for _, weight, _ in points],
        [apart for _, _, apart in points],
    )
    for index in range(1, len(found)):
        assert found[index] - found[index - 1] >= points[index][2] - 1e-6


@given(st.lists(st.floats(-500, 500), min_size=1, max_size=20), st.floats(1, 300))
def test_attachments_stay_on_their_side_and_in_order(wants: list[float], half: float) -> None:
    found = attach([(want, None) for want in sorted(wants)], -half, half, 18.0)
    assert found == sorted(found)
    assert all(-half - 1e-6 <= spot <= half + 1e-6 for spot in found)


def test_work_grows_with_the_chart_and_not_with_its_square() -> None:
    """Counted in traced calls rather than seconds: a ladder ten times as long."""

    def calls(length: int) -> int:
        boxes = [Box(40.0, 36.0, 2 * index) for index in range(length)]
        links = [Link(boxes[index], boxes[index + 1], (60.0, 19.0)) for index in range(length - 1)]
        return _count_calls(lambda: arrange(boxes, links))

    assert calls(400) < 12 * calls(40)


def _count_calls(work: Any) -> int:

    seen = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal seen
        seen += 1

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return seen
