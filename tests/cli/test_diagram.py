"""Drawing a definition, with and without counts."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from repertory.actors.charts.diagram.model import TIMES

from .conftest import ORDERS, Run


def test_mermaid_is_written_to_stdout_by_default(run: Run) -> None:
    ran = run("diagram", ORDERS)
    assert ran.code == 0
    assert ran.out.startswith("stateDiagram-v2") or "stateDiagram-v2" in ran.out
    assert "basket" in ran.out


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("a.svg", "<svg"),
        ("a.SVG", "<svg"),
        ("a.dot", "digraph"),
        ("a.gv", "digraph"),
        ("a.mmd", "stateDiagram"),
        ("a.mermaid", "stateDiagram"),
        ("a.md", "stateDiagram"),
    ],
)
def test_the_name_of_the_output_says_the_format(
    run: Run, tmp_path: Path, name: str, mark: str
) -> None:
    assert run("diagram", ORDERS, "-o", tmp_path / name).code == 0
    assert mark in (tmp_path / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["a.gif", "a.txt", "a"])
def test_a_name_that_says_no_format_is_one_sentence_unless_one_is_asked_for(
    run: Run, tmp_path: Path, name: str
) -> None:
    run("diagram", ORDERS, "-o", tmp_path / name).failed_with(name, ".svg", "--format")
    assert list(tmp_path.iterdir()) == []
    assert run("diagram", ORDERS, "-o", tmp_path / name, "--format", "dot").code == 0
    assert "digraph" in (tmp_path / name).read_text(encoding="utf-8")


def test_a_name_that_contradicts_the_format_is_one_sentence(run: Run, tmp_path: Path) -> None:
    ran = run("diagram", ORDERS, "-o", tmp_path / "a.svg", "--format", "dot")
    ran.failed_with("a.svg", "svg", "dot")
    assert list(tmp_path.iterdir()) == []
    assert run("diagram", ORDERS, "-o", tmp_path / "a.svg", "--format", "svg").code == 0


def test_counts_come_from_the_history_of_all_workflows(run: Run, store: Path) -> None:
    ran = run("diagram", ORDERS, "--store", store, "--format", "svg")
    text = " ".join(" ".join(ElementTree.fromstring(ran.out).itertext()).split())
    assert f"Pay the order [covers_total] {TIMES}2" in text
    assert f"Ship it {TIMES}1" in text
    assert f"Drop the parcel {TIMES}0" in text


def test_a_store_without_such_workflows_is_one_sentence(run: Run, store: Path) -> None:
    ran = run("diagram", "repertory.actors:Lifecycle", "--store", store)
    ran.failed_with("orders.db", "Lifecycle")


def test_where_nothing_can_be_written_is_one_sentence(run: Run, tmp_path: Path) -> None:
    run("diagram", ORDERS, "-o", tmp_path / "no" / "a.svg").failed_with("a.svg", "can't be written")


def test_an_unknown_format_is_a_usage_error(run: Run) -> None:
    assert run("diagram", ORDERS, "--format", "gif").code == 2
