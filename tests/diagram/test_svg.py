"""What people see: everything once, with its figures, and nothing over anything else."""

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator

import pytest
from repertory.actors.charts.diagram import diagram
from repertory.actors.charts.diagram.model import Chart, read_chart
from repertory.actors.charts.diagram.nest import lay_out
from repertory.actors.charts.diagram.paths import edge_path
from statemachine import State, StateChart

from .geometry import check, check_heads
from .samples import SAMPLES, Awkward, Deep, Flat, Life, Review

SVG = "{http://www.w3.org/2000/svg}"


def read(chart_class: type[StateChart]) -> Chart:
    return read_chart(chart_class, (), None, None, None)


def counts(chart_class: type[StateChart]) -> dict[str, object]:
    """Figures for every state and transition, no two alike."""
    chart = read(chart_class)
    triples = [
        (edge.source.id, row.event, edge.target.id) for edge in chart.edges for row in edge.rows
    ]
    triples += [(node.id, row.event, node.id) for node in chart.states for row in node.internal]
    return {
        "visits": {node.id: 1000 + i for i, node in enumerate(chart.states)},
        "taken": {triple: 5000 + i for i, triple in enumerate(triples)},
    }


def every_state(states: Iterable[State]) -> Iterator[State]:
    for state in states:
        yield state
        yield from every_state([*state.states, *state.history])


def parse(text: str) -> ET.Element:
    return ET.fromstring(text)


def words(element: ET.Element) -> str:
    return " ".join(" ".join(element.itertext()).split())


@pytest.mark.parametrize("chart_class", SAMPLES)
def test_every_state_appears_exactly_once(chart_class: type[StateChart]) -> None:
    root = parse(diagram(chart_class, "svg"))
    shown = Counter(group.get("data-state") for group in root.iter() if group.get("data-state"))
    assert shown == Counter(node.id for node in read(chart_class).states)


@pytest.mark.parametrize("chart_class", SAMPLES)
def test_every_transition_appears_exactly_once(chart_class: type[StateChart]) -> None:
    root = parse(diagram(chart_class, "svg"))
    shown: Counter[tuple[str, str, str]] = Counter()
    for group in root.iter(f"{SVG}g"):
        source, target = group.get("data-source"), group.get("data-target")
        state = group.get("data-state")
        for text in group.findall(f"{SVG}text[@data-event]"):
            event = text.attrib["data-event"]
            shown[source or state or "", event, target or state or ""] += 1
    wanted: set[tuple[str, str, str]] = set()
    for state in every_state(chart_class.states):
        for transition in state.transitions:
            if transition.initial:
                continue
            names = [str(event.id) for event in transition.events] or [""]
            dotted = {name for name in names if name.replace(".", "_") != name}
            for event in dotted or names:
                for target in transition.targets or [state]:
                    wanted.add((state.id, event, target.id))
    assert shown == Counter(wanted)


@pytest.mark.parametrize("chart_class", SAMPLES)
def test_every_edge_has_one_line(chart_class: type[StateChart]) -> None:
    root = parse(diagram(chart_class, "svg"))
    lines = Counter(
        (group.get("data-source"), group.get("data-target"))
        for group in root.iter(f"{SVG}g")
        if group.get("class", "").startswith("edge") and group.get("data-source")
    )
    assert lines == Counter((e.source.id, e.target.id) for e in read(chart_class).edges)


@pytest.mark.parametrize("chart_class", SAMPLES)
def test_nothing_covers_anything_else(chart_class: type[StateChart]) -> None:
    for figures in ({"visits": None, "taken": None}, counts(chart_class)):
        chart = read_chart(chart_class, (), title=None, **figures)  # type: ignore[arg-type]
        drawing = lay_out(chart)
        check(chart, drawing)
        check_heads(chart, drawing)


@pytest.mark.parametrize("chart_class", SAMPLES)
def test_every_count_is_written(chart_class: type[StateChart]) -> None:
    figures = counts(chart_class)
    root = parse(diagram(chart_class, "svg", **figures))  # type: ignore[arg-type]
    text = words(root)
    chart = read(chart_class)
    histories = {node.id for node in chart.states if node.is_history}
    for state, count in figures["visits"].items():  # type: ignore[attr-defined]
        assert (f"{count:,}" in text) == (state not in histories)
    for count in figures["taken"].values():  # type: ignore[attr-defined]
        assert f"\u00d7{count:,}" in text


def test_without_counts_no_figures_are_shown() -> None:
    text = diagram(Life, "svg")
    assert "\u00d7" not in text
    assert "times entered" not in text


