"""The text formats: Mermaid and DOT."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from repertory.actors.charts.diagram import diagram
from repertory.actors.charts.diagram.model import read_chart
from statemachine import StateChart

from .samples import SAMPLES, Awkward, Deep, Flat, Life, Review


@pytest.mark.parametrize("chart_class", SAMPLES)
def test_mermaid_has_a_line_for_every_state_and_transition(chart_class: type[StateChart]) -> None:
    lines = [line.strip() for line in diagram(chart_class, "mermaid").splitlines()]
    chart = read_chart(chart_class, (), None, None, None)
    assert sum(line.startswith('state "') for line in lines) == len(chart.states)
    arrows = [line for line in lines if " --> " in line and "[*]" not in line]
    assert len(arrows) == sum(len(edge.rows) for edge in chart.edges)


@pytest.mark.parametrize("chart_class", SAMPLES)
def test_dot_has_an_edge_for_every_edge(chart_class: type[StateChart]) -> None:
    text = diagram(chart_class, "dot")
    chart = read_chart(chart_class, (), None, None, None)
    arrows = [line for line in text.splitlines() if " -> " in line and ".initial" not in line]
    assert len(arrows) == len(chart.edges)
    assert text.count("subgraph ") == sum(bool(node.children) for node in chart.states)
    assert text.count("{") - text.count("}") == chart_class.name.count("{")


def test_mermaid_shows_counts_guards_and_what_is_active() -> None:
    text = diagram(
        Flat,
        visits={"basket": 1200},
        taken={("basket", "pay", "paid"): 7},
        active=["paid"],
    )
    assert 'state "Basket \u00d71,200" as basket' in text
    assert "basket --> paid : pay #91;covers_total#93; \u00d77" in text
    assert "class paid active" in text


def test_dot_shows_counts_guards_and_what_is_active() -> None:
    text = diagram(
        Flat,
        "dot",
        visits={"basket": 1200},
        taken={("basket", "pay", "paid"): 7},
        active=["paid"],
    )
    assert 'label="Basket \u00d71,200"' in text
    assert 'label="pay [covers_total] \u00d77"' in text
    assert '"paid" [label="Paid \u00d70", fillcolor="#ffffff", color="#d97706"' in text


def test_mermaid_puts_regions_apart_and_history_inside() -> None:
    lines = [line.strip() for line in diagram(Review).splitlines()]
    assert lines.count("--") == 1
    assert 'state "H" as resumed' in lines
    assert 'state "H*" as deep' in lines


def test_mermaid_writes_an_edge_between_levels_outside_of_both() -> None:
    lines = diagram(Deep).splitlines()
    assert "    lost --> b : recover" in lines
    assert "    d --> lost : crash" in lines


def test_mermaid_keeps_its_own_words_and_syntax_out_of_names() -> None:
    text = diagram(Awkward)
    assert "as state_state" in text and "as state_end" in text
    assert 'state "a #34;b#34;#59; #60;c#62; #38; #123;d#125;#58; #35;e" as state_state' in text


def test_internal_transitions_stay_inside_their_state() -> None:
    assert "    running : custom" in diagram(Life).splitlines()
    assert 'label="Running\\ncustom"' in diagram(Life, "dot")


def test_a_done_event_counts_under_either_of_its_names() -> None:
    for name in ("done.state.three", "done_state_three"):
        assert "done \u00d74" in diagram(Deep, taken={("three", name, "f"): 4}, format="dot")


def test_counts_of_what_the_class_no_longer_has_are_left_out() -> None:
    assert "gone" not in diagram(Flat, visits={"gone": 3}, taken={("gone", "x", "y"): 2})


def test_an_unknown_format_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="cannot write 'png': choose one of mermaid, dot, svg"):
        diagram(Flat, "png")  # type: ignore[arg-type]


@pytest.mark.parametrize("format", ["mermaid", "dot", "svg"])
def test_the_same_class_gives_the_same_text_in_every_process(format: str) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from samples import Review\n"
        "from repertory.actors.charts.diagram import diagram\n"
        "sys.stdout.buffer.write(diagram(Review, sys.argv[2], visits={'draft': 3}).encode())"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code, str(Path(__file__).parent), format],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1