def test_the_busier_edge_is_thicker_and_one_never_taken_is_pale() -> None:
    taken = {("basket", "pay", "paid"): 100}
    root = parse(diagram(Flat, "svg", taken=taken))
    width = {}
    classes = {}
    for group in root.iter(f"{SVG}g"):
        line = group.find(f"{SVG}path[@class='line']")
        if line is not None and group.get("data-source"):
            width[group.get("data-source")] = float(line.attrib["stroke-width"])
            classes[group.get("data-source")] = group.attrib["class"].split()
    assert width["basket"] > width["paid"]
    assert "e5" in classes["basket"]
    assert "e0" in classes["paid"]


def test_the_busier_state_has_the_stronger_colour() -> None:
    root = parse(diagram(Flat, "svg", visits={"basket": 100, "paid": 9}))
    shade = {
        group.get("data-state"): group.find(f"{SVG}rect").attrib["class"].split()[-1]  # type: ignore[union-attr]
        for group in root.iter(f"{SVG}g")
        if group.get("data-state")
    }
    assert shade == {"basket": "f5", "paid": "f2", "shipped": "f0"}


def test_active_states_are_ringed() -> None:
    root = parse(diagram(Deep, "svg", active={"d"}))
    rings = [rect for rect in root.iter(f"{SVG}rect") if rect.get("class") == "ring"]
    assert len(rings) == 1


def test_regions_stand_side_by_side_with_a_dashed_line_between() -> None:
    chart = read(Review)
    drawing = lay_out(chart)
    legal, technical = (
        drawing.rects[node] for node in chart.states if node.id in ("legal", "technical")
    )
    assert legal.y == technical.y
    assert legal.height == technical.height
    assert technical.x == pytest.approx(legal.x + legal.width)
    separators = [p for p in parse(diagram(Review, "svg")).iter() if p.get("class") == "separator"]
    assert len(separators) == 1


def test_history_states_are_told_apart() -> None:
    symbols = [
        element.text
        for element in parse(diagram(Review, "svg")).iter(f"{SVG}text")
        if element.get("class") == "symbol"
    ]
    assert sorted(filter(None, symbols)) == ["H", "H*"]


def test_each_level_but_a_parallel_one_has_an_initial_dot() -> None:
    levels = [node for node in read(Review).root.walk() if node.children]
    drawing = lay_out(read(Review))
    assert len(drawing.dots) == sum(node.kind != "parallel" for node in levels)


def test_an_eventless_transition_is_dashed_and_says_when() -> None:
    root = parse(diagram(Deep, "svg"))
    group = next(
        g
        for g in root.iter(f"{SVG}g")
        if "eventless" in g.get("class", "") and g.get("data-source") == "lost"
    )
    assert group.get("data-target") == "end"
    assert "always [given_up]" in words(root)


def test_names_are_escaped_and_stay_valid_xml() -> None:
    text = words(parse(diagram(Awkward, "svg", title="<&>")))
    assert 'a "b"; <c> & {d}: #e' in text
    assert "\ufffd control" in text
    assert text.startswith("<&>")


def test_guards_that_are_functions_have_no_address() -> None:
    assert "[lambda]" in words(parse(diagram(Review, "svg")))


def test_nothing_comes_from_elsewhere() -> None:
    text = diagram(Review, "svg")
    assert text.count("http") == 1, "only the name of the SVG namespace"
    for word in ("<script", "@import", "url(", "<image", "href"):
        assert word not in text


def test_both_light_and_dark_pages_are_served() -> None:
    style = parse(diagram(Flat, "svg")).find(f"{SVG}style")
    assert style is not None and style.text is not None
    assert "@media (prefers-color-scheme: dark)" in style.text


def test_an_empty_title_leaves_no_heading() -> None:
    root = parse(diagram(Flat, "svg", title=""))
    assert not [text for text in root.iter(f"{SVG}text") if text.get("class") == "heading"]


def test_a_long_guard_is_cut_and_whole_when_pointed_at() -> None:
    guard = " and ".join(["covers_total"] * 9)

    class Guarded(StateChart):
        basket = State(initial=True)
        paid = State(final=True)
        pay = basket.to(paid, cond=guard)

        def covers_total(self) -> bool:
            return True

    root = parse(diagram(Guarded, "svg"))
    label = next(g for g in root.iter(f"{SVG}g") if g.get("class") == "label")
    assert label.findtext(f"{SVG}title") == guard
    shown = words(label.find(f"{SVG}text"))  # type: ignore[arg-type]
    assert shown.endswith("…]") and len(shown) < 60


def test_an_edge_along_a_lane_turns_its_corners_without_a_spur() -> None:
    path, _ = edge_path([(0.0, 0.0, 50.0), (100.0, 50.0, 0.0)], 8.0)
    assert path == "M0 0V41Q0 50 9 50H91Q100 50 100 41V6.4"
